#include "net/socket_io.h"

#include <sys/socket.h>

#include <cerrno>

namespace ntyws {
namespace {

IoResult result_of(ssize_t moved) {
  if (moved >= 0) return {IoStatus::kDone, static_cast<size_t>(moved), 0};
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {IoStatus::kWouldBlock, 0, 0};
  return {IoStatus::kError, 0, errno};
}

}  // namespace

IoResult receive(int fd, MutableBytes into) {
  ssize_t size;
  do {
    size = ::recv(fd, into.data(), into.size(), 0);
  } while (size < 0 && errno == EINTR);
  if (size == 0) return {IoStatus::kEnd, 0, 0};
  return result_of(size);
}

IoResult send(int fd, std::span<iovec> pieces) {
  ssize_t size;
  do {
    if (pieces.size() == 1) {
      size = ::send(fd, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL);
    } else {
      msghdr message{};
      message.msg_iov = pieces.data();
      message.msg_iovlen = pieces.size();
      size = ::sendmsg(fd, &message, MSG_NOSIGNAL);
    }
  } while (size < 0 && errno == EINTR);
  return result_of(size);
}

}  // namespace ntyws
