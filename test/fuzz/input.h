// Reads a fuzzer's input: a few option bytes, and behind them what the code under test gets.
#pragma once

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "base/bytes.h"

namespace ntyws::fuzz {

// Takes the first byte off; 0 when there is none.
inline uint8_t take_byte(Bytes& input) {
  if (input.empty()) return 0;
  const uint8_t byte = input.front();
  input = input.subspan(1);
  return byte;
}

// A copy in a heap block of its own and of just its size, so that AddressSanitizer sees every step beyond it,
// and so that it lies elsewhere than the copy before.
class Copy {
 public:
  Copy() = default;
  explicit Copy(Bytes bytes) : data_(std::make_unique<uint8_t[]>(bytes.size())), size_(bytes.size()) {
    copy_bytes(data_.get(), bytes.data(), size_);
  }

  // Valid as long as this object.
  MutableBytes bytes() { return {data_.get(), size_}; }

 private:
  std::unique_ptr<uint8_t[]> data_;
  size_t size_ = 0;
};

// Sizes of pieces that add up to `size`. Seed 0 is the whole, 1 byte by byte, others are random: mostly small
// pieces for some, mostly large ones for others.
inline std::vector<size_t> pieces(size_t size, uint8_t seed) {
  std::minstd_rand random(seed);
  const size_t piece_max = seed == 0 ? std::max<size_t>(size, 1) : seed == 1 ? 1 : 1 + random() % (size + 1);
  std::vector<size_t> sizes;
  for (size_t left = size; left != 0; left -= sizes.back()) {
    sizes.push_back(seed < 2 ? std::min(left, piece_max) : std::min<size_t>(left, 1 + random() % piece_max));
  }
  return sizes;
}

}  // namespace ntyws::fuzz
