#include "base/spare_memory.h"

#include "base/limits.h"
#include "testing.h"

namespace ntyws {
namespace {

constexpr size_t kMiB = 1024 * 1024;

ByteBuffer block(size_t size) {
  return {MallocedBytes(static_cast<uint8_t*>(std::malloc(size))), size};
}

TEST(what_was_kept_last_is_taken_first) {
  SpareMemory spare;
  ByteBuffer first = block(kMiB);
  ByteBuffer second = block(kMiB);
  const uint8_t* first_data = first.data();
  const uint8_t* second_data = second.data();
  second.commit(kMiB);  // is forgotten
  spare.keep(std::move(first));
  spare.keep(std::move(second));
  EXPECT_EQ(spare.size(), 2 * kMiB);

  ByteBuffer taken = spare.take(kMiB);
  EXPECT(taken.data() == second_data);
  EXPECT(taken.empty());
  EXPECT_EQ(taken.capacity(), kMiB);
  EXPECT_EQ(spare.size(), kMiB);
  EXPECT(spare.take(kMiB).data() == first_data);
  EXPECT_EQ(spare.take(kMiB).capacity(), 0);
  EXPECT_EQ(spare.size(), 0);
}

// Who keeps a message keeps its block.
TEST(a_block_is_hardly_larger_than_what_is_asked_for) {
  SpareMemory spare;
  spare.keep(block(1000 * 1000));
  EXPECT_EQ(spare.take(1000 * 1000 + 1).capacity(), 0);
  EXPECT_EQ(spare.take(799'999).capacity(), 0);
  EXPECT_EQ(spare.take(800'000).capacity(), 1000 * 1000);
}

TEST(who_wants_little_asks_malloc) {
  SpareMemory spare;
  spare.keep(block(SpareMemory::kBlockMin));
  EXPECT_EQ(spare.take(SpareMemory::kBlockMin - 1).capacity(), 0);
  EXPECT_EQ(spare.take(SpareMemory::kBlockMin).capacity(), SpareMemory::kBlockMin);
}

TEST(a_block_that_fits_is_found_among_others) {
  SpareMemory spare;
  for (size_t size : {2 * kMiB, kMiB, 3 * kMiB}) spare.keep(block(size));
  EXPECT_EQ(spare.take(kMiB).capacity(), kMiB);
  EXPECT_EQ(spare.take(2 * kMiB).capacity(), 2 * kMiB);
  EXPECT_EQ(spare.take(3 * kMiB).capacity(), 3 * kMiB);
}

TEST(small_blocks_are_freed) {
  SpareMemory spare;
  spare.keep(block(SpareMemory::kBlockMin - 1));
  EXPECT_EQ(spare.size(), 0);
  spare.keep(block(SpareMemory::kBlockMin));
  EXPECT_EQ(spare.size(), SpareMemory::kBlockMin);
}

TEST(no_more_is_kept_than_the_limit_allows) {
  SpareMemory spare;
  constexpr size_t kCount = limits::kSpareBytesMax / (4 * kMiB);
  for (size_t i = 0; i < kCount; ++i) spare.keep(block(4 * kMiB));
  EXPECT_EQ(spare.size(), limits::kSpareBytesMax);
  spare.keep(block(kMiB));
  EXPECT_EQ(spare.size(), limits::kSpareBytesMax);
}

// Of three blocks one at most was taken at any time.
TEST(what_was_not_needed_is_released_and_the_rest_stays) {
  SpareMemory spare;
  for (int i = 0; i < 3; ++i) spare.keep(block(kMiB));
  EXPECT(spare.release_unneeded());
  EXPECT_EQ(spare.size(), 3 * kMiB);  // kept since the last call
  for (int i = 0; i < 10; ++i) spare.keep(spare.take(kMiB));
  EXPECT(spare.release_unneeded());
  EXPECT_EQ(spare.size(), kMiB);
  EXPECT(!spare.release_unneeded());
  EXPECT_EQ(spare.size(), 0);
  EXPECT(!spare.release_unneeded());
}

struct CountingWatcher final : SpareMemory::Watcher {
  void on_first() override { ++calls; }
  int calls = 0;
};

TEST(the_watcher_hears_of_the_first_block) {
  SpareMemory spare;
  CountingWatcher watcher;
  spare.watch(watcher);
  spare.keep(block(1));
  EXPECT_EQ(watcher.calls, 0);
  spare.keep(block(kMiB));
  spare.keep(block(kMiB));
  EXPECT_EQ(watcher.calls, 1);
  spare.release_unneeded();
  spare.release_unneeded();
  EXPECT_EQ(spare.size(), 0);
  spare.keep(block(kMiB));
  EXPECT_EQ(watcher.calls, 2);
  spare.unwatch(watcher);
  EXPECT_EQ(spare.take(kMiB).capacity(), kMiB);
  spare.keep(block(kMiB));
  EXPECT_EQ(watcher.calls, 2);
}

TEST(when_a_watcher_leaves_another_sees_to_what_is_kept) {
  SpareMemory spare;
  CountingWatcher first;
  CountingWatcher second;
  CountingWatcher third;
  for (CountingWatcher* watcher : {&first, &second, &third}) spare.watch(*watcher);
  spare.keep(block(kMiB));
  spare.unwatch(second);
  EXPECT_EQ(first.calls, 1);
  EXPECT_EQ(second.calls + third.calls, 0);
  spare.unwatch(first);
  EXPECT_EQ(third.calls, 1);
  spare.unwatch(third);
  EXPECT_EQ(first.calls + second.calls + third.calls, 2);

  // What was left behind is the next one's.
  CountingWatcher fourth;
  spare.watch(fourth);
  EXPECT_EQ(fourth.calls, 1);
}

}  // namespace
}  // namespace ntyws
