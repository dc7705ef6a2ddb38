#include "net/listener.h"

#include <cerrno>

#include "base/limits.h"

namespace ntyws {

Listener* Listener::start(Reactor& reactor, UniqueFd fd, uint16_t port, AcceptEvents& events) {
  std::unique_ptr<Listener> owner(new Listener(reactor, port, events));
  Listener* listener = owner.get();
  Slot* slot = reactor.attach(std::move(fd), std::move(owner), EPOLLIN);
  if (!slot) return nullptr;  // and the listener is gone
  listener->slot_ = slot;
  return listener;
}

void Listener::stop() {
  reactor_.release(*slot_);
}

void Listener::on_ready(uint32_t) {
  for (int i = 0; i < limits::kAcceptsPerTurn; ++i) {
    Address peer;
    UniqueFd fd(::accept4(slot_->fd.get(), peer.raw(), peer.raw_size(), SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      events_.on_accept(std::move(fd), peer, port_);
      if (slot_->state != SlotState::kActive) return;
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // The connection stays in the kernel's queue, so the socket stays readable: without a pause we would
      // spin.
      int error = errno;
      reactor_.set_interest(*slot_, 0);
      reactor_.set_timer(*slot_, limits::kAcceptBackoffMs);
      return events_.on_accept_error(error);
    }
    // Whatever else went wrong concerns that one connection: accept(2) hands on errors of the network.
  }
}

void Listener::on_timer() {
  reactor_.set_interest(*slot_, EPOLLIN);
}

}  // namespace ntyws
