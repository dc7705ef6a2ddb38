#include "base/spare_memory.h"

#include "base/limits.h"

namespace ntyws {

SpareMemory& SpareMemory::of_thread() {
  thread_local SpareMemory spare;
  return spare;
}

ByteBuffer SpareMemory::take(size_t size) {
  if (size < kBlockMin) return {};
  for (auto block = blocks_.rbegin(); block != blocks_.rend(); ++block) {
    if (block->capacity() < size || block->capacity() > size + size / 4) continue;
    ByteBuffer taken = std::move(*block);
    blocks_.erase(std::next(block).base());
    size_ -= taken.capacity();
    least_size_ = std::min(least_size_, size_);
    return taken;
  }
  return {};
}

void SpareMemory::keep(ByteBuffer block) {
  if (block.capacity() < kBlockMin || size_ + block.capacity() > limits::kSpareBytesMax) return;
  block.clear();
  size_ += block.capacity();
  blocks_.push_back(std::move(block));
  if (blocks_.size() == 1 && on_first_) on_first_();
}

bool SpareMemory::release_unneeded() {
  size_t released = 0;
  auto end = blocks_.begin();
  while (released < least_size_) released += (end++)->capacity();
  blocks_.erase(blocks_.begin(), end);
  size_ -= released;
  least_size_ = size_;
  return !blocks_.empty();
}

}  // namespace ntyws
