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
  if (blocks_.size() == 1 && !watchers_.empty()) watchers_.front()->on_first();
}

void SpareMemory::watch(Watcher& watcher) {
  watchers_.push_back(&watcher);
  if (watchers_.size() == 1 && !blocks_.empty()) watcher.on_first();
}

void SpareMemory::unwatch(Watcher& watcher) {
  const bool was_told = !watchers_.empty() && watchers_.front() == &watcher;
  std::erase(watchers_, &watcher);
  if (was_told && !watchers_.empty() && !blocks_.empty()) watchers_.front()->on_first();
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
