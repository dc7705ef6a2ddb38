#include "protocol/opening_request.h"

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
    OpeningRequest request;
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

TEST(a_plain_request_can_be_answered_or_refused) {
  OpeningRequest request;
  EXPECT_EQ(request.add(as_bytes(kPlainRequest)), Status::kNoUpgrade);
  EXPECT(request.first_protocol().empty());
  request.refuse_plain_request();
  expect_refusal(request, "HTTP/1.1 426 Upgrade Required\r\n");
}

TEST(refuses_what_is_malformed_too_long_too_late_or_not_allowed) {
  OpeningRequest malformed;
  malformed.add(as_bytes("\x16\x03\x01"));
  expect_refusal(malformed, "HTTP/1.1 400 ");

  OpeningRequest too_long;
  too_long.add(as_bytes("GET /" + std::string(too_long.room() - 5, 'a')));
  expect_refusal(too_long, "HTTP/1.1 431 ");

  OpeningRequest too_late;
  too_late.add(as_bytes("GET "));
  too_late.refuse_for_time();
  expect_refusal(too_late, "HTTP/1.1 408 ");

  OpeningRequest post;
  post.add(as_bytes("POST / HTTP/1.1\r\nHost: example.com\r\n\r\n"));
  expect_refusal(post, "HTTP/1.1 405 ");
}

}  // namespace
}  // namespace ntyws
