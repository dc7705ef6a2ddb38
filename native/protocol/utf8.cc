#include "protocol/utf8.h"

#include <array>

#include "protocol/utf8_avx2.h"

namespace ntyws {
namespace {

// A state says which bytes may come next: how many continuation bytes are missing and, right after some lead
// bytes, a narrower range for the first of them, which keeps out overlong forms (E0, F0), surrogates (ED) and
// what lies above U+10FFFF (F4).
enum State : uint8_t {
  kBetween,  // complete() knows it as 0
  kOneLeft,
  kTwoLeft,
  kThreeLeft,
  kAfterE0,
  kAfterEd,
  kAfterF0,
  kAfterF4,
  kSpent,
};

struct Step {
  uint8_t low;  // the range of the next byte
  uint8_t high;
  State next;
};

// By state. No byte lies in the empty ranges; those of kBetween are in after_lead.
constexpr Step kSteps[] = {
    {0xFF, 0x00, kSpent},   {0x80, 0xBF, kBetween}, {0x80, 0xBF, kOneLeft},
    {0x80, 0xBF, kTwoLeft}, {0xA0, 0xBF, kOneLeft}, {0x80, 0x9F, kOneLeft},
    {0x90, 0xBF, kTwoLeft}, {0x80, 0x8F, kTwoLeft}, {0xFF, 0x00, kSpent},
};

constexpr State after_lead(uint8_t byte) {
  if (byte < 0x80) return kBetween;
  if (byte < 0xC2) return kSpent;  // a continuation byte, or C0 and C1, which only begin overlong forms
  if (byte < 0xE0) return kOneLeft;
  if (byte == 0xE0) return kAfterE0;
  if (byte == 0xED) return kAfterEd;
  if (byte < 0xF0) return kTwoLeft;
  if (byte == 0xF0) return kAfterF0;
  if (byte < 0xF4) return kThreeLeft;
  return byte == 0xF4 ? kAfterF4 : kSpent;
}

constexpr std::array<State, 256> make_after_lead() {
  std::array<State, 256> states{};
  for (size_t byte = 0; byte < states.size(); ++byte) states[byte] = after_lead(static_cast<uint8_t>(byte));
  return states;
}
constexpr std::array<State, 256> kAfterLead = make_after_lead();

bool allows(State state, uint8_t byte) {
  return byte >= kSteps[state].low && byte <= kSteps[state].high;
}

// How many bytes the code point at `at` has, which must not be ASCII; 0 if it is none. Reads four bytes, so
// that it need not ask at each one whether the text goes on.
size_t code_point_size(const uint8_t* at) {
  const State first = kAfterLead[at[0]];
  if (!allows(first, at[1])) return 0;
  const State second = kSteps[first].next;
  if (second == kBetween) return 2;
  if (!allows(second, at[2])) return 0;
  const State third = kSteps[second].next;
  if (third == kBetween) return 3;
  return allows(third, at[3]) ? 4 : 0;
}

constexpr uint64_t kHighBits = 0x8080808080808080;

uint64_t load_word(const uint8_t* at) {
  uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// Not 0 where one of 16 bytes is no ASCII.
uint64_t high_bits(const uint8_t* at) {
  return (load_word(at) | load_word(at + 8)) & kHighBits;
}
constexpr size_t kBlockSize = 16;

// From this size on AVX2 wins.
constexpr size_t kLong = 64;

#if defined(__x86_64__)
const bool has_avx2 = __builtin_cpu_supports("avx2");
#endif

}  // namespace

bool Utf8Validator::push(Bytes bytes) {
#if defined(__x86_64__)
  if (bytes.size() >= kLong && has_avx2) return push_long(bytes);
#endif
  return push_plain(bytes);
}

#if defined(__x86_64__)
bool Utf8Validator::push_long(Bytes bytes) {
  // What the last piece left unfinished comes first: AVX2 begins between code points, and would see a fault
  // there.
  while (state_ != kBetween) {
    if (!push_plain(bytes.first(1))) return false;
    bytes = bytes.subspan(1);
  }
  return push_plain(bytes.subspan(valid_prefix_size_avx2(bytes)));
}
#endif

bool Utf8Validator::push_plain(Bytes bytes) {
  const uint8_t* at = bytes.data();
  const uint8_t* const end = at + bytes.size();
  const auto left = [&] { return static_cast<size_t>(end - at); };
  auto state = static_cast<State>(state_);
  while (at != end) {
    // Between code points, what is whole and valid is skipped in larger steps; the rest, at an end or wrong,
    // goes byte by byte.
    if (state == kBetween) {
      while (left() >= kBlockSize && high_bits(at) == 0) at += kBlockSize;
      while (at != end && *at < 0x80) ++at;
      while (left() >= 4 && *at >= 0x80) {
        const size_t size = code_point_size(at);
        if (size == 0) break;
        at += size;
      }
      if (at == end) break;
      state = kAfterLead[*at];
    } else {
      state = allows(state, *at) ? kSteps[state].next : kSpent;
    }
    ++at;
    if (state == kSpent) break;
  }
  state_ = state;
  return state != kSpent;
}

bool is_ascii(Bytes bytes) {
  const uint8_t* at = bytes.data();
  const uint8_t* const end = at + bytes.size();
  if (bytes.size() < kBlockSize) {
    uint8_t all = 0;
    while (at != end) all = static_cast<uint8_t>(all | *at++);
    return all < 0x80;
  }
  // The last block may overlap the one before it.
  const uint8_t* const last = end - kBlockSize;
  if (bytes.size() <= 2 * kBlockSize) return (high_bits(at) | high_bits(last)) == 0;
#if defined(__x86_64__)
  if (bytes.size() >= kLong && has_avx2) return is_ascii_avx2(bytes);
#endif
  for (; at < last; at += kBlockSize) {
    if (high_bits(at) != 0) return false;
  }
  return high_bits(last) == 0;
}

}  // namespace ntyws
