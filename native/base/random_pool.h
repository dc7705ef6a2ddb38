// Unpredictable numbers from the kernel, fetched many at a time: masking keys, which nobody may foresee
// (RFC 6455 §5.3), are needed for every frame of a client.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ntyws {

class RandomPool {
 public:
  uint32_t next() {
    if (next_ == numbers_.size()) refill();
    return numbers_[next_++];
  }

 private:
  void refill();

  // 4 KB: a masking key then costs 10 ns, where a system call for each costs 200.
  std::array<uint32_t, 1024> numbers_;
  size_t next_ = numbers_.size();
};

}  // namespace ntyws
