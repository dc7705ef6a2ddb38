// How fast one peer may send: a token bucket for messages and one for bytes. Each begins full with one
// second's worth, and is never fuller by waiting. Gets the time with each call.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ntyws {

struct ReceiveRateLimits {
  uint32_t messages_per_second = 0;  // control frames count as messages; 0: no limit
  uint32_t bytes_per_second = 0;     // as they come from the socket, frame headers included; 0: no limit

  bool operator==(const ReceiveRateLimits&) const = default;
};

class TokenBucket {
 public:
  TokenBucket(uint32_t per_second, uint64_t now_ms)
      : per_second_(per_second), filled_ms_(now_ms), thousandths_(per_second * kThousand) {}

  // False, and nothing is taken, when it holds fewer.
  bool take(uint64_t count, uint64_t now_ms);
  // Adds what has come due since the last time: with `overflows` no more than the bucket holds, else all of
  // it.
  void fill(uint64_t now_ms, bool overflows);

 private:
  static constexpr uint64_t kThousand = 1000;  // a token's parts: each millisecond adds `per_second_` of them

  const uint32_t per_second_;  // 0: no limit
  uint64_t filled_ms_;
  uint64_t thousandths_;
};

class ReceiveRate {
 public:
  ReceiveRate(const ReceiveRateLimits& rate_limits, uint64_t now_ms)
      : messages_(rate_limits.messages_per_second, now_ms), bytes_(rate_limits.bytes_per_second, now_ms) {}

  bool take_message(uint64_t now_ms) { return messages_.take(1, now_ms); }
  bool take_bytes(size_t size, uint64_t now_ms) { return bytes_.take(size, now_ms); }

  // What waits while we do not read was sent at its time: a peer that keeps to its rate must not be failed
  // for our pauses, so the buckets do not overflow during them.
  void note_reading(bool reading, uint64_t now_ms);

 private:
  TokenBucket messages_;
  TokenBucket bytes_;
  bool reading_ = true;
};

}  // namespace ntyws
