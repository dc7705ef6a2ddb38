// Every answer goes through all chunkings.
#include "protocol/opening_response.h"

#include <functional>

#include "chunkings.h"
#include "testing.h"

namespace ntyws {
namespace {

using Status = OpeningResponse::Status;

constexpr size_t kBytesMax = 1024;
constexpr size_t kFieldsMax = 10;
// RFC 6455 §1.3.
const OpeningResponse::Asked kAsked{"dGhlIHNhbXBsZSBub25jZQ==", ""};
const OpeningResponse::Asked kAskedProtocols{"dGhlIHNhbXBsZSBub25jZQ==", "chat, superchat"};
const OpeningResponse::Asked kAskedTunnel;
constexpr std::string_view kAccept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

std::string acceptance(std::string_view more = {}) {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
         std::string(kAccept) + std::string(more) + "\r\n";
}

// Gives bytes as a connection does: no more than there is room for, and none behind the verdict.
void answer(const OpeningResponse::Asked& asked, std::string_view text, Status expected,
            const std::function<void(OpeningResponse&)>& check) {
  testing::for_each_chunking(text.size(), [&](const std::vector<size_t>& pieces) {
    OpeningResponse response(asked, kBytesMax, kFieldsMax);
    std::string_view rest = text;
    for (size_t piece : pieces) {
      while (piece > 0 && response.status() == Status::kPartial) {
        const size_t size = std::min(piece, response.room());
        if (!EXPECT(size > 0)) return;
        response.add(as_bytes(rest.substr(0, size)));
        rest.remove_prefix(size);
        piece -= size;
      }
    }
    if (!EXPECT_EQ(response.status(), expected)) {
      testing::fail(__FILE__, __LINE__, "the above of " + testing::quoted(text));
    }
    check(response);
  });
}

void expect_error(const OpeningResponse::Asked& asked, std::string_view text, OpeningError error) {
  answer(asked, text, Status::kFailed, [&](OpeningResponse& response) {
    if (!EXPECT_EQ(response.error(), error))
      testing::fail(__FILE__, __LINE__, "the above of " + testing::quoted(text));
  });
}

void expect_error(std::string_view text, OpeningError error) {
  expect_error(kAsked, text, error);
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  return text.replace(text.find(what), what.size(), by);
}

TEST(accepts_with_what_came_behind_the_head) {
  const std::string text = acceptance("X-More: 1\r\n");
  answer(kAsked, text, Status::kAccepted, [&](OpeningResponse& response) {
    EXPECT_EQ(response.http_status(), 101);
    EXPECT_EQ(response.head(), text);
    EXPECT_EQ(response.protocol(), "");
    EXPECT(response.rest().empty());
  });
  OpeningResponse at_once(kAsked, kBytesMax, kFieldsMax);
  EXPECT_EQ(at_once.add(as_bytes(text + "frames")), Status::kAccepted);
  EXPECT_EQ(at_once.head(), text);
  EXPECT_EQ(at_once.rest(), "frames");
}

TEST(takes_any_case_and_any_list) {
  const auto nothing = [](OpeningResponse&) {};
  answer(kAsked, replaced(acceptance(), "Upgrade: websocket", "uPGRADE:WebSocket"), Status::kAccepted,
         nothing);
  answer(kAsked, replaced(acceptance(), "Connection: Upgrade", "connection: keep-alive, upgrade"),
         Status::kAccepted, nothing);
}

TEST(wants_what_the_rfc_wants) {
  expect_error(replaced(acceptance(), "Upgrade: websocket\r\n", ""), OpeningError::kUpgradeField);
  expect_error(replaced(acceptance(), "websocket", "h2c"), OpeningError::kUpgradeField);
  expect_error(replaced(acceptance(), "websocket", "websocket, h2c"), OpeningError::kUpgradeField);
  expect_error(acceptance("Upgrade: websocket\r\n"), OpeningError::kUpgradeField);
  expect_error(replaced(acceptance(), "Connection: Upgrade\r\n", ""), OpeningError::kConnectionField);
  expect_error(replaced(acceptance(), "Connection: Upgrade", "Connection: close"),
               OpeningError::kConnectionField);
  expect_error(replaced(acceptance(), kAccept, ""), OpeningError::kAcceptField);
  expect_error(replaced(acceptance(), "s3pP", "S3pP"), OpeningError::kAcceptField);
  expect_error(acceptance(kAccept), OpeningError::kAcceptField);
  expect_error(acceptance("Sec-WebSocket-Extensions: permessage-deflate\r\n"), OpeningError::kExtension);
  expect_error(replaced(acceptance(), "HTTP/1.1", "HTTP/1.0"), OpeningError::kMalformed);
  expect_error(replaced(acceptance(), "HTTP/1.1", "HTTP/2.0"), OpeningError::kMalformed);
}

TEST(wants_one_of_the_subprotocols_offered) {
  answer(kAskedProtocols, acceptance("Sec-WebSocket-Protocol: superchat\r\n"), Status::kAccepted,
         [](OpeningResponse& response) { EXPECT_EQ(response.protocol(), "superchat"); });
  for (const char* chosen : {"other", "Chat", "chat, superchat", "", "cha"}) {
    expect_error(kAskedProtocols, acceptance("Sec-WebSocket-Protocol: " + std::string(chosen) + "\r\n"),
                 OpeningError::kProtocolNotOffered);
  }
  expect_error(kAskedProtocols,
               acceptance("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n"),
               OpeningError::kProtocolNotOffered);
  expect_error(kAskedProtocols, acceptance(), OpeningError::kNoProtocol);
  expect_error(acceptance("Sec-WebSocket-Protocol: chat\r\n"), OpeningError::kProtocolNotOffered);
}

TEST(takes_the_compression_that_it_offered) {
  const auto extensions = [](std::string_view value) {
    return acceptance("Sec-WebSocket-Extensions: " + std::string(value) + "\r\n");
  };
  OpeningResponse::Asked asked = kAsked;
  asked.deflate = DeflateOptions{.client_max_window_bits = 11};
  answer(asked, acceptance(), Status::kAccepted,
         [](OpeningResponse& response) { EXPECT(!response.deflate().has_value()); });
  answer(asked, extensions("permessage-deflate; server_no_context_takeover; client_max_window_bits=10"),
         Status::kAccepted, [](OpeningResponse& response) {
           EXPECT(response.deflate() ==
                  (DeflateAgreement{.server_no_context_takeover = true, .client_max_window_bits = 10}));
         });
  expect_error(asked, extensions("permessage-deflate; server_max_window_bits=16"),
               OpeningError::kExtensionField);
  expect_error(asked, extensions("permessage-deflate; client_max_window_bits"),
               OpeningError::kExtensionField);
  expect_error(asked, extensions("permessage-deflate;"), OpeningError::kExtensionField);
  expect_error(asked, extensions("permessage-bzip2"), OpeningError::kExtension);
  expect_error(asked, extensions("permessage-deflate, permessage-deflate"), OpeningError::kExtension);
  // What is malformed is so without an offer too.
  expect_error(extensions("a b"), OpeningError::kExtensionField);
  answer(kAsked, extensions(""), Status::kAccepted,
         [](OpeningResponse& response) { EXPECT(!response.deflate().has_value()); });
}

TEST(keeps_the_body_of_a_refusal) {
  const std::string head = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 11\r\n\r\n";
  answer(kAsked, head + "Who are you?", Status::kFailed, [&](OpeningResponse& response) {
    EXPECT_EQ(response.error(), OpeningError::kRefused);
    EXPECT_EQ(response.http_status(), 401);
    EXPECT_EQ(response.head(), head);
    EXPECT_EQ(response.body(), "Who are you");
  });
}

TEST(a_refusal_without_length_lasts_to_the_end) {
  answer(kAsked, "HTTP/1.0 503 x\r\n\r\nbusy", Status::kPartial, [](OpeningResponse& response) {
    EXPECT_EQ(response.end(OpeningError::kEnded), Status::kFailed);
    EXPECT_EQ(response.error(), OpeningError::kRefused);
    EXPECT_EQ(response.http_status(), 503);
    EXPECT_EQ(response.body(), "busy");
  });
}

TEST(keeps_no_more_of_a_body_than_its_limit) {
  OpeningResponse response(kAsked, kBytesMax, kFieldsMax);
  EXPECT_EQ(response.add(as_bytes("HTTP/1.1 500 x\r\n\r\n")), Status::kPartial);
  size_t given = 0;
  while (response.status() == Status::kPartial) {
    given += 1000;
    response.add(as_bytes(std::string(1000, 'x')));
  }
  EXPECT_EQ(response.body().size(), limits::kRefusalBodyMax);
  EXPECT(given < limits::kRefusalBodyMax + 1000);
}

TEST(skips_interim_responses) {
  answer(kAsked, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + acceptance(),
         Status::kAccepted, [](OpeningResponse& response) {
           EXPECT_EQ(response.head(), acceptance());
           EXPECT(response.rest().empty());
         });
  std::string many;
  while (many.size() < kBytesMax) many += "HTTP/1.1 100\r\n\r\n";
  expect_error(many, OpeningError::kTooLong);
}

TEST(ends_what_is_no_http_or_too_long) {
  expect_error("SSH-2.0-OpenSSH_9.2\r\n", OpeningError::kMalformed);
  expect_error(replaced(acceptance(), "\r\n", "\n"), OpeningError::kMalformed);
  expect_error("HTTP/1.1 200 OK\r\nX: " + std::string(kBytesMax, 'x'), OpeningError::kTooLong);
  std::string fields;
  for (size_t i = 0; i <= kFieldsMax; ++i) fields += "A: b\r\n";
  expect_error("HTTP/1.1 200 OK\r\n" + fields, OpeningError::kTooLong);
}

TEST(an_end_before_the_head_says_so) {
  answer(kAsked, "HTTP/1.1 101 Swi", Status::kPartial, [](OpeningResponse& response) {
    EXPECT_EQ(response.end(OpeningError::kTimeout), Status::kFailed);
    EXPECT_EQ(response.error(), OpeningError::kTimeout);
    EXPECT_EQ(response.http_status(), 0);
    EXPECT(response.head().empty());
  });
}

TEST(a_tunnel_is_any_2xx) {
  for (const char* line : {"HTTP/1.1 200 Connection established", "HTTP/1.0 204"}) {
    answer(kAskedTunnel, std::string(line) + "\r\n\r\n", Status::kAccepted, [](OpeningResponse&) {});
  }
  answer(kAskedTunnel, "HTTP/1.1 407 x\r\nContent-Length: 4\r\n\r\nauth", Status::kFailed,
         [](OpeningResponse& response) {
           EXPECT_EQ(response.error(), OpeningError::kProxyRefused);
           EXPECT_EQ(response.http_status(), 407);
           EXPECT_EQ(response.body(), "auth");
         });
  expect_error(kAskedTunnel, acceptance(), OpeningError::kProxyRefused);
  expect_error("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", OpeningError::kRefused);
}

}  // namespace
}  // namespace ntyws
