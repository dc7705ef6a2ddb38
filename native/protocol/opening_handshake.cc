#include "protocol/opening_handshake.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>

#include "base/check.h"

namespace ntyws {
namespace {

// RFC 6455 §1.3.
constexpr std::string_view kKeySuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

constexpr size_t kKeySize = 24;
constexpr size_t kKeyDigits = 22;  // 16 bytes in base64, before the padding
constexpr size_t kAcceptSize = 28;
static_assert(kAcceptSize == (SHA_DIGEST_LENGTH + 2) / 3 * 4);

bool is_base64_digit(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

// The last digit's low four bits are not looked at, though an encoder leaves them clear: clients that pick 22
// random digits exist, other servers take them, and the key is only ever hashed as text.
bool is_valid_key(std::string_view key) {
  return key.size() == kKeySize && key.substr(kKeyDigits) == "==" &&
         std::all_of(key.begin(), key.begin() + kKeyDigits, is_base64_digit);
}

bool has_body(const RequestHead& head) {
  if (head.count("transfer-encoding") != 0) return true;
  return std::any_of(head.fields.begin(), head.fields.end(), [](const HeaderField& field) {
    return equals_ignoring_case(field.name, "content-length") && field.value != "0";
  });
}

Upgrade refusal(int status, std::string_view reason, std::string_view extra_headers = {}) {
  return {.verdict = UpgradeVerdict::kRefuse,
          .status = status,
          .reason = reason,
          .extra_headers = extra_headers,
          .key = {}};
}

}  // namespace

Upgrade judge_upgrade(const RequestHead& head) {
  if (head.version_major != 1) return refusal(505, "This server speaks HTTP/1.1.");
  if (head.method != "GET") return refusal(405, "Only GET requests are served here.", "Allow: GET\r\n");

  const size_t host_count = head.count("host");
  if (host_count > 1 || (host_count == 0 && head.version_minor != 0)) {
    return refusal(400, "A request must have exactly one Host header.");
  }

  if (!head.has_token("upgrade", "websocket")) {
    return {.verdict = UpgradeVerdict::kNoUpgrade, .reason = {}, .extra_headers = {}, .key = {}};
  }
  // RFC 6455 §4.2.1. RFC 9110 §7.8 would have the header ignored, which leaves whoever runs a proxy that
  // speaks HTTP/1.0 to its backends without a hint.
  if (head.version_minor == 0) return refusal(400, "A WebSocket upgrade needs HTTP/1.1.");
  if (!head.has_token("connection", "upgrade")) {
    return refusal(400, "A WebSocket upgrade needs the token \"Upgrade\" in the Connection header.");
  }
  if (head.count("sec-websocket-version") != 1 || head.find("sec-websocket-version") != "13") {
    // RFC 9110 §15.5.22: a 426 names what to upgrade to, and §7.8: Connection covers that.
    return refusal(426, "Sec-WebSocket-Version must be 13.",
                   "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
  }
  const std::string_view key = head.find("sec-websocket-key");
  if (head.count("sec-websocket-key") != 1 || !is_valid_key(key)) {
    return refusal(400,
                   "Sec-WebSocket-Key must be 24 base64 characters that decode to 16 bytes, given once.");
  }
  if (has_body(head)) return refusal(400, "A WebSocket upgrade must not have a body.");
  return {.verdict = UpgradeVerdict::kUpgrade, .reason = {}, .extra_headers = {}, .key = key};
}

std::string accept_value(std::string_view key) {
  std::string text;
  text.reserve(key.size() + kKeySuffix.size());
  text += key;
  text += kKeySuffix;
  const Bytes bytes = as_bytes(text);
  uint8_t digest[SHA_DIGEST_LENGTH];
  SHA1(bytes.data(), bytes.size(), digest);

  uint8_t encoded[kAcceptSize + 1];  // EVP_EncodeBlock ends it with a zero byte
  NTYWS_CHECK(EVP_EncodeBlock(encoded, digest, SHA_DIGEST_LENGTH) == kAcceptSize);
  return std::string(as_text({encoded, kAcceptSize}));
}

std::vector<std::string_view> offered_protocols(const RequestHead& head) {
  std::vector<std::string_view> protocols;
  for (const HeaderField& field : head.fields) {
    if (!equals_ignoring_case(field.name, "sec-websocket-protocol")) continue;
    for (std::string_view list = field.value; !list.empty();) {
      const std::string_view protocol = take_list_item(list);
      if (!protocol.empty()) protocols.push_back(protocol);
    }
  }
  return protocols;
}

std::string accept_response(std::string_view key, std::string_view protocol, std::string_view extra_headers) {
  std::string response =
      "HTTP/1.1 101 Switching Protocols\r\n"
      "Upgrade: websocket\r\n"
      "Connection: Upgrade\r\n"
      "Sec-WebSocket-Accept: ";
  response += accept_value(key);
  response += "\r\n";
  if (!protocol.empty()) {
    response += "Sec-WebSocket-Protocol: ";
    response += protocol;
    response += "\r\n";
  }
  response += extra_headers;
  response += "\r\n";
  return response;
}

}  // namespace ntyws
