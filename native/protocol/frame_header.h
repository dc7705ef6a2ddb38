// The header of a frame, both ways (RFC 6455 §5.2). Never allocates, never looks beyond the header.
#pragma once

#include "base/bytes.h"
#include "base/limits.h"
#include "protocol/mask.h"
#include "protocol/protocol_error.h"

namespace ntyws {

enum class Opcode : uint8_t {
  kContinuation = 0x0,
  kText = 0x1,
  kBinary = 0x2,
  kClose = 0x8,
  kPing = 0x9,
  kPong = 0xA,
};

inline bool is_control(Opcode opcode) {
  return (static_cast<uint8_t>(opcode) & 0x8) != 0;
}

inline bool begins_message(Opcode opcode) {
  return opcode == Opcode::kText || opcode == Opcode::kBinary;
}

// Who we are: a server gets masked frames and sends bare ones, a client the reverse.
enum class Role : uint8_t { kServer, kClient };

struct FrameHeader {
  bool fin;
  bool compressed;  // RSV1, of the first frame of a message (RFC 7692 §6)
  Opcode opcode;
  uint8_t size;          // of the header itself
  uint32_t masking_key;  // as it lies in memory; 0 for a frame that is not masked
  uint64_t payload_size;
};

// kBad says why in `error`, as early as the bytes tell.
enum class HeaderStatus : uint8_t { kPartial, kComplete, kBad };

// `compression`: it has been agreed on.
HeaderStatus parse_frame_header(Bytes bytes, Role role, bool compression, FrameHeader& header,
                                ProtocolError& error);

// Writes the header of a frame that is not masked to `out`, which has room for limits::kFrameHeaderMax bytes,
// and returns its size.
inline size_t write_frame_header(uint8_t* out, Opcode opcode, bool fin, uint64_t payload_size,
                                 bool compressed = false) {
  out[0] = static_cast<uint8_t>((fin ? 0x80 : 0) | (compressed ? 0x40 : 0) | static_cast<uint8_t>(opcode));
  if (payload_size < 126) {
    out[1] = static_cast<uint8_t>(payload_size);
    return 2;
  }
  if (payload_size <= UINT16_MAX) {
    out[1] = 126;
    store_be16(out + 2, static_cast<uint16_t>(payload_size));
    return 4;
  }
  out[1] = 127;
  store_be64(out + 2, payload_size);
  return 10;
}

// The same for a frame that is masked.
inline size_t write_masked_frame_header(uint8_t* out, Opcode opcode, bool fin, uint64_t payload_size,
                                        uint32_t masking_key, bool compressed = false) {
  const size_t size = write_frame_header(out, opcode, fin, payload_size, compressed);
  out[1] |= 0x80;
  std::memcpy(out + size, &masking_key, sizeof masking_key);
  return size + sizeof masking_key;
}

inline constexpr size_t kControlFrameMax = limits::kFrameHeaderMax + limits::kControlPayloadMax;

// Writes a whole control frame to `out`, which has room for kControlFrameMax bytes, and returns its size.
inline size_t write_control_frame(uint8_t* out, Opcode opcode, Bytes payload) {
  size_t size = write_frame_header(out, opcode, true, payload.size());
  copy_bytes(out + size, payload.data(), payload.size());
  return size + payload.size();
}

// The same for one that is masked.
inline size_t write_masked_control_frame(uint8_t* out, Opcode opcode, Bytes payload, uint32_t masking_key) {
  size_t size = write_masked_frame_header(out, opcode, true, payload.size(), masking_key);
  apply_mask(out + size, payload.data(), payload.size(), masking_key);
  return size + payload.size();
}

}  // namespace ntyws
