// Accepts connections on one listening socket, a bounded number a turn, and holds back while the process has
// no descriptors left.
#pragma once

#include "net/address.h"
#include "reactor/reactor.h"

namespace ntyws {

class AcceptEvents {
 public:
  // A connection, non-blocking and close-on-exec.
  virtual void on_accept(UniqueFd fd, const Address& peer, uint16_t local_port) = 0;
  // accept4 failed for want of descriptors or memory; it is tried again every limits::kAcceptBackoffMs.
  virtual void on_accept_error(int error) = 0;

 protected:
  ~AcceptEvents() = default;
};

class Listener final : public EventHandler {
 public:
  // Null when epoll refuses the socket. `events` outlives the listener.
  static Listener* start(Reactor& reactor, UniqueFd fd, uint16_t port, AcceptEvents& events);
  // No more connections; the port is free after the reactor's next reap().
  void stop();

  void on_ready(uint32_t events) override;
  void on_timer() override;

 private:
  Listener(Reactor& reactor, uint16_t port, AcceptEvents& events)
      : reactor_(reactor), events_(events), port_(port) {}

  Reactor& reactor_;
  AcceptEvents& events_;
  Slot* slot_ = nullptr;
  const uint16_t port_;
};

}  // namespace ntyws
