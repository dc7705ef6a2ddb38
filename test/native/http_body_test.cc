#include "protocol/http_body.h"

#include <string>

#include "chunkings.h"
#include "testing.h"

namespace ntyws {
namespace {

constexpr size_t kBytesMax = 20;

struct Kept {
  std::string text;
  bool complete;
  bool operator==(const Kept&) const = default;
};

Kept read(std::string_view status_and_fields, std::string_view body, std::span<const size_t> pieces) {
  const std::string text = "HTTP/1.1 " + std::string(status_and_fields) + "\r\n\r\n";
  HeadParser parser(HeadKind::kResponse, 1024, 10);
  EXPECT_EQ(parser.parse(as_bytes(text)), HeadStatus::kComplete);
  HttpBody kept(parser.head(), kBytesMax);
  for (const size_t piece : pieces) {
    kept.add(as_bytes(body.substr(0, piece)));
    body.remove_prefix(piece);
  }
  return {std::string(kept.text()), kept.complete()};
}

void expect_body(std::string_view status_and_fields, std::string_view body, std::string_view expected,
                 bool complete) {
  testing::for_each_chunking(body.size(), [&](const std::vector<size_t>& pieces) {
    const Kept kept = read(status_and_fields, body, pieces);
    if (kept == Kept{std::string(expected), complete}) return;
    testing::fail(__FILE__, __LINE__, testing::quoted(body) + " gives " + testing::quoted(kept.text));
  });
}

constexpr std::string_view kChunked = "401 No\r\nTransfer-Encoding: chunked";

TEST(counts_a_body_with_a_length) {
  expect_body("401 No\r\nContent-Length: 5", "hello", "hello", true);
  expect_body("401 No\r\nContent-Length: 5", "hell", "hell", false);
  expect_body("401 No\r\nContent-Length: 5", "hello, more", "hello", true);
  expect_body("401 No\r\nContent-Length: 0", "more", "", true);
}

TEST(goes_on_to_the_end_without_a_length) {
  expect_body("401 No", "hello", "hello", false);
  expect_body("401 No\r\nContent-Length: -5", "hello", "hello", false);
  expect_body("401 No\r\nTransfer-Encoding: gzip", "hello", "hello", false);
}

TEST(has_none_where_http_has_none) {
  expect_body("204 No\r\nContent-Length: 5", "hello", "", true);
  expect_body("304 No\r\nContent-Length: 5", "hello", "", true);
}

TEST(joins_chunks) {
  expect_body(kChunked, "5\r\nhello\r\n0\r\n\r\n", "hello", true);
  expect_body(kChunked, "3\r\nhel\r\n00a;x=\"y\"\r\nlo, you al\r\n0\r\n", "hello, you al", true);
  expect_body(kChunked, "5\r\nhel", "hel", false);
  expect_body(kChunked, "5\r\nhello\r\n", "hello", false);
}

TEST(ends_where_chunks_are_broken) {
  expect_body(kChunked, "x\r\nhello", "", true);
  expect_body(kChunked, "\r\nhello", "", true);
  expect_body(kChunked, "5\r\nhelloworld", "hello", true);
  expect_body(kChunked, "5\r\nhello\rx", "hello", true);
  expect_body(kChunked, "000000000005\r\nhello", "", true);
}

TEST(keeps_no_more_than_its_limit) {
  const std::string most(kBytesMax, 'm');
  expect_body("401 No", most + "m", most, true);
  expect_body("401 No\r\nContent-Length: 99999999999999999999999", most + "mmm", most, true);
  expect_body(kChunked, "ffffffff\r\n" + most + "m", most, true);
}

}  // namespace
}  // namespace ntyws
