#include "pace.h"

#include <cstdint>

#include "testing.h"

namespace {

uint64_t due_after(Pace pace, int message_count) {
  for (int i = 0; i < message_count; i++) pace.advance();
  return pace.due_ns();
}

TEST(the_first_message_is_due_at_once) {
  EXPECT_EQ(Pace(1000, 50).due_ns(), 1000u);
}

TEST(messages_are_due_at_even_distances) {
  Pace pace(1000, 4'000'000);
  EXPECT_EQ(due_after(pace, 1), 1250u);
  EXPECT_EQ(due_after(pace, 2), 1500u);
  EXPECT_EQ(due_after(pace, 4), 2000u);
}

TEST(a_rate_that_is_no_whole_number_of_ns_does_not_drift) {
  EXPECT_EQ(due_after(Pace(0, 300'000), 3'000'000), 10'000'000'000u);
}

TEST(the_connections_take_turns) {
  Pace pace(0, 1);
  for (int expected : {0, 1, 2, 0, 1}) {
    EXPECT_EQ(pace.connection_index(3), expected);
    pace.advance();
  }
}

}  // namespace
