// Masking and unmasking, which are the same (RFC 6455 §5.3).
#pragma once

#include <bit>

#include "base/bytes.h"

namespace ntyws {

// XORs `size` bytes of `from` with the key into `to`; the two are the same memory or do not overlap. The key
// is as it lies in memory and applies from its first byte on.
void apply_mask(uint8_t* to, const uint8_t* from, size_t size, uint32_t masking_key);

// The same a byte at a time: the oracle that tests hold the fast one against.
void apply_mask_plain(uint8_t* to, const uint8_t* from, size_t size, uint32_t masking_key);

// The key for what follows `size` bytes already masked.
inline uint32_t advance_masking_key(uint32_t masking_key, size_t size) {
  return std::rotr(masking_key, static_cast<int>(size % 4) * 8);
}

}  // namespace ntyws
