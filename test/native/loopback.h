// Sockets for tests: pairs, loopback clients, and what can be asked of a descriptor.
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>

#include "base/check.h"
#include "base/unique_fd.h"

namespace ntyws::testing {

struct SocketPair {
  explicit SocketPair(int type = SOCK_STREAM) {
    int fds[2];
    NTYWS_CHECK(socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    ours = UniqueFd(fds[0]);
    theirs = UniqueFd(fds[1]);
  }
  UniqueFd ours;
  UniqueFd theirs;
};

// Connected, then non-blocking. Empty when nobody listens; small buffers make a peer that does not read felt
// soon.
inline UniqueFd connect_to(uint16_t port, int receive_buffer = 0) {
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  NTYWS_CHECK(fd);
  if (receive_buffer != 0) {
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  const int on = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(port);
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return {};
  fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
  return fd;
}

// Closing sends a reset instead of an orderly end.
inline void reset_on_close(int fd) {
  const linger now{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

// Appends what can be read to `bytes`. False once the peer has ended or reset the connection.
inline bool read_all(int fd, std::string& bytes) {
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t size = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (size > 0) {
      bytes.append(buffer, static_cast<size_t>(size));
    } else {
      return size < 0 && errno == EAGAIN;
    }
  }
}

// Sends until the kernel takes no more; returns how much it took.
inline size_t fill(int fd) {
  const std::string block(64 * 1024, 'f');
  size_t sum = 0;
  for (ssize_t size; (size = ::send(fd, block.data(), block.size(), MSG_DONTWAIT | MSG_NOSIGNAL)) > 0;) {
    sum += static_cast<size_t>(size);
  }
  return sum;
}

inline bool is_non_blocking(int fd) {
  return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
}
inline bool is_close_on_exec(int fd) {
  return (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}
inline bool is_open(int fd) {
  return fcntl(fd, F_GETFD) >= 0;
}
inline int socket_option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  getsockopt(fd, level, name, &value, &size);
  return value;
}

// While it lives the process has no descriptor left, but for `spare` ones.
class NoDescriptorsLeft {
 public:
  explicit NoDescriptorsLeft(int spare = 0) {
    NTYWS_CHECK(getrlimit(RLIMIT_NOFILE, &before_) == 0);
    // The lowest free descriptor is the next one to be given out; those above may be free too.
    int next = -1;
    for (int i = 0; i <= spare; ++i) {
      while (is_open(++next)) {
      }
    }
    rlimit now = before_;
    now.rlim_cur = static_cast<rlim_t>(next);
    NTYWS_CHECK(setrlimit(RLIMIT_NOFILE, &now) == 0);
  }
  ~NoDescriptorsLeft() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_;
};

}  // namespace ntyws::testing
