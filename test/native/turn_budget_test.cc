#include "reactor/turn_budget.h"

#include "testing.h"

namespace ntyws::testing {
namespace {

TEST(turn_budget_is_that_of_each_turn) {
  TurnBudget budget(2);
  EXPECT(budget.take(1));
  EXPECT(budget.take(1));
  EXPECT(!budget.take(1));
  EXPECT(!budget.take(1));
  EXPECT(budget.take(2));
  EXPECT(budget.take(5));
  EXPECT(budget.take(5));
  EXPECT(!budget.take(5));
}

}  // namespace
}  // namespace ntyws::testing
