#include "binding/environment.h"

#include <algorithm>
#include <cerrno>

#include "base/check.h"
#include "base/clock.h"

namespace ntyws {
namespace {

// Turns made before libuv gets to its other work, while there is more to read and limits::kWakeUpUs have not
// passed.
constexpr int kTurnsPerWakeup = 8;
// Deliveries at the end of a turn: what handlers do may at once make events of its own.
constexpr int kDeliveriesPerTurn = 4;

}  // namespace

std::shared_ptr<Environment> Environment::create(napi_env env, StartReferences references,
                                                 const InboxMemory& inbox, const OutboxMemory& outbox,
                                                 napi_value resource, Refusal& refusal) {
  std::shared_ptr<Environment> owner(new Environment(env, std::move(references), inbox, outbox));
  Environment* environment = owner.get();
  refusal = {errno, "the system refused an epoll instance"};
  if (environment->reactor_.poll_fd() < 0) return nullptr;

  refusal = {0, "this runtime does not allow external buffers"};
  if (!environment->inbox_.renew_block()) return nullptr;

  refusal = {0, "JavaScript is ending"};
  auto on_cleanup = [](napi_async_cleanup_hook_handle, void* data) {
    static_cast<Environment*>(data)->end();
  };
  napi_value name;
  uv_loop_t* loop;
  const bool allowed =
      napi_get_uv_event_loop(env, &loop) == napi_ok &&
      napi_create_string_latin1(env, "ntyws", NAPI_AUTO_LENGTH, &name) == napi_ok &&
      napi_async_init(env, resource, name, &environment->async_context_) == napi_ok &&
      napi_add_async_cleanup_hook(env, on_cleanup, environment, &environment->cleanup_hook_) == napi_ok;
  if (allowed) {
    refusal.reason = "the system refused to watch an epoll instance";
    environment->driver_ = LoopDriver::start(
        loop, environment->reactor_.poll_fd(),
        [environment] {
          environment->turn();
          environment->set_in_use();
        },
        refusal.error);
  }
  if (environment->driver_) return owner;
  environment->end();
  return nullptr;
}

// The thread's JavaScript ends, in a worker perhaps long before the process, or this instance of ours has
// been collected. The descriptors are closed when the environment is freed.
void Environment::end() {
  if (ended_) return;
  ended_ = stopped_ = true;
  // Ports first: whoever sees its connection end finds them free.
  for (const std::unique_ptr<Server>& server : servers_) {
    if (server) server->stop_listening();
  }
  reactor_.reap();
  if (async_context_) napi_async_destroy(env_, async_context_);
  auto unhook = [hook = cleanup_hook_] {
    if (hook) napi_remove_async_cleanup_hook(hook);
  };
  if (!driver_) return unhook();
  driver_->close([kept = shared_from_this(), unhook] { unhook(); });
}

Server& Environment::create_server(const ServerOptions& options) {
  uint32_t id = 0;
  while (id < servers_.size() && servers_[id]) ++id;
  if (id == servers_.size()) servers_.emplace_back();
  servers_[id] = std::make_unique<Server>(id, options, session_);
  set_in_use();
  return *servers_[id];
}

Server* Environment::server(uint32_t id) {
  return id < servers_.size() ? servers_[id].get() : nullptr;
}

void Environment::forget_server(uint32_t id) {
  servers_[id].reset();
  set_in_use();
}

Dialer& Environment::dialer_for(const ConnectionOptions& options) {
  for (const std::unique_ptr<Dialer>& dialer : dialers_) {
    if (dialer->connection_options() == options) return *dialer;
  }
  dialers_.push_back(std::make_unique<Dialer>(options, session_));
  set_in_use();
  return *dialers_.back();
}

Dialer* Environment::dialer_of(uint32_t id) {
  for (const std::unique_ptr<Dialer>& dialer : dialers_) {
    if (dialer->has_dial(id)) return dialer.get();
  }
  return nullptr;
}

// What is in use may be let go between turns only: on the way back from a handler its memory is still needed.
void Environment::set_in_use() {
  if (ended_ || turning_) return;
  const bool in_use = !dialers_.empty() || !inbox_.empty() || reactor_.has_released() ||
                      session_.has_work() ||
                      std::ranges::any_of(servers_, [](const auto& server) { return server != nullptr; });
  if (in_use == in_use_) return;
  in_use_ = in_use;
  in_use ? references_.owner.keep_alive() : references_.owner.let_go();
}

void Environment::turn() {
  if (turning_ || stopped_) return;  // turning_: a handler runs libuv's loop itself
  turning_ = true;
  napi_handle_scope scope;
  NTYWS_CHECK(napi_open_handle_scope(env_, &scope) == napi_ok);
  bool more = true;
  const uint64_t start_us = monotonic_us();
  const size_t block_bytes = PayloadBlock::live_bytes();
  for (int i = 0; more && !stopped_ && i < kTurnsPerWakeup; ++i) {
    reading_ = true;
    more = session_.turn(0);
    reading_ = false;
    deliver_all();
    // What V8 has let go comes back by libuv's loop alone.
    if (PayloadBlock::live_bytes() > block_bytes || monotonic_us() - start_us >= limits::kWakeUpUs) break;
  }
  napi_close_handle_scope(env_, scope);
  turning_ = false;
  follow_up();
}

void Environment::deliver_all() {
  for (int i = 0; !stopped_ && i < kDeliveriesPerTurn; ++i) {
    // No handler of a released slot is on the stack here. Ports of a closed server are free before that is
    // reported.
    reactor_.reap();
    std::erase_if(dialers_, [](const std::unique_ptr<Dialer>& dialer) { return dialer->idle(); });
    for (uint32_t id : inbox_.take_closed_servers()) inbox_.report_server_closed(id);
    if (inbox_.empty()) return;
    deliver();
  }
}

// One crossing: the inbox to the handlers, their outbox to the sockets.
void Environment::deliver() {
  bool was_reading = std::exchange(reading_, false);
  reactor_.note_long_event();
  napi_handle_scope handles;
  napi_callback_scope callbacks;
  NTYWS_CHECK(napi_open_handle_scope(env_, &handles) == napi_ok);
  if (napi_open_callback_scope(env_, nullptr, async_context_, &callbacks) == napi_ok) {
    const bool kept = call_dispatch(inbox_.begin_delivery());
    if (!stopped_) outbox_.flush();
    if (!stopped_ && inbox_.has_attachments()) lent_messages_.take_back();
    inbox_.end_delivery(kept);
    // Microtasks and process.nextTick run now; what they send JavaScript flushes itself.
    napi_close_callback_scope(env_, callbacks);
  } else {
    stopped_ = true;
  }
  napi_close_handle_scope(env_, handles);
  reading_ = was_reading && !stopped_;
}

// A handler that throws ends neither the batch nor, if somebody listens for uncaughtException, the process:
// dispatch goes on behind the record that threw.
bool Environment::call_dispatch(Inbox::Delivery delivery) {
  napi_value dispatch;
  napi_value receiver;
  napi_value arguments[2];
  napi_value result;
  napi_get_reference_value(env_, references_.dispatch.get(), &dispatch);
  napi_get_undefined(env_, &receiver);
  napi_create_uint32(env_, delivery.record_count, &arguments[0]);
  napi_get_boolean(env_, delivery.may_keep, &arguments[1]);
  while (napi_call_function(env_, receiver, dispatch, 2, arguments, &result) != napi_ok) {
    napi_value error;
    if (napi_get_and_clear_last_exception(env_, &error) != napi_ok ||
        napi_fatal_exception(env_, error) != napi_ok) {
      stopped_ = true;  // a worker was terminated, or the process is ending
      return true;
    }
  }
  bool kept = false;
  napi_get_value_bool(env_, result, &kept);
  return kept;
}

void Environment::flush() {
  if (stopped_) return;
  outbox_.flush();
  if (!turning_) follow_up();
}

void Environment::follow_up() {
  if (stopped_ || turning_) return;
  bool work_left = !inbox_.empty() || reactor_.has_released() || session_.has_work();
  if (work_left) {
    driver_->turn_soon();
  } else if (reactor_.timer_was_set() || !driver_->timer_is_set()) {
    driver_->set_timer(reactor_.next_timer_ms());
  }
}

}  // namespace ntyws
