// How much of what a peer has sent is read before others have their turn.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/limits.h"

namespace ntyws {

// A frame takes one. Decompression takes more, by its bytes: they are what its time depends on.
struct ReadShare {
  uint32_t left = limits::kReadShare;

  void take(uint64_t amount) { left -= static_cast<uint32_t>(std::min<uint64_t>(amount, left)); }
};

}  // namespace ntyws
