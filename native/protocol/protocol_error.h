// What a peer can do wrong once the connection is open: each kind with the close code it is failed with
// (RFC 6455 §7.4.1), the error code users see (as in the npm package ws) and a sentence for the close reason.
#pragma once

#include <cstdint>
#include <string_view>

namespace ntyws {

enum class ProtocolError : uint8_t {
  kNone,
  kReservedBits,
  kReservedOpcode,
  kUnmaskedFrame,
  kMaskedFrame,
  kFragmentedControl,
  kLongControl,
  kLengthNotMinimal,
  kLengthTopBit,
  kUnexpectedContinuation,
  kExpectedContinuation,
  kMessageTooBig,
  kInvalidUtf8,
  kInvalidCloseCode,
  kInvalidClosePayload,
  kCount,
};

struct ProtocolErrorInfo {
  uint16_t close_code;
  std::string_view code;
  std::string_view message;
};

const ProtocolErrorInfo& info(ProtocolError error);

}  // namespace ntyws
