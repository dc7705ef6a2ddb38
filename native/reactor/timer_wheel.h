// Coarse timers, one for each slot: set and cancel in O(1), no memory beyond the slot. A timer fires at the
// first tick at or after its time, never before it.
#pragma once

#include <array>
#include <cstdint>

#include "reactor/slot_table.h"

namespace ntyws {

class TimerWheel {
 public:
  static constexpr uint32_t kTickMs = 16;
  static constexpr uint32_t kBuckets = 512;  // 8 seconds a round; what is due later stays for another round

  TimerWheel(SlotTable& slots, uint64_t now_ms) : slots_(slots), start_ms_(now_ms) { buckets_.fill(kNoSlot); }

  // Replaces the slot's timer if it has one.
  void set(uint32_t index, uint64_t now_ms, uint32_t delay_ms);
  void cancel(uint32_t index);

  // Takes one timer that is due out of the wheel and returns its slot, or kNoSlot when none is (left).
  uint32_t take_due(uint64_t now_ms);

  // Milliseconds until the wheel wants to be asked again, or -1 when it is empty.
  int next_delay_ms(uint64_t now_ms) const;

 private:
  uint32_t tick_of(uint64_t now_ms) const {
    return static_cast<uint32_t>((now_ms - start_ms_) / kTickMs) + 1;
  }

  SlotTable& slots_;
  const uint64_t start_ms_;
  uint32_t current_tick_ = 1;  // buckets before it have been looked through
  uint32_t cursor_ = kNoSlot;  // where take_due goes on within the current bucket
  bool cursor_valid_ = false;
  uint32_t count_ = 0;
  std::array<uint32_t, kBuckets> buckets_;  // heads of doubly linked lists through the slots
};

}  // namespace ntyws
