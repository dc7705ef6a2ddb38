#include "base/random_pool.h"

#include <set>

#include "testing.h"

namespace ntyws {
namespace {

// Over several refills. Among so many numbers of 32 bits about one is expected twice.
TEST(numbers_differ_within_and_between_pools) {
  std::set<uint32_t> seen;
  constexpr size_t kCount = 50'000;
  RandomPool one;
  RandomPool another;
  for (size_t i = 0; i < kCount; ++i) {
    seen.insert(one.next());
    seen.insert(another.next());
  }
  EXPECT(seen.size() > 2 * kCount - 20);
}

TEST(every_bit_is_used) {
  RandomPool pool;
  uint32_t ones = 0;
  uint32_t zeros = 0;
  for (int i = 0; i < 100; ++i) {
    const uint32_t number = pool.next();
    ones |= number;
    zeros |= ~number;
  }
  EXPECT_EQ(ones, UINT32_MAX);
  EXPECT_EQ(zeros, UINT32_MAX);
}

}  // namespace
}  // namespace ntyws
