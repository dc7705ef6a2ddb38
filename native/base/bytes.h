// Views of bytes, and integers in network order.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace ntyws {

using Bytes = std::span<const uint8_t>;
using MutableBytes = std::span<uint8_t>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// memcpy for short runs, most of which messages are: two wide moves that may overlap, without a call. The
// empty case may have null pointers, as empty views do.
inline void copy_bytes(uint8_t* to, const uint8_t* from, size_t size) {
  struct Wide {
    uint64_t words[2];
  };
  auto move = [&]<typename T>(T, size_t at) {
    T value;
    std::memcpy(&value, from + at, sizeof value);
    std::memcpy(to + at, &value, sizeof value);
  };
  if (size > 64 || size < 8) {
    if (size != 0) std::memcpy(to, from, size);
  } else if (size <= 16) {
    move(uint64_t{}, 0);
    move(uint64_t{}, size - 8);
  } else {
    move(Wide{}, 0);
    if (size > 32) move(Wide{}, 16);
    if (size > 48) move(Wide{}, 32);
    move(Wide{}, size - 16);
  }
}

static_assert(std::endian::native == std::endian::little, "network order is made by swapping bytes");

inline uint16_t load_be16(const uint8_t* at) {
  uint16_t value;
  std::memcpy(&value, at, sizeof value);
  return __builtin_bswap16(value);
}

inline uint64_t load_be64(const uint8_t* at) {
  uint64_t value;
  std::memcpy(&value, at, sizeof value);
  return __builtin_bswap64(value);
}

inline void store_be16(uint8_t* at, uint16_t value) {
  value = __builtin_bswap16(value);
  std::memcpy(at, &value, sizeof value);
}

inline void store_be64(uint8_t* at, uint64_t value) {
  value = __builtin_bswap64(value);
  std::memcpy(at, &value, sizeof value);
}

}  // namespace ntyws
