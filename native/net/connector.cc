#include "net/connector.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/limits.h"

namespace ntyws {

class Connector::Attempt final : public EventHandler {
 public:
  Attempt(Connector& connector, const Address& address_) : address(address_), connector_(connector) {}

  void on_ready(uint32_t) override {
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(slot->fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    connector_.finish(*this, error);
  }
  // It has taken long: the next may try beside it.
  void on_timer() override { connector_.start_next(); }

  const Address address;
  Slot* slot = nullptr;

 private:
  Connector& connector_;
};

Connector::~Connector() {
  for (Attempt* attempt : attempts_) reactor_.release(*attempt->slot);
}

void Connector::start_next() {
  if (next_ == addresses_.size()) return;
  const Address& address = addresses_[next_++];
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail(address, errno);
  if (static_cast<size_t>(fd.get()) >= slot_count_max_) return fail(address, EMFILE);
  const int on = 1;
  if (!address.is_unix()) ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // A port is chosen when the peer is known: then it can serve another peer too.
  if (local_) ::setsockopt(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  if (local_ && ::bind(fd.get(), local_->raw(), local_->size()) != 0) return fail(address, errno);
  if (::connect(fd.get(), address.raw(), address.size()) != 0 && errno != EINPROGRESS) {
    return fail(address, errno);
  }
  auto owner = std::make_unique<Attempt>(*this, address);
  Attempt* attempt = owner.get();
  Slot* slot = reactor_.attach(std::move(fd), std::move(owner), EPOLLOUT);
  if (!slot) return fail(address, errno);  // and the attempt is gone
  attempt->slot = slot;
  attempts_.push_back(attempt);
  if (next_ < addresses_.size()) reactor_.set_timer(*attempt->slot, limits::kConnectStaggerMs);
}

void Connector::finish(Attempt& attempt, int error) {
  std::erase(attempts_, &attempt);
  reactor_.cancel_timer(*attempt.slot);
  if (error != 0) {
    reactor_.release(*attempt.slot);
    return fail(attempt.address, error);
  }
  Reactor& reactor = reactor_;
  events_.on_connected(*attempt.slot, attempt.address);  // the connector may be gone now
  if (attempt.slot->handler.get() == &attempt) reactor.release(*attempt.slot);
}

// The next is tried at once. With none left, the last failure is the end of it.
void Connector::fail(const Address& address, int error) {
  failures_.push_back({address, error});
  if (next_ < addresses_.size()) return start_next();
  if (attempts_.empty()) events_.on_connect_failed(failures_);
}

}  // namespace ntyws
