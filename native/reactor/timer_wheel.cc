#include "reactor/timer_wheel.h"

#include <algorithm>

namespace ntyws {

void TimerWheel::set(uint32_t index, uint64_t now_ms, uint32_t delay_ms) {
  cancel(index);
  // Rounded up, so that it is not early by the part of a tick that has passed already. A bucket that is being
  // looked through is not looked at again before the next round.
  const uint32_t first_tick = cursor_valid_ ? current_tick_ + 1 : current_tick_;
  uint32_t tick = std::max(tick_of(now_ms + delay_ms + kTickMs - 1), first_tick);
  uint32_t& head = buckets_[tick % kBuckets];
  Slot& slot = slots_.at(index);
  slot.timer_tick = tick;
  slot.timer_previous = kNoSlot;
  slot.timer_next = head;
  if (head != kNoSlot) slots_.at(head).timer_previous = index;
  head = index;
  ++count_;
}

void TimerWheel::cancel(uint32_t index) {
  Slot& slot = slots_.at(index);
  if (slot.timer_tick == 0) return;
  if (cursor_ == index) cursor_ = slot.timer_next;
  if (slot.timer_next != kNoSlot) slots_.at(slot.timer_next).timer_previous = slot.timer_previous;
  if (slot.timer_previous != kNoSlot) {
    slots_.at(slot.timer_previous).timer_next = slot.timer_next;
  } else {
    buckets_[slot.timer_tick % kBuckets] = slot.timer_next;
  }
  slot.timer_tick = 0;
  slot.timer_next = slot.timer_previous = kNoSlot;
  --count_;
}

uint32_t TimerWheel::take_due(uint64_t now_ms) {
  const uint32_t now_tick = tick_of(now_ms);
  while (count_ > 0 && current_tick_ <= now_tick) {
    if (!cursor_valid_) {
      // After a long sleep one round through the wheel sees every timer.
      if (now_tick - current_tick_ >= kBuckets) current_tick_ = now_tick - kBuckets + 1;
      cursor_ = buckets_[current_tick_ % kBuckets];
      cursor_valid_ = true;
    }
    while (cursor_ != kNoSlot) {
      uint32_t index = cursor_;
      if (slots_.at(index).timer_tick <= now_tick) {
        cancel(index);  // moves the cursor on
        return index;
      }
      cursor_ = slots_.at(index).timer_next;
    }
    // The bucket of now is passed as well: what is left in it waits for another round, and must not be waited
    // for by asking again and again until the tick is over.
    cursor_valid_ = false;
    ++current_tick_;
  }
  cursor_valid_ = false;
  if (count_ == 0) current_tick_ = std::max(current_tick_, now_tick);
  return kNoSlot;
}

int TimerWheel::next_delay_ms(uint64_t now_ms) const {
  if (count_ == 0) return -1;
  uint32_t tick = current_tick_;
  for (uint32_t i = 0; i < kBuckets && buckets_[tick % kBuckets] == kNoSlot; ++i) ++tick;
  // A tick's timers are due when it begins.
  uint64_t due_ms = start_ms_ + static_cast<uint64_t>(tick - 1) * kTickMs;
  return due_ms <= now_ms ? 0 : static_cast<int>(due_ms - now_ms);
}

}  // namespace ntyws
