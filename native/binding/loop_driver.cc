#include "binding/loop_driver.h"

#include <memory>

#include "base/limits.h"

namespace ntyws {

LoopDriver* LoopDriver::start(uv_loop_t* loop, int poll_fd, std::function<void()> turn, int& error) {
  std::unique_ptr<LoopDriver> owner(new LoopDriver(std::move(turn)));
  LoopDriver* driver = owner.get();
  driver->poll_.data = driver->soon_.data = driver->timer_.data = driver->spare_timer_.data = driver;
  error = -uv_poll_init(loop, &driver->poll_, poll_fd);
  if (error != 0) return nullptr;
  uv_idle_init(loop, &driver->soon_);
  uv_timer_init(loop, &driver->timer_);
  uv_timer_init(loop, &driver->spare_timer_);
  auto on_readable = [](uv_poll_t* poll, int, int) { static_cast<LoopDriver*>(poll->data)->on_readable(); };
  uv_poll_start(&driver->poll_, UV_READABLE, on_readable);  // the loop tells the system when it waits next
  driver->set_keep_alive(false);
  uv_unref(reinterpret_cast<uv_handle_t*>(&driver->soon_));
  uv_unref(reinterpret_cast<uv_handle_t*>(&driver->timer_));
  uv_unref(reinterpret_cast<uv_handle_t*>(&driver->spare_timer_));
  SpareMemory::of_thread().watch(*driver);
  return owner.release();  // on_closed deletes it
}

// A turn that has been asked for comes as soon as libuv has been round: with one here too, its other work
// would wait for both.
void LoopDriver::on_readable() {
  if (!uv_is_active(reinterpret_cast<const uv_handle_t*>(&soon_))) turn_();
}

void LoopDriver::turn_soon() {
  auto on_idle = [](uv_idle_t* soon) {
    uv_idle_stop(soon);
    static_cast<LoopDriver*>(soon->data)->turn_();
  };
  uv_idle_start(&soon_, on_idle);
}

void LoopDriver::set_timer(int delay_ms) {
  if (delay_ms < 0) {
    uv_timer_stop(&timer_);
    return;
  }
  auto on_timer = [](uv_timer_t* timer) { static_cast<LoopDriver*>(timer->data)->turn_(); };
  uv_timer_start(&timer_, on_timer, static_cast<uint64_t>(delay_ms), 0);
}

void LoopDriver::set_keep_alive(bool keep_alive) {
  uv_handle_t* handle = reinterpret_cast<uv_handle_t*>(&poll_);
  keep_alive ? uv_ref(handle) : uv_unref(handle);
}

// From now on what was not needed goes back, until nothing is left.
void LoopDriver::on_first() {
  auto on_timer = [](uv_timer_t* timer) {
    if (!SpareMemory::of_thread().release_unneeded()) uv_timer_stop(timer);
  };
  uv_timer_start(&spare_timer_, on_timer, limits::kSpareUnneededMs, limits::kSpareUnneededMs);
}

void LoopDriver::close(std::function<void()> closed) {
  SpareMemory::of_thread().unwatch(*this);
  closed_ = std::move(closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), on_closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&soon_), on_closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), on_closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&spare_timer_), on_closed);
}

void LoopDriver::on_closed(uv_handle_t* handle) {
  LoopDriver* driver = static_cast<LoopDriver*>(handle->data);
  if (--driver->open_handles_ > 0) return;
  std::unique_ptr<LoopDriver> owner(driver);
  driver->closed_();
}

}  // namespace ntyws
