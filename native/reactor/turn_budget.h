// How often something that is dear may be done within one turn; the rest waits for the next.
#pragma once

#include <cstdint>

namespace ntyws {

class TurnBudget {
 public:
  explicit TurnBudget(int per_turn) : per_turn_(per_turn) {}

  // Whether it may be done once more in the turn of this number, and counts it.
  bool take(uint64_t turn) {
    if (turn != turn_) {
      turn_ = turn;
      taken_ = 0;
    }
    if (taken_ == per_turn_) return false;
    ++taken_;
    return true;
  }

 private:
  const int per_turn_;
  int taken_ = 0;
  uint64_t turn_ = 0;
};

}  // namespace ntyws
