#include "protocol/opening_handshake.h"

#include <string>

#include "base/limits.h"
#include "guarded_bytes.h"
#include "testing.h"

namespace ntyws {
namespace {

constexpr std::string_view kHost = "Host: example.com\r\n";
constexpr std::string_view kUpgradeField = "Upgrade: websocket\r\n";
constexpr std::string_view kConnection = "Connection: Upgrade\r\n";
constexpr std::string_view kVersion = "Sec-WebSocket-Version: 13\r\n";
constexpr std::string_view kKey = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

// A request on its own memory, judged; the views in both stay valid as long as this.
struct Judged {
  explicit Judged(std::string request_text)
      : text(request_text), parser(HeadKind::kRequest, limits::kHeadBytesMax, limits::kHeaderCountMax) {
    EXPECT_EQ(parser.parse(text.bytes()), HeadStatus::kComplete);
    upgrade = judge_upgrade(parser.head());
  }
  testing::GuardedBytes text;
  HeadParser parser;
  Upgrade upgrade;
};

std::string get(std::initializer_list<std::string_view> fields) {
  return "GET / HTTP/1.1\r\n" + joined(fields) + "\r\n";
}

void expect_upgrade(const std::string& request) {
  const Judged judged(request);
  if (!EXPECT_EQ(judged.upgrade.verdict, UpgradeVerdict::kUpgrade)) {
    testing::fail(__FILE__, __LINE__, "an upgrade of " + testing::quoted(request));
  }
}

void expect_no_upgrade(const std::string& request) {
  const Judged judged(request);
  EXPECT_EQ(judged.upgrade.verdict, UpgradeVerdict::kNoUpgrade);
}

void expect_refusal(const std::string& request, int status, std::string_view part_of_reason) {
  const Upgrade upgrade = Judged(request).upgrade;
  const bool named = upgrade.reason.find(part_of_reason) != std::string_view::npos;
  if (!EXPECT_EQ(upgrade.verdict, UpgradeVerdict::kRefuse) | !EXPECT_EQ(upgrade.status, status) |
      !EXPECT(named)) {
    testing::fail(__FILE__, __LINE__, "the above of " + testing::quoted(request));
  }
}

TEST(takes_the_rfcs_request) {
  const Judged judged(get({kHost, kUpgradeField, kConnection, kKey, "Origin: http://example.com\r\n",
                           "Sec-WebSocket-Protocol: chat, superchat\r\n", kVersion}));
  EXPECT_EQ(judged.upgrade.verdict, UpgradeVerdict::kUpgrade);
  EXPECT_EQ(judged.upgrade.key, "dGhlIHNhbXBsZSBub25jZQ==");
  EXPECT_EQ(judged.upgrade.reason, "");
}

TEST(takes_names_and_tokens_in_any_case_and_place) {
  expect_upgrade(get({"HOST: a\r\n", "upgrade: WebSocket\r\n", "CONNECTION: keep-alive, UPGRADE\r\n",
                      "sec-websocket-version: 13\r\n", "SEC-WEBSOCKET-KEY: dGhlIHNhbXBsZSBub25jZQ==\r\n"}));
  expect_upgrade(get({kHost, "Upgrade: h2c\r\nUpgrade: foo , websocket\r\n",
                      "Connection: keep-alive\r\nConnection: upgrade\r\n", kVersion, kKey}));
  expect_upgrade(get({kHost, kUpgradeField, kConnection, kVersion, kKey, "Content-Length: 0\r\n"}));
  expect_upgrade("GET / HTTP/1.2\r\n" + joined({kHost, kUpgradeField, kConnection, kVersion, kKey}) + "\r\n");
}

TEST(tells_a_plain_request_from_an_upgrade) {
  expect_no_upgrade(get({kHost}));
  expect_no_upgrade(get({kHost, "Upgrade: h2c\r\n", kConnection}));
  expect_no_upgrade(get({kHost, "Upgrade: websockets, web socket\r\n", kConnection}));
  expect_no_upgrade(get({kHost, kConnection, kVersion, kKey}));
  expect_no_upgrade("GET / HTTP/1.0\r\n\r\n");
}

TEST(refuses_other_versions_and_methods) {
  expect_refusal("PRI * HTTP/2.0\r\n\r\n", 505, "HTTP/1.1");
  expect_refusal("GET / HTTP/0.9\r\n\r\n", 505, "HTTP/1.1");
  const std::string fields = joined({kHost, kUpgradeField, kConnection, kVersion, kKey}) + "\r\n";
  expect_refusal("GET / HTTP/1.0\r\n" + fields, 400, "HTTP/1.1");
  for (const char* method : {"POST", "HEAD", "OPTIONS", "get", "GETS", "CONNECT"}) {
    expect_refusal(std::string(method) + " / HTTP/1.1\r\n" + fields, 405, "GET");
  }
  EXPECT_EQ(Judged("POST / HTTP/1.1\r\n\r\n").upgrade.extra_headers, "Allow: GET\r\n");
}

// As Node's own parser does.
TEST(wants_a_path_or_a_whole_url) {
  const auto to = [](std::string_view target) {
    return joined(
        {"GET ", target, " HTTP/1.1\r\n", kHost, kUpgradeField, kConnection, kVersion, kKey, "\r\n"});
  };
  for (const char* target : {"/", "//", "/chat?a=b", "/\"<>\\^`{|}#", "http://example.com", "HTTPS://a:1/?b",
                             "ws://[::1]:80?b", "http://a/ws://b@c|"}) {
    expect_upgrade(to(target));
  }
  for (const char* target :
       {"chat", "?a", "#", "*", "%2f", "a:b", "example.com:80", "://a/", "http:/a", "http://", "http:///",
        "http://?", "h2tp://a/", "http://a|b/", "http://user@a/", "http://a#b"}) {
    expect_refusal(to(target), 400, "target");
  }
}

TEST(wants_exactly_one_host) {
  expect_refusal(get({kUpgradeField, kConnection, kVersion, kKey}), 400, "Host");
  expect_refusal(get({}), 400, "Host");
  expect_refusal(get({kHost, kUpgradeField, kConnection, kVersion, kKey, kHost}), 400, "Host");
  expect_refusal("GET / HTTP/1.0\r\n" + joined({kHost, kHost}) + "\r\n", 400, "Host");
}

TEST(wants_the_connection_token) {
  expect_refusal(get({kHost, kUpgradeField, kVersion, kKey}), 400, "Connection");
  expect_refusal(get({kHost, kUpgradeField, "Connection: keep-alive\r\n", kVersion, kKey}), 400,
                 "Connection");
  expect_refusal(get({kHost, kUpgradeField, "Connection: upgrades\r\n", kVersion, kKey}), 400, "Connection");
}

TEST(wants_version_13_once) {
  for (const char* version : {"", "Sec-WebSocket-Version: 8\r\n", "Sec-WebSocket-Version: 013\r\n",
                              "Sec-WebSocket-Version: 13, 8\r\n", "Sec-WebSocket-Version:\r\n",
                              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13\r\n"}) {
    const std::string request = get({kHost, kUpgradeField, kConnection, version, kKey});
    expect_refusal(request, 426, "Sec-WebSocket-Version");
    const std::string_view headers = Judged(request).upgrade.extra_headers;
    EXPECT(headers.find("Sec-WebSocket-Version: 13\r\n") != std::string_view::npos);
    EXPECT(headers.find("Upgrade: websocket\r\n") != std::string_view::npos);
    EXPECT(headers.ends_with("\r\n"));
  }
}

TEST(wants_a_whole_key_once) {
  const auto request = [](std::string_view key) {
    return get({kHost, kUpgradeField, kConnection, kVersion, "Sec-WebSocket-Key: ", key, "\r\n"});
  };
  expect_upgrade(request("AAAAAAAAAAAAAAAAAAAAAA=="));
  expect_upgrade(request("+/09azAZ+/09azAZ+/09aw=="));
  // Bits after the 16th byte are left alone.
  expect_upgrade(request("AAAAAAAAAAAAAAAAAAAAA/=="));
  for (const char* key : {"", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ",
                          "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25jZQAA",
                          "dGhlIHNhbXBsZSBub25jZQA=", "dGhlIHNhbXBsZSBub25jZ===", "=GhlIHNhbXBsZSBub25jZQ==",
                          "dGhlIHNhbXBs=SBub25jZQ==", "dGhlIHNhbXBsZSBub25j-Q==", "dGhlIHNhbXBsZSBub25j_Q==",
                          "dGhlIHNhbXBs ZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZ\xe9==", "AA=="}) {
    expect_refusal(request(key), 400, "Sec-WebSocket-Key must be 24 base64 characters");
  }
  expect_refusal(get({kHost, kUpgradeField, kConnection, kVersion}), 400, "Sec-WebSocket-Key");
  expect_refusal(get({kHost, kUpgradeField, kConnection, kVersion, kKey, kKey}), 400, "Sec-WebSocket-Key");
}

TEST(refuses_an_upgrade_with_a_body) {
  for (const char* field : {"Content-Length: 1\r\n", "Content-Length: 0\r\nContent-Length: 5\r\n",
                            "Content-Length: 0\r\nContent-Length: 0\r\n", "Content-Length: x\r\n",
                            "Content-Length:\r\n", "transfer-encoding: chunked\r\n"}) {
    expect_refusal(get({kHost, kUpgradeField, kConnection, kVersion, kKey, field}), 400, "body");
  }
}

// The first rule that is broken answers.
TEST(checks_in_the_documented_order) {
  expect_refusal("POST / HTTP/2.0\r\n\r\n", 505, "");
  expect_refusal("POST / HTTP/1.1\r\n\r\n", 405, "");
  expect_refusal(get({kUpgradeField}), 400, "Host");
  expect_refusal(get({kHost, kUpgradeField}), 400, "Connection");
  expect_refusal(get({kHost, kUpgradeField, kConnection, "Content-Length: 1\r\n"}), 426, "Version");
  expect_refusal(get({kHost, kUpgradeField, kConnection, kVersion, "Content-Length: 1\r\n"}), 400, "Key");
}

TEST(makes_the_accept_value) {
  // RFC 6455 §1.3. The other keys' digests have a zero byte at the start, in the middle and at the end, which
  // ends a digest that is measured as a string.
  EXPECT_EQ(accept_value("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(accept_value("AAAAAAAAAAAAAAAAAAACmw=="), "AASr3TlugtHk6tCuXzW7e2OjDBI=");
  EXPECT_EQ(accept_value("AAAAAAAAAAAAAAAAAAAAdQ=="), "WVcIq9QsAb2rHAB/8RuV3zn2WCs=");
  EXPECT_EQ(accept_value("AAAAAAAAAAAAAAAAAAAADg=="), "2hQNe2A6apmN/ve6xTsSExajZwA=");
}

TEST(accepts_with_a_whole_response) {
  EXPECT_EQ(accept_response("dGhlIHNhbXBsZSBub25jZQ==", "", "", ""),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
  EXPECT_EQ(accept_response("dGhlIHNhbXBsZSBub25jZQ==", "chat", "", "Set-Cookie: a=b\r\nX: y\r\n"),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n"
            "Set-Cookie: a=b\r\nX: y\r\n\r\n");
  EXPECT_EQ(accept_response("dGhlIHNhbXBsZSBub25jZQ==", "chat", "permessage-deflate; a=1", "X: y\r\n"),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n"
            "Sec-WebSocket-Extensions: permessage-deflate; a=1\r\nX: y\r\n\r\n");
}

TEST(lists_the_offered_protocols) {
  using Protocols = std::vector<std::string_view>;
  const Judged several(get({kHost, "Sec-WebSocket-Protocol: chat, superchat\r\n", "X: no\r\n",
                            "sec-websocket-protocol: ,mqtt,, \tv2.stomp ,\r\n"}));
  EXPECT_EQ(offered_protocols(several.parser.head()), (Protocols{"chat", "superchat", "mqtt", "v2.stomp"}));
  const Judged empty(get({kHost, "Sec-WebSocket-Protocol: , \t,\r\nSec-WebSocket-Protocol:\r\n"}));
  EXPECT_EQ(offered_protocols(empty.parser.head()), Protocols{});
  EXPECT_EQ(offered_protocols(Judged(get({kHost})).parser.head()), Protocols{});
}

}  // namespace
}  // namespace ntyws
