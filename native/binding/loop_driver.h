// Drives the reactor from libuv's loop: its epoll descriptor is watched, its next timer waited for, and a
// turn can be asked for. Spare memory is seen to beside it. Lives until libuv has let go of its handles,
// which may be after the environment's end.
#pragma once

#include <uv.h>

#include <functional>

#include "base/spare_memory.h"

namespace ntyws {

class LoopDriver final : private SpareMemory::Watcher {
 public:
  // `turn` is called whenever the reactor has something to do. Null when the system refuses to watch the
  // descriptor (`error`: an errno).
  static LoopDriver* start(uv_loop_t* loop, int poll_fd, std::function<void()> turn, int& error);

  // Asks for a turn as soon as libuv has seen to its other work.
  void turn_soon();
  // Asks for a turn after this many milliseconds, or for none when it is negative; replaces the last request.
  void set_timer(int delay_ms);
  bool timer_is_set() const { return uv_is_active(reinterpret_cast<const uv_handle_t*>(&timer_)) != 0; }
  // Whether the driver keeps the loop, and so the process, going. Not at first.
  void set_keep_alive(bool keep_alive);
  // No turn from now on. Deletes the driver and calls `closed` when libuv is through with it.
  void close(std::function<void()> closed);

 private:
  explicit LoopDriver(std::function<void()> turn) : turn_(std::move(turn)) {}

  void on_readable();
  void on_first() override;
  static void on_closed(uv_handle_t* handle);

  uv_poll_t poll_;
  // A timer without a delay would not do: libuv 1.46 calls one that is set in its own callback again at once.
  uv_idle_t soon_;
  uv_timer_t timer_;
  uv_timer_t spare_timer_;
  int open_handles_ = 4;
  std::function<void()> turn_;
  std::function<void()> closed_;
};

}  // namespace ntyws
