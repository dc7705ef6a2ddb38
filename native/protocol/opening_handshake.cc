#include "protocol/opening_handshake.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>

#include "base/check.h"
#include "base/end_process.h"

namespace ntyws {
namespace {

// RFC 6455 §1.3.
constexpr std::string_view kKeySuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

constexpr size_t kKeySize = 24;
constexpr size_t kKeyDigits = 22;  // 16 bytes in base64, before the padding
constexpr size_t kAcceptSize = 28;
static_assert(kAcceptSize == (SHA_DIGEST_LENGTH + 2) / 3 * 4);

bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_letter_or_digit(char c) {
  return is_letter(c) || (c >= '0' && c <= '9');
}

bool is_base64_digit(char c) {
  return is_letter_or_digit(c) || c == '+' || c == '/';
}

// The last digit's low four bits are not looked at, though an encoder leaves them clear: clients that pick 22
// random digits exist, other servers take them, and the key is only ever hashed as text.
bool is_valid_key(std::string_view key) {
  return key.size() == kKeySize && key.substr(kKeyDigits) == "==" &&
         std::all_of(key.begin(), key.begin() + kKeyDigits, is_base64_digit);
}

// A Content-Length that comes twice counts as a body too: what it says may have been read otherwise by a
// proxy.
bool has_body(const HttpHead& head) {
  if (head.count("transfer-encoding") != 0) return true;
  const size_t count = head.count("content-length");
  return count > 1 || (count == 1 && head.find("content-length") != "0");
}

// What may stand between "://" and the path; user information may not (RFC 9110 §4.2.4).
bool is_authority_char(char c) {
  return is_letter_or_digit(c) || std::string_view("-._~%!$&'()*+,;=:[]").find(c) != std::string_view::npos;
}

// A path, or a whole URL, which a server has to take too (RFC 9112 §3.2). Its other bytes the parser has
// checked.
bool is_valid_target(std::string_view target) {
  if (target.starts_with('/')) return true;
  const size_t scheme_size = target.find("://");
  if (scheme_size == 0 || scheme_size == std::string_view::npos) return false;
  const std::string_view scheme = target.substr(0, scheme_size);
  std::string_view authority = target.substr(scheme_size + 3);
  authority = authority.substr(0, authority.find_first_of("/?"));
  return std::all_of(scheme.begin(), scheme.end(), is_letter) && !authority.empty() &&
         std::all_of(authority.begin(), authority.end(), is_authority_char);
}

Upgrade refusal(int status, std::string_view reason, std::string_view extra_headers = {}) {
  return {.verdict = UpgradeVerdict::kRefuse,
          .status = status,
          .reason = reason,
          .extra_headers = extra_headers,
          .key = {}};
}

}  // namespace

Upgrade judge_upgrade(const HttpHead& head) {
  if (head.version_major != 1) return refusal(505, "This server speaks HTTP/1.1.");
  if (head.method != "GET") return refusal(405, "Only GET requests are served here.", "Allow: GET\r\n");
  if (!is_valid_target(head.target)) return refusal(400, "The request target must be a path or a whole URL.");

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
  if (!SHA1(bytes.data(), bytes.size(), digest)) end_for_want_of_memory();

  uint8_t encoded[kAcceptSize + 1];  // EVP_EncodeBlock ends it with a zero byte
  NTYWS_CHECK(EVP_EncodeBlock(encoded, digest, SHA_DIGEST_LENGTH) == kAcceptSize);
  return std::string(as_text({encoded, kAcceptSize}));
}

std::vector<std::string_view> offered_protocols(const HttpHead& head) {
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

std::string accept_response(std::string_view key, std::string_view protocol, std::string_view extensions,
                            std::string_view extra_headers) {
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
  if (!extensions.empty()) {
    response += "Sec-WebSocket-Extensions: ";
    response += extensions;
    response += "\r\n";
  }
  response += extra_headers;
  response += "\r\n";
  return response;
}

}  // namespace ntyws
