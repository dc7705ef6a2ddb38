#include "protocol/utf8_avx2.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <array>

#define AVX2 __attribute__((target("avx2")))

namespace ntyws {
namespace {

// The method of Keiser and Lemire, "Validating UTF-8 in less than one instruction per byte" (2021). Whether
// two neighbours can follow each other is a matter of three nibbles: both of the first byte, the high one of
// the second. Each fault names the nibbles that make it, and has a bit in three tables; where all three agree
// on a bit, there is that fault.
struct Fault {
  uint16_t first_high;  // sets of nibbles
  uint16_t first_low;
  uint16_t second_high;
};

constexpr uint16_t nibbles(int from, int to) {
  return static_cast<uint16_t>((2u << to) - (1u << from));
}
constexpr uint16_t kAny = nibbles(0x0, 0xF);
constexpr uint16_t kAscii = nibbles(0x0, 0x7);
constexpr uint16_t kContinuation = nibbles(0x8, 0xB);
constexpr uint16_t kLead = nibbles(0xC, 0xF);

constexpr std::array<Fault, 8> kFaults{{
    {kLead, kAny, kAscii | kLead},                              // too few continuation bytes
    {kAscii, kAny, kContinuation},                              // a continuation of nothing
    {nibbles(0xC, 0xC), nibbles(0x0, 0x1), kContinuation},      // overlong, of two bytes
    {nibbles(0xE, 0xE), nibbles(0x0, 0x0), nibbles(0x8, 0x9)},  // overlong, of three bytes
    {nibbles(0xE, 0xE), nibbles(0xD, 0xD), nibbles(0xA, 0xB)},  // a surrogate
    {nibbles(0xF, 0xF), nibbles(0x4, 0xF), nibbles(0x9, 0xB)},  // above U+10FFFF
    {nibbles(0xF, 0xF), nibbles(0x0, 0x0) | nibbles(0x5, 0xF),
     nibbles(0x8, 0x8)},  // overlong, of four; above
    // Two continuation bytes: no fault right where a lead byte asks for a third or fourth byte.
    {kContinuation, kAny, kContinuation},
}};
constexpr int kTwoContinuations = 0x80;

using Table = std::array<uint8_t, 32>;

// Twice the same, as AVX2 looks up in each half of a register by itself.
constexpr Table make_table(uint16_t Fault::*set) {
  Table table{};
  for (size_t i = 0; i < table.size(); ++i) {
    for (size_t fault = 0; fault < kFaults.size(); ++fault) {
      if (kFaults[fault].*set >> (i % 16) & 1) table[i] = static_cast<uint8_t>(table[i] | 1 << fault);
    }
  }
  return table;
}
constexpr Table kFirstHigh = make_table(&Fault::first_high);
constexpr Table kFirstLow = make_table(&Fault::first_low);
constexpr Table kSecondHigh = make_table(&Fault::second_high);

AVX2 inline __m256i load(const uint8_t* at) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}

AVX2 inline __m256i look_up(const Table& table, __m256i nibble) {
  return _mm256_shuffle_epi8(load(table.data()), nibble);
}

AVX2 inline __m256i high_nibble(__m256i bytes) {
  return _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0F));
}

AVX2 inline __m256i low_nibble(__m256i bytes) {
  return _mm256_and_si256(bytes, _mm256_set1_epi8(0x0F));
}

// Each byte's neighbour `distance` bytes before it.
template <int distance>
AVX2 inline __m256i before(__m256i block, __m256i previous) {
  return _mm256_alignr_epi8(block, _mm256_permute2x128_si256(previous, block, 0x21), 16 - distance);
}

AVX2 inline bool has_high_bits(__m256i block) {
  return _mm256_movemask_epi8(block) != 0;
}

AVX2 inline bool has_fault(__m256i block, __m256i previous) {
  const __m256i first = before<1>(block, previous);
  const __m256i faults = _mm256_and_si256(
      _mm256_and_si256(look_up(kFirstHigh, high_nibble(first)), look_up(kFirstLow, low_nibble(first))),
      look_up(kSecondHigh, high_nibble(block)));
  // Two bytes after E0 and above, three after F0 and above, there is a second continuation byte. Subtraction
  // that stops at 0 leaves the high bit where that is so.
  const __m256i third = _mm256_subs_epu8(before<2>(block, previous), _mm256_set1_epi8(0xE0 - 0x80));
  const __m256i fourth = _mm256_subs_epu8(before<3>(block, previous), _mm256_set1_epi8(0xF0 - 0x80));
  const __m256i wanted = _mm256_and_si256(_mm256_or_si256(third, fourth),
                                          _mm256_set1_epi8(static_cast<char>(kTwoContinuations)));
  const __m256i wrong = _mm256_xor_si256(faults, wanted);
  return _mm256_testz_si256(wrong, wrong) == 0;
}

bool is_continuation(uint8_t byte) {
  return (byte & 0xC0) == 0x80;
}

}  // namespace

AVX2 size_t valid_prefix_size_avx2(Bytes bytes) {
  constexpr size_t kStep = 32;
  size_t size = 0;
  __m256i previous = _mm256_setzero_si256();
  for (; bytes.size() - size >= kStep; size += kStep) {
    const __m256i block = load(bytes.data() + size);
    if (has_high_bits(_mm256_or_si256(block, previous)) && has_fault(block, previous)) break;
    previous = block;
  }
  // The last code point may not be whole.
  while (size > 0 && is_continuation(bytes[--size])) continue;
  return size;
}

AVX2 bool is_ascii_avx2(Bytes bytes) {
  constexpr size_t kStep = 64;
  const uint8_t* at = bytes.data();
  const uint8_t* const last = at + bytes.size() - kStep;
  for (; at < last; at += kStep) {
    if (has_high_bits(_mm256_or_si256(load(at), load(at + 32)))) return false;
  }
  return !has_high_bits(_mm256_or_si256(load(last), load(last + 32)));  // some of it perhaps again
}

}  // namespace ntyws

#endif
