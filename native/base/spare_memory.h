// Memory of large messages, kept for the next ones. malloc gives large blocks back to the kernel, and what
// comes from there costs a page fault and a page of zeros for each 4 KiB: for a large message a third of all
// its time.
#pragma once

#include <functional>
#include <vector>

#include "base/byte_buffer.h"

namespace ntyws {

class SpareMemory {
 public:
  // Smaller blocks are malloc's affair.
  static constexpr size_t kBlockMin = 64 * 1024;

  // Each thread has one, so that whoever frees a message need not know where it came from.
  static SpareMemory& of_thread();

  // `on_first` is called when there is something to release where there was nothing; empty for no call.
  void watch(std::function<void()> on_first) { on_first_ = std::move(on_first); }

  // Without a byte in it, and with room for `size` or a quarter more. Without memory when `size` is small, or
  // when there is none to spare.
  ByteBuffer take(size_t size);
  // Its bytes are forgotten. Frees it when it is small, or when enough is kept already.
  void keep(ByteBuffer block);
  // Frees what was not needed since the last call. Whether something is left, for the next one.
  bool release_unneeded();

  size_t size() const { return size_; }

 private:
  // By the time they were kept: the last one is taken first, as caches may still have it.
  std::vector<ByteBuffer> blocks_;
  size_t size_ = 0;        // of all blocks
  size_t least_size_ = 0;  // since the last release
  std::function<void()> on_first_;
};

}  // namespace ntyws
