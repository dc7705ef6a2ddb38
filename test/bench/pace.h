// When each message of an open-loop load is due: at a fixed rate, whatever has come back. Latency is counted
// from then, so that a server that falls behind cannot hide its delay by making the generator wait
// (coordinated omission).

#pragma once

#include <cstdint>

class Pace {
 public:
  Pace(uint64_t start_ns, double messages_per_second)
      : start_ns_(start_ns), ns_per_message_(1e9 / messages_per_second) {}

  // Counted from the start, not from the message before, so that rounding never adds up.
  uint64_t due_ns() const {
    return start_ns_ + static_cast<uint64_t>(static_cast<double>(due_count_) * ns_per_message_);
  }

  // Messages take the connections in turn.
  int connection_index(int connection_count) const {
    return static_cast<int>(due_count_ % static_cast<uint64_t>(connection_count));
  }

  void advance() { due_count_++; }

 private:
  uint64_t start_ns_;
  double ns_per_message_;
  uint64_t due_count_ = 0;  // messages that were due so far
};
