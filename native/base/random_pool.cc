#include "base/random_pool.h"

#include <sys/random.h>

#include <cerrno>

#include "base/check.h"

namespace ntyws {

void RandomPool::refill() {
  uint8_t* bytes = reinterpret_cast<uint8_t*>(numbers_.data());
  size_t filled = 0;
  while (filled < sizeof numbers_) {
    const ssize_t size = ::getrandom(bytes + filled, sizeof numbers_ - filled, 0);
    NTYWS_CHECK(size > 0 || errno == EINTR);
    if (size > 0) filled += static_cast<size_t>(size);
  }
  next_ = 0;
}

}  // namespace ntyws
