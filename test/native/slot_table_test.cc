#include "reactor/slot_table.h"

#include "allocated_bytes.h"
#include "testing.h"

namespace ntyws {
namespace {

constexpr size_t kBlockBytes = SlotTable::kBlockSlots * sizeof(Slot);

TEST(makes_blocks_as_descriptors_grow) {
  const size_t before = testing::allocated_bytes();
  SlotTable table;
  EXPECT_EQ(testing::allocated_bytes(), before);
  table.at(0);
  table.at(SlotTable::kBlockSlots - 1);
  EXPECT(testing::allocated_bytes() - before < 2 * kBlockBytes);
  table.at(SlotTable::kBlockSlots);
  EXPECT(testing::allocated_bytes() - before >= 2 * kBlockBytes);
  // One block for a high descriptor, not all those below it.
  table.at(1'000'000);
  EXPECT(testing::allocated_bytes() - before < 4 * kBlockBytes);
}

TEST(a_slot_never_moves) {
  SlotTable table;
  Slot* const first = &table.at(3);
  Slot* const second = &table.at(4);
  EXPECT(first + 1 == second);
  for (uint32_t index = 0; index < 100 * SlotTable::kBlockSlots; index += 500) table.at(index);
  EXPECT(&table.at(3) == first);
  EXPECT(&table.at(4) == second);
}

TEST(slots_of_different_descriptors_differ) {
  SlotTable table;
  for (uint32_t index = 0; index < 3 * SlotTable::kBlockSlots; ++index) table.at(index).interest = index;
  for (uint32_t index = 0; index < 3 * SlotTable::kBlockSlots; ++index) {
    EXPECT_EQ(table.at(index).interest, index);
  }
}

TEST(finds_active_slots_of_the_same_generation_only) {
  SlotTable table;
  Slot& slot = table.at(5);
  slot.generation = 7;
  EXPECT(table.find({5, 7}) == nullptr);
  slot.state = SlotState::kActive;
  EXPECT(table.find({5, 7}) == &slot);
  EXPECT(table.find({5, 6}) == nullptr);
  EXPECT(table.find({5, 8}) == nullptr);
  EXPECT(table.find({6, 7}) == nullptr);
  slot.state = SlotState::kReleased;
  EXPECT(table.find({5, 7}) == nullptr);
}

TEST(finds_nothing_where_there_is_no_block) {
  SlotTable table;
  EXPECT(table.find({0, 0}) == nullptr);
  table.at(5 * SlotTable::kBlockSlots);
  for (const uint32_t index : {0u, SlotTable::kBlockSlots, 6 * SlotTable::kBlockSlots, kNoSlot}) {
    EXPECT(table.find({index, 0}) == nullptr);
  }
}

}  // namespace
}  // namespace ntyws
