// permessage-deflate (RFC 7692 §7.1): what a client offers, what a server makes of it, and what both have
// agreed on then.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/limits.h"
#include "protocol/http_head.h"

namespace ntyws {

// What either side wants. Its own messages it compresses at this level, and with this much memory.
struct DeflateOptions {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  uint8_t server_max_window_bits = limits::kDeflateWindowBitsMax;  // from 8
  uint8_t client_max_window_bits = limits::kDeflateWindowBitsMax;
  uint8_t level = limits::kDeflateLevel;         // 1 to 9
  uint8_t mem_level = limits::kDeflateMemLevel;  // 1 to 9
  uint32_t threshold = limits::kDeflateThreshold;

  bool operator==(const DeflateOptions&) const = default;
};

struct DeflateAgreement {
  bool server_no_context_takeover = false;  // each of the server's messages begins with an empty window
  bool client_no_context_takeover = false;
  uint8_t server_max_window_bits = limits::kDeflateWindowBitsMax;
  uint8_t client_max_window_bits = limits::kDeflateWindowBitsMax;

  bool operator==(const DeflateAgreement&) const = default;
};

// A client's offer: the value of its Sec-WebSocket-Extensions field.
std::string deflate_offer(const DeflateOptions& options);

// What a server says to a request.
struct DeflateAnswer {
  bool is_malformed = false;                  // the request is: 400
  std::optional<DeflateAgreement> agreement;  // nothing: there is no compression
  std::string response;                       // the value of the field that says so, or empty
};
// Takes the first offer that can be met. Offers of other extensions, or with parameters that RFC 7692 does
// not know, are declined.
DeflateAnswer answer_deflate_offer(const HttpHead& request, const DeflateOptions& options);

// How a server has answered deflate_offer(); `options` null: nothing was offered.
enum class DeflateVerdict : uint8_t {
  kNone,        // it has chosen no extension
  kAgreed,      // `agreement` is set
  kNotOffered,  // it has chosen another extension
  kInvalid,     // the field is malformed, or does not fit the offer
};
DeflateVerdict judge_deflate_answer(const HttpHead& response, const DeflateOptions* options,
                                    DeflateAgreement& agreement);

}  // namespace ntyws
