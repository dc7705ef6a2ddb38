#include "protocol/opening_request.h"

#include "base/limits.h"
#include "chunkings.h"
#include "testing.h"

namespace ntyws {
namespace {

using Status = OpeningRequest::Status;

constexpr std::string_view kUpgradeRequest =
    "GET /chat?x=1 HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Protocol: soap, wamp\r\n\r\n";
constexpr std::string_view kPlainRequest = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n";

void expect_refusal(const OpeningRequest& request, std::string_view status_line) {
  EXPECT_EQ(request.status(), Status::kRefused);
  EXPECT(std::string_view(request.refusal()).starts_with(status_line));
}

TEST(keeps_what_follows_the_head_in_any_chunking) {
  const std::string all = std::string(kUpgradeRequest) + "frames";
  testing::for_each_chunking(all.size(), [&](const std::vector<size_t>& sizes) {
    OpeningRequest request(limits::kHeadBytesMax, limits::kHeaderCountMax);
    size_t at = 0;
    for (size_t size : sizes) {
      if (request.status() != Status::kPartial) break;
      EXPECT(size <= request.room());
      request.add(as_bytes(std::string_view(all).substr(at, size)));
      at += size;
    }
    EXPECT_EQ(request.status(), Status::kUpgrade);
    EXPECT_EQ(as_text(request.head()), kUpgradeRequest);
    EXPECT_EQ(as_text(request.rest()),
              std::string_view(all).substr(kUpgradeRequest.size(), at - kUpgradeRequest.size()));
    EXPECT_EQ(request.first_protocol(), std::string_view("soap"));
    EXPECT(request.acceptance("soap", "X-A: b\r\n").find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") !=
           std::string::npos);
  });
}

// --- Compression ---

std::string request_with_offer(std::string_view offer) {
  std::string request(kUpgradeRequest);
  request.insert(request.size() - 2, "Sec-WebSocket-Extensions: " + std::string(offer) + "\r\n");
  return request;
}

TEST(answers_the_offer_of_compression) {
  const DeflateOptions options{.server_max_window_bits = 12};
  const std::string text = request_with_offer("x, permessage-deflate; client_max_window_bits=10");
  testing::for_each_chunking(text.size(), [&](const std::vector<size_t>& sizes) {
    OpeningRequest request(limits::kHeadBytesMax, limits::kHeaderCountMax, &options);
    std::string_view rest = text;
    for (size_t size : sizes) {
      EXPECT(!request.deflate().has_value());
      request.add(as_bytes(rest.substr(0, size)));
      rest.remove_prefix(size);
    }
    EXPECT_EQ(request.status(), Status::kUpgrade);
    if (!EXPECT(request.deflate().has_value())) return;
    EXPECT(*request.deflate() ==
           (DeflateAgreement{.server_max_window_bits = 12, .client_max_window_bits = 10}));
    EXPECT(request.acceptance("", "").find("\r\nSec-WebSocket-Extensions: permessage-deflate; "
                                           "server_max_window_bits=12; client_max_window_bits=10\r\n") !=
           std::string::npos);
  });
}

TEST(says_nothing_of_compression_that_it_does_not_agree_to) {
  const DeflateOptions options;
  const DeflateOptions* const wanted[] = {nullptr, &options};
  for (const DeflateOptions* deflate : wanted) {
    for (const char* offer : {"permessage-deflate; client_max_window_bits=7", "permessage-bzip2", ""}) {
      OpeningRequest request(limits::kHeadBytesMax, limits::kHeaderCountMax, deflate);
      EXPECT_EQ(request.add(as_bytes(request_with_offer(offer))), Status::kUpgrade);
      EXPECT(!request.deflate().has_value());
      EXPECT(request.acceptance("", "").find("Extensions") == std::string::npos);
    }
  }
  OpeningRequest without(limits::kHeadBytesMax, limits::kHeaderCountMax);
  EXPECT_EQ(without.add(as_bytes(request_with_offer("permessage-deflate"))), Status::kUpgrade);
  EXPECT(!without.deflate().has_value());
  EXPECT(without.acceptance("", "").find("Extensions") == std::string::npos);
}

// Only who speaks extensions reads the field.
TEST(refuses_a_malformed_offer) {
  const DeflateOptions options;
  OpeningRequest request(limits::kHeadBytesMax, limits::kHeaderCountMax, &options);
  request.add(as_bytes(request_with_offer("permessage-deflate; client_max_window_bits=")));
  expect_refusal(request, "HTTP/1.1 400 ");
  EXPECT(std::string_view(request.refusal()).find("Sec-WebSocket-Extensions") != std::string_view::npos);
  EXPECT(!request.deflate().has_value());
  OpeningRequest without(limits::kHeadBytesMax, limits::kHeaderCountMax);
  EXPECT_EQ(without.add(as_bytes(request_with_offer("permessage-deflate; client_max_window_bits="))),
            Status::kUpgrade);
}

// --- The rest ---

// Who reads the head takes its first line for the request line.
TEST(the_head_begins_with_the_request_line) {
  OpeningRequest request(limits::kHeadBytesMax, limits::kHeaderCountMax);
  const std::string all = "\r\n" + std::string(kUpgradeRequest) + "frames";
  EXPECT_EQ(request.add(as_bytes(all)), Status::kUpgrade);
  EXPECT_EQ(as_text(request.head()), kUpgradeRequest);
  EXPECT_EQ(as_text(request.rest()), std::string_view("frames"));
}

TEST(a_plain_request_can_be_answered_or_refused) {
  OpeningRequest request(limits::kHeadBytesMax, limits::kHeaderCountMax);
  EXPECT_EQ(request.add(as_bytes(kPlainRequest)), Status::kNoUpgrade);
  EXPECT(request.first_protocol().empty());
  request.refuse_plain_request();
  expect_refusal(request, "HTTP/1.1 426 Upgrade Required\r\n");
}

TEST(refuses_what_is_malformed_too_long_too_late_or_not_allowed) {
  OpeningRequest malformed(limits::kHeadBytesMax, limits::kHeaderCountMax);
  malformed.add(as_bytes("\x16\x03\x01"));
  expect_refusal(malformed, "HTTP/1.1 400 ");

  OpeningRequest too_long(limits::kHeadBytesMax, limits::kHeaderCountMax);
  too_long.add(as_bytes("GET /" + std::string(too_long.room() - 5, 'a')));
  expect_refusal(too_long, "HTTP/1.1 431 ");

  OpeningRequest too_late(limits::kHeadBytesMax, limits::kHeaderCountMax);
  too_late.add(as_bytes("GET "));
  too_late.refuse_for_time();
  expect_refusal(too_late, "HTTP/1.1 408 ");

  OpeningRequest one_too_many(limits::kHeadBytesMax, limits::kHeaderCountMax);
  one_too_many.add(as_bytes(kUpgradeRequest));
  one_too_many.refuse_for_load();
  expect_refusal(one_too_many, "HTTP/1.1 503 ");
  one_too_many.refuse_for_load_of_address();
  expect_refusal(one_too_many, "HTTP/1.1 429 ");

  OpeningRequest few_bytes(40, limits::kHeaderCountMax);
  few_bytes.add(as_bytes(kUpgradeRequest.substr(0, few_bytes.room())));
  expect_refusal(few_bytes, "HTTP/1.1 431 ");

  OpeningRequest few_fields(limits::kHeadBytesMax, 3);
  few_fields.add(as_bytes(kUpgradeRequest));
  expect_refusal(few_fields, "HTTP/1.1 431 ");

  OpeningRequest post(limits::kHeadBytesMax, limits::kHeaderCountMax);
  post.add(as_bytes("POST / HTTP/1.1\r\nHost: example.com\r\n\r\n"));
  expect_refusal(post, "HTTP/1.1 405 ");
}

}  // namespace
}  // namespace ntyws
