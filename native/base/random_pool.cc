#include "base/random_pool.h"

#include <sys/random.h>

#include <cerrno>

#include "base/end_process.h"

namespace ntyws {

void RandomPool::refill() {
  uint8_t* bytes = reinterpret_cast<uint8_t*>(numbers_.data());
  size_t filled = 0;
  while (filled < sizeof numbers_) {
    const ssize_t size = ::getrandom(bytes + filled, sizeof numbers_ - filled, 0);
    if (size > 0) {
      filled += static_cast<size_t>(size);
    } else if (errno != EINTR) {
      // Frames with keys that can be foreseen must not leave, and no connection would be better off.
      end_process("the kernel gives no random numbers");
    }
  }
  next_ = 0;
}

}  // namespace ntyws
