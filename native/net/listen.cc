#include "net/listen.h"

#include <netinet/tcp.h>

#include <cerrno>

namespace ntyws {
namespace {

void allow_reuse(int fd) {
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
}

void set_ip_options(int fd, const Address& address, bool reuse_port) {
  const int on = 1;
  const int off = 0;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (reuse_port) allow_reuse(fd);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (address.family() == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
}

// An empty descriptor leaves the reason in errno.
UniqueFd open_listening_socket(const Address& address, int backlog, bool reuse_port) {
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  if (!address.is_unix()) set_ip_options(fd.get(), address, reuse_port);
  if (::bind(fd.get(), address.raw(), address.size()) == 0 && ::listen(fd.get(), backlog) == 0) return fd;
  int error = errno;
  fd = UniqueFd();
  errno = error;
  return fd;
}

uint16_t bound_port(int fd) {
  Address bound;
  ::getsockname(fd, bound.raw(), bound.raw_size());
  return bound.port();
}

}  // namespace

ListenOutcome listen_on(const Address& address, std::span<const uint16_t> ports, int backlog,
                        bool reuse_port) {
  ListenOutcome outcome;
  for (uint16_t port : ports) {
    Address at = address;
    at.set_port(port);
    UniqueFd fd = open_listening_socket(at, backlog, reuse_port);
    if (!fd) {
      outcome.failures.push_back({port, errno});
      continue;
    }
    uint16_t real_port = bound_port(fd.get());
    outcome.sockets.push_back({std::move(fd), real_port});
  }
  if (!outcome.failures.empty()) outcome.sockets.clear();
  return outcome;
}

SharedListenOutcome listen_shared(const Address& address, std::span<const uint16_t> ports, int backlog,
                                  bool reuse_port, size_t share_count) {
  SharedListenOutcome shared;
  std::vector<uint16_t> real_ports(ports.begin(), ports.end());
  while (shared.shares.size() < share_count) {
    // The first share listens alone, so that a port of somebody else's fails; then it lets the others in.
    const bool is_first = shared.shares.empty();
    ListenOutcome outcome = listen_on(address, real_ports, backlog, reuse_port || !is_first);
    if (!outcome.failures.empty()) return {{}, std::move(outcome.failures)};
    for (size_t i = 0; i < real_ports.size(); ++i) {
      allow_reuse(outcome.sockets[i].fd.get());
      real_ports[i] = outcome.sockets[i].port;
    }
    shared.shares.push_back(std::move(outcome.sockets));
  }
  return shared;
}

}  // namespace ntyws
