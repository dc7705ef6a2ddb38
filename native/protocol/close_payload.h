// The payload of a close frame, both ways (RFC 6455 §5.5.1, §7.4).
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/limits.h"
#include "protocol/protocol_error.h"

namespace ntyws {

namespace close_code {
inline constexpr uint16_t kGoingAway = 1001;
inline constexpr uint16_t kNoStatus = 1005;  // never on the wire: the peer gave no code
inline constexpr uint16_t kAbnormal = 1006;  // never on the wire: the connection died
}  // namespace close_code

// Whether the code may stand in a close frame.
bool is_valid_close_code(uint16_t code);

struct ClosePayload {
  uint16_t code = close_code::kNoStatus;
  std::string_view reason;  // views the bytes given
  ProtocolError error = ProtocolError::kNone;
};

ClosePayload parse_close_payload(Bytes payload);

// Writes code and reason to `out`, which has room for limits::kControlPayloadMax bytes, and returns the size:
// 0 for kNoStatus. A reason that is too long is cut before the code point that does not fit.
size_t write_close_payload(uint8_t* out, uint16_t code, std::string_view reason);

}  // namespace ntyws
