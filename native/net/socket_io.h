// Receiving and sending on non-blocking sockets, with what can come of it as a value.
#pragma once

#include <sys/uio.h>

#include <span>

#include "base/bytes.h"

namespace ntyws {

enum class IoStatus : uint8_t { kDone, kWouldBlock, kEnd, kError };

struct IoResult {
  IoStatus status;
  size_t size = 0;  // bytes moved, when kDone
  int error = 0;    // errno, when kError
};

// kEnd: the peer has ended its side.
IoResult receive(int fd, MutableBytes into);

// Sends what the kernel takes of the pieces; it may be less than all.
IoResult send(int fd, std::span<iovec> pieces);

}  // namespace ntyws
