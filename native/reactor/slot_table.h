// The table of event slots by file descriptor: blocks of 1024 slots, made as descriptors grow and found in
// O(1) through an array of pointers, so that a slot never moves.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/unique_fd.h"

namespace ntyws {

// Names one use of a slot. Descriptors are used again, generations are not: a handle that outlives its use
// finds nothing.
struct SlotHandle {
  uint32_t index;
  uint32_t generation;
};

// What a slot's events are reported to. The slot owns it.
class EventHandler {
 public:
  virtual ~EventHandler() = default;
  // `events` are epoll's: EPOLLIN and so on.
  virtual void on_ready(uint32_t events) = 0;
  virtual void on_timer() = 0;
};

enum class SlotState : uint8_t { kFree, kActive, kReleased };

// Whose handler a slot has, for those who find it by a handle.
enum class SlotKind : uint8_t { kOther, kConnection };

inline constexpr uint32_t kNoSlot = UINT32_MAX;

struct Slot {
  UniqueFd fd;
  uint32_t generation = 0;
  uint32_t interest = 0;  // as registered with epoll
  SlotState state = SlotState::kFree;
  SlotKind kind = SlotKind::kOther;
  std::unique_ptr<EventHandler> handler;
  // One timer each, a node of the timer wheel's lists.
  uint32_t timer_next = kNoSlot;
  uint32_t timer_previous = kNoSlot;
  uint32_t timer_tick = 0;  // 0: not set
};
static_assert(sizeof(Slot) <= 64, "a slot fits a cache line");

class SlotTable {
 public:
  static constexpr uint32_t kBlockSlots = 1024;

  // The slot of a descriptor; its block is made when it is the first.
  Slot& at(uint32_t index) {
    uint32_t block = index / kBlockSlots;
    if (block >= blocks_.size()) blocks_.resize(block + 1);
    if (!blocks_[block]) blocks_[block] = std::make_unique<Block>();
    return (*blocks_[block])[index % kBlockSlots];
  }

  // The active slot that a handle names, or null.
  Slot* find(SlotHandle handle) {
    uint32_t block = handle.index / kBlockSlots;
    if (block >= blocks_.size() || !blocks_[block]) return nullptr;
    Slot& slot = (*blocks_[block])[handle.index % kBlockSlots];
    return slot.state == SlotState::kActive && slot.generation == handle.generation ? &slot : nullptr;
  }

 private:
  using Block = std::array<Slot, kBlockSlots>;
  std::vector<std::unique_ptr<Block>> blocks_;
};

}  // namespace ntyws
