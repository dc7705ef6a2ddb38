#include "protocol/mask.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace ntyws {
namespace {

using MaskFunction = void (*)(uint8_t*, const uint8_t*, size_t, uint32_t);

// Eight bytes at a time, and a tail whose bytes are counted by the key turned to them.
inline void mask_words(uint8_t* to, const uint8_t* from, size_t size, uint32_t masking_key) {
  const uint64_t key = masking_key | static_cast<uint64_t>(masking_key) << 32;
  size_t at = 0;
  for (; at + 8 <= size; at += 8) {
    uint64_t word;
    std::memcpy(&word, from + at, 8);
    word ^= key;
    std::memcpy(to + at, &word, 8);
  }
  for (; at < size; ++at) to[at] = from[at] ^ static_cast<uint8_t>(masking_key >> (at % 4 * 8));
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) void mask_avx2(uint8_t* to, const uint8_t* from, size_t size,
                                               uint32_t masking_key) {
  const __m256i key = _mm256_set1_epi32(static_cast<int>(masking_key));
  size_t at = 0;
  for (; at + 64 <= size; at += 64) {
    __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + at));
    __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + at + 32));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + at), _mm256_xor_si256(low, key));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + at + 32), _mm256_xor_si256(high, key));
  }
  mask_words(to + at, from + at, size - at, masking_key);
}
#endif

MaskFunction choose() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return mask_avx2;
#endif
  return mask_words;
}

const MaskFunction mask_long = choose();

// Below this the call through a pointer costs more than the wide registers win.
constexpr size_t kLong = 64;

}  // namespace

void apply_mask(uint8_t* to, const uint8_t* from, size_t size, uint32_t masking_key) {
  if (size < kLong) return mask_words(to, from, size, masking_key);
  mask_long(to, from, size, masking_key);
}

void apply_mask_plain(uint8_t* to, const uint8_t* from, size_t size, uint32_t masking_key) {
  for (size_t at = 0; at < size; ++at) {
    to[at] = from[at] ^ static_cast<uint8_t>(masking_key >> (at % 4 * 8));
  }
}

}  // namespace ntyws
