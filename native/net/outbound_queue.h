// The bytes of one connection that the kernel would not take yet, in order. Small pieces are copied together;
// large ones are kept where they lie, by whoever retains them, until they have gone.
#pragma once

#include <deque>
#include <memory>

#include "base/byte_buffer.h"
#include "net/socket_io.h"

namespace ntyws {

// Keeps memory of somebody else's valid for as long as it lives.
class Retained {
 public:
  virtual ~Retained() = default;
};

class OutboundQueue {
 public:
  // Bytes waiting.
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // False when there is no memory for a copy, and then nothing was appended.
  [[nodiscard]] bool append(Bytes bytes);
  void append_retained(Bytes bytes, std::unique_ptr<Retained> retained);

  // Sends until the queue is empty (kDone), the kernel takes no more (kWouldBlock) or fails (kError). Returns
  // all bytes that went in `size`, whatever the status.
  IoResult flush(int fd);

 private:
  struct Chunk {
    ByteBuffer copied;                   // filled when nothing is retained
    Bytes borrowed;                      // valid while `retained` lives
    std::unique_ptr<Retained> retained;  // null for copied bytes
    Bytes bytes() const { return retained ? borrowed : copied.bytes(); }
  };

  void drop_sent(size_t count);

  std::deque<Chunk> chunks_;
  size_t front_sent_ = 0;  // of the first chunk
  size_t size_ = 0;        // of all chunks, less front_sent_
};

}  // namespace ntyws
