// The event loop's core: an epoll instance, the slot table and the timer wheel. It does not know who drives
// it: turn() does what is due and returns.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <memory>
#include <vector>

#include "base/limits.h"
#include "base/unique_fd.h"
#include "reactor/slot_table.h"
#include "reactor/timer_wheel.h"

namespace ntyws {

class Reactor {
 public:
  Reactor();

  // Readable when a turn has something to do; -1 (and errno) when the system refused an epoll instance.
  int poll_fd() const { return epoll_.get(); }

  // Fires the timers that are due, then waits up to `timeout_ms` (0: not at all) and dispatches at most
  // limits::kEventsPerTurn events, or what limits::kTurnUs allow: the rest is the next turn's, before all
  // others. Returns whether more may be waiting.
  bool turn(int timeout_ms);

  // Whether the turn has had its time. Reads the clock.
  bool turn_is_over() const;
  // For a handler whose event has taken long: the clock is looked at before the next one.
  void note_long_event() { long_event_ = true; }
  // Events that no turn has dispatched yet, though they are known.
  bool has_events() const { return next_event_ < event_count_ || !unwatched_.empty(); }

  // Counts the turns.
  uint64_t turn_number() const { return turn_number_; }

  // The monotonic clock at the beginning of the turn.
  uint64_t now_ms() const { return now_ms_; }

  // Milliseconds until a timer wants a turn, or -1. Worth asking again when a timer was set since the last
  // time, or when that turn has come.
  int next_timer_ms();
  bool timer_was_set() const { return timer_was_set_; }

  // Watches a descriptor; the slot owns it and the handler from now on. Returns null, and closes the
  // descriptor, when epoll refuses it.
  Slot* attach(UniqueFd fd, std::unique_ptr<EventHandler> handler, uint32_t events,
               SlotKind kind = SlotKind::kOther);

  // Changes what a slot waits for; with 0 only a hang-up is reported, and that once.
  void set_interest(Slot& slot, uint32_t events);

  // Gives a slot, and what it waits for, to another handler; the old one lives until reap().
  void hand_over(Slot& slot, std::unique_ptr<EventHandler> to, SlotKind kind = SlotKind::kOther);

  // Ends a slot's use: no event reaches it any more and its handles find nothing, but handler and descriptor
  // live until reap(), as either may be in use further up the stack.
  void release(Slot& slot);
  void reap();
  bool has_released() const { return !released_.empty() || !retired_.empty(); }

  Slot* find(SlotHandle handle) { return slots_.find(handle); }
  static SlotHandle handle_of(const Slot& slot) {
    return {static_cast<uint32_t>(slot.fd.get()), slot.generation};
  }

  void set_timer(Slot& slot, uint32_t delay_ms);
  void cancel_timer(Slot& slot) { timers_.cancel(static_cast<uint32_t>(slot.fd.get())); }

 private:
  uint64_t now_ms_;
  uint64_t turn_number_ = 0;
  bool timer_was_set_ = false;
  bool long_event_ = false;
  uint64_t turn_start_us_ = 0;
  SlotTable slots_;
  TimerWheel timers_;
  std::vector<uint32_t> released_;
  std::vector<SlotHandle> unwatched_;  // that epoll cannot report any more
  std::vector<std::unique_ptr<EventHandler>> retired_;
  std::array<epoll_event, limits::kEventsPerTurn> events_;
  size_t event_count_ = 0;
  size_t next_event_ = 0;  // of events_
  UniqueFd epoll_;
};

}  // namespace ntyws
