// Frames as they lie on the wire, made and read by hand: this shares nothing with the code under test.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ntyws::testing {

// A frame's first byte: FIN, RSV1 and opcode.
constexpr int kFin = 0x80;
constexpr int kCompressed = 0x40;  // RSV1
constexpr int kContinuationFrame = 0x0;
constexpr int kTextFrame = 0x1;
constexpr int kBinaryFrame = 0x2;
constexpr int kCloseFrame = 0x8;
constexpr int kPingFrame = 0x9;
constexpr int kPongFrame = 0xA;

constexpr std::string_view kKey = "\x37\xfa\x21\x3d";

// `size` in network order.
inline std::string big_endian(uint64_t value, int size) {
  std::string bytes;
  for (int i = size - 1; i >= 0; --i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

// The header alone, which may announce any size. A key of four bytes masks, none does not.
inline std::string frame_header(int first, uint64_t payload_size, std::string_view key = {}) {
  const int mask_bit = key.empty() ? 0 : 0x80;
  std::string bytes(1, static_cast<char>(first));
  if (payload_size <= 125) {
    bytes += static_cast<char>(mask_bit | static_cast<int>(payload_size));
  } else if (payload_size <= 0xFFFF) {
    bytes += static_cast<char>(mask_bit | 126);
    bytes += big_endian(payload_size, 2);
  } else {
    bytes += static_cast<char>(mask_bit | 127);
    bytes += big_endian(payload_size, 8);
  }
  return bytes + std::string(key);
}

inline std::string masked(std::string_view payload, std::string_view key) {
  std::string bytes(payload);
  for (size_t i = 0; i < bytes.size() && !key.empty(); ++i) {
    bytes[i] = static_cast<char>(bytes[i] ^ key[i % 4]);
  }
  return bytes;
}

inline std::string frame(int first, std::string_view payload, std::string_view key = {}) {
  return frame_header(first, payload.size(), key) + masked(payload, key);
}

// What a client sends, and a close frame's payload.
inline std::string client_frame(int first, std::string_view payload = {}) {
  return frame(first, payload, kKey);
}
inline std::string close_payload(uint16_t code, std::string_view reason = {}) {
  return big_endian(code, 2) + std::string(reason);
}

struct WireFrame {
  int first;
  std::string payload;
  bool operator==(const WireFrame&) const = default;
};

// The whole frames that a server has sent; what is behind them is left in `bytes`.
inline std::vector<WireFrame> take_server_frames(std::string& bytes) {
  std::vector<WireFrame> frames;
  for (;;) {
    const auto byte = [&](size_t at) { return static_cast<uint8_t>(bytes[at]); };
    if (bytes.size() < 2) return frames;
    size_t header_size = 2;
    uint64_t payload_size = byte(1);
    if (payload_size >= 126) {
      header_size = payload_size == 126 ? 4 : 10;
      if (bytes.size() < header_size) return frames;
      payload_size = 0;
      for (size_t i = 2; i < header_size; ++i) payload_size = payload_size << 8 | byte(i);
    }
    if (bytes.size() - header_size < payload_size) return frames;
    frames.push_back({byte(0), bytes.substr(header_size, payload_size)});
    bytes.erase(0, header_size + payload_size);
  }
}

}  // namespace ntyws::testing
