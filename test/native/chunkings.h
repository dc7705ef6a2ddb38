// The ways to hand the same bytes to an incremental parser: whole, byte by byte, and in random pieces.
#pragma once

#include <algorithm>
#include <vector>

#include "testing.h"

namespace ntyws::testing {

// Calls `run` with the sizes of the pieces, which add up to `size`, once for each way.
template <typename Run>
void for_each_chunking(size_t size, Run run, int random_count = 20) {
  run(std::vector<size_t>{size});
  run(std::vector<size_t>(size, 1));
  std::mt19937_64 random = test_random();
  for (int i = 0; i < random_count; ++i) {
    // Small pieces break tokens, large ones whole lines: the largest possible one is itself random.
    const size_t piece_max = 1 + random() % (size + 1);
    std::vector<size_t> pieces;
    for (size_t left = size; left != 0; left -= pieces.back()) {
      pieces.push_back(std::min<size_t>(left, 1 + random() % piece_max));
    }
    run(pieces);
  }
}

}  // namespace ntyws::testing
