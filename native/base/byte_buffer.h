// A growable run of bytes that one owner holds, from malloc so that it can be handed to JavaScript as it is.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/end_process.h"

namespace ntyws {

struct FreeDeleter {
  void operator()(uint8_t* bytes) const { std::free(bytes); }
};
using MallocedBytes = std::unique_ptr<uint8_t[], FreeDeleter>;

class ByteBuffer {
 public:
  ByteBuffer() = default;
  // Takes over memory, with nothing in it yet.
  ByteBuffer(MallocedBytes memory, size_t capacity)
      : data_(std::move(memory)), capacity_(static_cast<uint32_t>(capacity)) {}
  ByteBuffer(ByteBuffer&& other) noexcept { *this = std::move(other); }
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }

  uint8_t* data() { return data_.get(); }
  const uint8_t* data() const { return data_.get(); }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  MutableBytes bytes() { return {data_.get(), size_}; }
  Bytes bytes() const { return {data_.get(), size_}; }

  // Room behind the last byte, for at least `more`. When capacity grows, it does so to `capacity_wanted`.
  MutableBytes room(size_t more, size_t capacity_wanted) {
    if (!try_room(more, capacity_wanted)) [[unlikely]]
      end_for_want_of_memory();
    return {data_.get() + size_, capacity() - size_};
  }
  // Makes that room, where it is for a user to say how much. False when there is no such memory.
  [[nodiscard]] bool try_room(size_t more, size_t capacity_wanted) {
    const size_t needed = size_ + more;
    if (needed <= capacity_) return true;
    return needed <= UINT32_MAX &&
           try_reserve(std::min<size_t>(std::max(needed, capacity_wanted), UINT32_MAX));
  }
  // Counts bytes as filled that were written into the room.
  void commit(size_t count) {
    NTYWS_CHECK(count <= capacity() - size_);
    size_ += static_cast<uint32_t>(count);
  }
  // Capacity at least doubles when it grows.
  void append(Bytes bytes) {
    copy_bytes(room(bytes.size(), capacity() * 2).data(), bytes.data(), bytes.size());
    commit(bytes.size());
  }

  // Drops bytes from the end, and keeps the memory.
  void truncate(size_t size) {
    NTYWS_CHECK(size <= size_);
    size_ = static_cast<uint32_t>(size);
  }
  // Drops all bytes and keeps the memory.
  void clear() { size_ = 0; }
  // Gives back memory that has no bytes in it. For a buffer that is not empty.
  void shrink_to_fit() {
    NTYWS_CHECK(size_ > 0);
    if (capacity_ != size_) (void)try_reserve(size_);  // else it stays as it is
  }

  // Gives the memory away; the buffer is empty afterwards.
  MallocedBytes release() {
    size_ = capacity_ = 0;
    return std::move(data_);
  }

 private:
  bool try_reserve(size_t capacity) {
    void* moved = std::realloc(data_.get(), capacity);
    if (moved == nullptr) return false;
    (void)data_.release();  // realloc has freed it or grown it in place
    data_.reset(static_cast<uint8_t*>(moved));
    capacity_ = static_cast<uint32_t>(capacity);
    return true;
  }

  MallocedBytes data_;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
};

}  // namespace ntyws
