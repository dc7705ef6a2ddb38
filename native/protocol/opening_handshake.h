// The server's part of the opening handshake (RFC 6455 §4.2): judges a request, and makes the response that
// accepts it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/http_head.h"

namespace ntyws {

enum class UpgradeVerdict : uint8_t {
  kUpgrade,    // a valid opening handshake; `key` is set
  kNoUpgrade,  // a valid GET that asks for no WebSocket
  kRefuse,     // anything else: answer with `status`
};

struct Upgrade {
  UpgradeVerdict verdict;
  int status = 0;                  // of a refusal: 400, 405, 426, 505
  std::string_view reason;         // of a refusal, one sentence: the response's body
  std::string_view extra_headers;  // of a refusal: whole header lines it needs ("Allow: GET\r\n"), or empty
  std::string_view key;            // Sec-WebSocket-Key, a view of the request's bytes
};

// Checks, in this order: the major version of HTTP (505), the method (405), the form of the target (400),
// exactly one Host field, which only HTTP/1.0 may leave out (400), whether there is an Upgrade to websocket
// (kNoUpgrade when there is not), that the upgrade comes over HTTP/1.1 (400), the Connection token (400),
// Sec-WebSocket-Version (426 with "Sec-WebSocket-Version: 13"), Sec-WebSocket-Key (400), the absence of a
// body (400).
Upgrade judge_upgrade(const HttpHead& head);

// The value of Sec-WebSocket-Accept for a key: base64 of SHA-1, 28 characters.
std::string accept_value(std::string_view key);

// The subprotocols offered, in order, one element for each list item of each Sec-WebSocket-Protocol field.
// Empty items are skipped.
std::vector<std::string_view> offered_protocols(const HttpHead& head);

// The whole 101 response. `protocol` and `extensions` may be empty, and the caller has made sure that they
// hold no line break. `extra_headers` are whole lines, each with its CRLF.
std::string accept_response(std::string_view key, std::string_view protocol, std::string_view extensions,
                            std::string_view extra_headers);

}  // namespace ntyws
