#include "session/receive_rate.h"

#include <algorithm>

namespace ntyws {

bool TokenBucket::take(uint64_t count, uint64_t now_ms) {
  if (per_second_ == 0) return true;
  fill(now_ms, true);
  if (thousandths_ < count * kThousand) return false;
  thousandths_ -= count * kThousand;
  return true;
}

// Clocks of different turns may come in any order: time that seems to run back adds nothing.
void TokenBucket::fill(uint64_t now_ms, bool overflows) {
  if (now_ms <= filled_ms_) return;
  uint64_t filled = thousandths_ + (now_ms - filled_ms_) * per_second_;
  filled_ms_ = now_ms;
  uint64_t most = std::max(thousandths_, per_second_ * kThousand);
  thousandths_ = overflows ? std::min(filled, most) : filled;
}

void ReceiveRate::note_reading(bool reading, uint64_t now_ms) {
  if (reading == reading_) return;
  messages_.fill(now_ms, reading_);
  bytes_.fill(now_ms, reading_);
  reading_ = reading;
}

}  // namespace ntyws
