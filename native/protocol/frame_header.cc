#include "protocol/frame_header.h"

namespace ntyws {
namespace {

constexpr uint8_t kFinBit = 0x80;
constexpr uint8_t kReservedBits = 0x70;
constexpr uint8_t kReservedBit1 = 0x40;
constexpr uint8_t kOpcodeBits = 0x0F;
constexpr uint8_t kMaskBit = 0x80;
constexpr uint8_t kLengthBits = 0x7F;
constexpr uint8_t kLength16 = 126;
constexpr uint8_t kLength64 = 127;

bool is_known(uint8_t opcode) {
  return opcode <= 0x2 || (opcode >= 0x8 && opcode <= 0xA);
}

// What the first two bytes alone can break.
ProtocolError check_first_bytes(uint8_t first, uint8_t second, Role role, bool compression) {
  uint8_t reserved = first & kReservedBits;
  if (reserved == kReservedBit1 && !compression) return ProtocolError::kReservedBit1;
  if ((reserved & ~kReservedBit1) != 0) return ProtocolError::kReservedBits;
  uint8_t opcode = first & kOpcodeBits;
  if (!is_known(opcode)) return ProtocolError::kReservedOpcode;
  if (reserved != 0 && !begins_message(static_cast<Opcode>(opcode)))
    return ProtocolError::kMisplacedReservedBit1;
  bool masked = (second & kMaskBit) != 0;
  if (masked != (role == Role::kServer)) {
    return masked ? ProtocolError::kMaskedFrame : ProtocolError::kUnmaskedFrame;
  }
  if (is_control(static_cast<Opcode>(opcode))) {
    if (!(first & kFinBit)) return ProtocolError::kFragmentedControl;
    if ((second & kLengthBits) >= kLength16) return ProtocolError::kLongControl;
  }
  return ProtocolError::kNone;
}

}  // namespace

HeaderStatus parse_frame_header(Bytes bytes, Role role, bool compression, FrameHeader& header,
                                ProtocolError& error) {
  if (bytes.size() < 2) return HeaderStatus::kPartial;
  error = check_first_bytes(bytes[0], bytes[1], role, compression);
  if (error != ProtocolError::kNone) return HeaderStatus::kBad;

  uint64_t payload_size = bytes[1] & kLengthBits;
  size_t size = 2;
  if (payload_size == kLength16) {
    if (bytes.size() < 4) return HeaderStatus::kPartial;
    payload_size = load_be16(&bytes[2]);
    size = 4;
    if (payload_size < kLength16) error = ProtocolError::kLengthNotMinimal;
  } else if (payload_size == kLength64) {
    if (bytes.size() < 10) return HeaderStatus::kPartial;
    payload_size = load_be64(&bytes[2]);
    size = 10;
    if (payload_size >> 63) {
      error = ProtocolError::kLengthTopBit;
    } else if (payload_size <= UINT16_MAX) {
      error = ProtocolError::kLengthNotMinimal;
    }
  }
  if (error != ProtocolError::kNone) return HeaderStatus::kBad;

  header.masking_key = 0;
  if (role == Role::kServer) {
    if (bytes.size() < size + 4) return HeaderStatus::kPartial;
    std::memcpy(&header.masking_key, &bytes[size], 4);
    size += 4;
  }
  header.fin = (bytes[0] & kFinBit) != 0;
  header.compressed = (bytes[0] & kReservedBit1) != 0;
  header.opcode = static_cast<Opcode>(bytes[0] & kOpcodeBits);
  header.size = static_cast<uint8_t>(size);
  header.payload_size = payload_size;
  return HeaderStatus::kComplete;
}

}  // namespace ntyws
