#include "reactor/reactor.h"

#include <cerrno>
#include <utility>

#include "base/check.h"
#include "base/clock.h"

namespace ntyws {
namespace {

// An event carries the handle it was registered with, so that one meant for an earlier use of a descriptor is
// known.
uint64_t pack(SlotHandle handle) {
  return static_cast<uint64_t>(handle.generation) << 32 | handle.index;
}
SlotHandle unpack(uint64_t packed) {
  return {static_cast<uint32_t>(packed), static_cast<uint32_t>(packed >> 32)};
}

// An event takes a microsecond or more, and reading the clock a fortieth of that.
constexpr size_t kEventsPerClock = 16;

}  // namespace

Reactor::Reactor()
    : now_ms_(monotonic_ms()), timers_(slots_, now_ms_), epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

bool Reactor::turn(int timeout_ms) {
  ++turn_number_;
  now_ms_ = monotonic_ms();
  for (uint32_t index; (index = timers_.take_due(now_ms_)) != kNoSlot;) slots_.at(index).handler->on_timer();
  for (SlotHandle handle : std::exchange(unwatched_, {})) {
    if (Slot* slot = slots_.find(handle)) slot->handler->on_ready(EPOLLERR | EPOLLHUP);
  }

  // What the last turn left over goes first: epoll puts those that it has named behind those that it has not.
  if (next_event_ == event_count_) {
    const int count = epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), timeout_ms);
    event_count_ = count > 0 ? static_cast<size_t>(count) : 0;
    next_event_ = 0;
  }
  turn_start_us_ = monotonic_us();
  while (next_event_ < event_count_) {
    const epoll_event& event = events_[next_event_++];
    Slot* slot = slots_.find(unpack(event.data.u64));
    if (slot) slot->handler->on_ready(event.events);
    const bool looks_at_clock = long_event_ || next_event_ % kEventsPerClock == 0;
    long_event_ = false;
    if (looks_at_clock && turn_is_over()) break;
  }
  return has_events() || event_count_ == events_.size();
}

bool Reactor::turn_is_over() const {
  return monotonic_us() - turn_start_us_ >= limits::kTurnUs;
}

int Reactor::next_timer_ms() {
  timer_was_set_ = false;
  return timers_.next_delay_ms(monotonic_ms());
}

Slot* Reactor::attach(UniqueFd fd, std::unique_ptr<EventHandler> handler, uint32_t events, SlotKind kind) {
  Slot& slot = slots_.at(static_cast<uint32_t>(fd.get()));
  if (slot.state != SlotState::kFree) {
    // Somebody else has closed the slot's descriptor, and the system has given its number out again. The slot
    // closes it at its end.
    fd.disown();
    errno = EBADF;
    return nullptr;
  }
  slot.fd = std::move(fd);
  epoll_event event{};
  event.events = events;
  event.data.u64 = pack(handle_of(slot));
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, slot.fd.get(), &event) != 0) {
    slot.fd = UniqueFd();
    return nullptr;
  }
  slot.interest = events;
  slot.handler = std::move(handler);
  slot.kind = kind;
  slot.state = SlotState::kActive;
  return &slot;
}

void Reactor::set_interest(Slot& slot, uint32_t events) {
  if (slot.interest == events) return;
  epoll_event event{};
  // Epoll reports hang-ups whether asked or not; by edge they come once, and again when the interest is next
  // changed.
  event.events = events == 0 ? static_cast<uint32_t>(EPOLLET) : events;
  event.data.u64 = pack(handle_of(slot));
  slot.interest = events;
  // It fails where somebody else has closed the descriptor: the next turn says so, as epoll no longer can.
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, slot.fd.get(), &event) != 0)
    unwatched_.push_back(handle_of(slot));
}

void Reactor::hand_over(Slot& slot, std::unique_ptr<EventHandler> to, SlotKind kind) {
  NTYWS_CHECK(slot.state == SlotState::kActive);
  retired_.push_back(std::exchange(slot.handler, std::move(to)));
  slot.kind = kind;
}

void Reactor::release(Slot& slot) {
  NTYWS_CHECK(slot.state == SlotState::kActive);
  // It leaves epoll when the descriptor is closed; events until then carry a generation that is no more.
  cancel_timer(slot);
  slot.state = SlotState::kReleased;
  ++slot.generation;
  released_.push_back(static_cast<uint32_t>(slot.fd.get()));
}

void Reactor::reap() {
  for (uint32_t index : released_) {
    Slot& slot = slots_.at(index);
    slot.handler.reset();
    slot.state = SlotState::kFree;
    slot.fd = UniqueFd();
  }
  released_.clear();
  retired_.clear();
}

void Reactor::set_timer(Slot& slot, uint32_t delay_ms) {
  timer_was_set_ = true;
  timers_.set(static_cast<uint32_t>(slot.fd.get()), monotonic_ms(), delay_ms);
}

}  // namespace ntyws
