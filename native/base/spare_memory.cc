#include "base/spare_memory.h"

#include "base/limits.h"

namespace ntyws {

SpareMemory& SpareMemory::of_thread() {
  thread_local SpareMemory spare;
  return spare;
}

ByteBuffer SpareMemory::take(size_t size) {
  for (auto block = blocks_.rbegin(); block != blocks_.rend(); ++block) {
    if (block->size < size || block->size > size + size / 4) continue;
    size_ -= block->size;
    least_size_ = std::min(least_size_, size_);
    ByteBuffer taken(std::move(block->memory), block->size);
    blocks_.erase(std::next(block).base());
    return taken;
  }
  return {};
}

void SpareMemory::keep(MallocedBytes memory, size_t size) {
  if (size < kBlockMin || size_ + size > limits::kSpareBytesMax) return;
  blocks_.push_back({std::move(memory), size});
  size_ += size;
  if (blocks_.size() == 1 && on_first_) on_first_();
}

bool SpareMemory::release_unneeded() {
  size_t released = 0;
  auto end = blocks_.begin();
  while (released < least_size_) released += (end++)->size;
  blocks_.erase(blocks_.begin(), end);
  size_ -= released;
  least_size_ = size_;
  return !blocks_.empty();
}

}  // namespace ntyws
