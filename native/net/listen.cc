#include "net/listen.h"

#include <netinet/tcp.h>

#include <cerrno>

namespace ntyws {
namespace {

// An empty descriptor leaves the reason in errno.
UniqueFd open_listening_socket(const Address& address, int backlog) {
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!fd) return fd;
  const int on = 1;
  const int off = 0;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (address.family() == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
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

ListenOutcome listen_on(const Address& address, std::span<const uint16_t> ports, int backlog) {
  ListenOutcome outcome;
  for (uint16_t port : ports) {
    Address at = address;
    at.set_port(port);
    UniqueFd fd = open_listening_socket(at, backlog);
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

}  // namespace ntyws
