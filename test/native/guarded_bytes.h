// Bytes whose last one lies right before a page that cannot be touched: reading or writing past them crashes,
// also in code that the sanitizers do not see (assembly, libraries).
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <string_view>

#include "base/bytes.h"
#include "base/check.h"

namespace ntyws::testing {

class GuardedBytes {
 public:
  explicit GuardedBytes(Bytes bytes) : size_(bytes.size()) {
    const auto page_size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t data_size = (size_ + page_size - 1) / page_size * page_size;
    map_size_ = data_size + page_size;
    void* map = mmap(nullptr, map_size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    NTYWS_CHECK(map != MAP_FAILED);
    map_ = static_cast<uint8_t*>(map);
    guard_ = map_ + data_size;
    NTYWS_CHECK(mprotect(guard_, page_size, PROT_NONE) == 0);
    copy_bytes(guard_ - size_, bytes.data(), size_);
  }
  explicit GuardedBytes(std::string_view text) : GuardedBytes(as_bytes(text)) {}
  ~GuardedBytes() { munmap(map_, map_size_); }

  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;

  // Valid as long as this object.
  MutableBytes bytes() { return {guard_ - size_, size_}; }

 private:
  const size_t size_;
  size_t map_size_ = 0;
  uint8_t* map_ = nullptr;
  uint8_t* guard_ = nullptr;
};

}  // namespace ntyws::testing
