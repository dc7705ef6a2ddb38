// Memory of large messages, kept for the next ones. malloc gives large blocks back to the kernel, and what
// comes from there costs a page fault and a page of zeros for each 4 KiB: for a large message a third of all
// its time.
#pragma once

#include <vector>

#include "base/byte_buffer.h"

namespace ntyws {

class SpareMemory {
 public:
  // Smaller blocks are malloc's affair.
  static constexpr size_t kBlockMin = 64 * 1024;

  // Each thread has one, so that whoever frees a message need not know where it came from.
  static SpareMemory& of_thread();

  // Sees to it that what is not needed is released.
  class Watcher {
   public:
    // There is something to release where there was nothing, or nobody to see to it.
    virtual void on_first() = 0;

   protected:
    ~Watcher() = default;
  };
  // Of several watchers the one that came first is told; when it leaves, the next.
  void watch(Watcher& watcher);
  void unwatch(Watcher& watcher);

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
  std::vector<Watcher*> watchers_;
};

}  // namespace ntyws
