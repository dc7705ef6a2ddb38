// What a peer can do wrong once the connection is open: each kind with the close code it is failed with
// (RFC 6455 §7.4.1), the error code users see (as in the npm package ws) and a sentence for the close reason.
#pragma once

#include <cstdint>
#include <string_view>

namespace ntyws {

enum class ProtocolError : uint8_t {
  kNone,
  kReservedBit1,           // RSV1 alone: what a peer that compresses without having negotiated it sends
  kMisplacedReservedBit1,  // with compression: on another frame than the first of a message
  kReservedBits,           // RSV2 or RSV3, which no extension we speak uses
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
  kTooManyFragments,
  kInvalidCompression,
  kInvalidUtf8,
  kInvalidCloseCode,
  kInvalidClosePayload,
  kTooManyMessages,  // by the rates that the session allows
  kTooManyBytes,
  kCount,
};

struct ProtocolErrorInfo {
  uint16_t close_code;
  std::string_view code;
  std::string_view message;  // at most limits::kCloseReasonMax bytes
};

// For every kind but kNone and kCount. The reference stays valid.
const ProtocolErrorInfo& info(ProtocolError error);

}  // namespace ntyws
