// Time is whatever a test says it is.
#include "reactor/timer_wheel.h"

#include <algorithm>
#include <map>
#include <vector>

#include "testing.h"

namespace ntyws {
namespace {

constexpr uint64_t kStart = 1'000'003;
constexpr uint32_t kTick = TimerWheel::kTickMs;
constexpr uint64_t kRound = uint64_t{kTick} * TimerWheel::kBuckets;

struct Fixture {
  SlotTable slots;
  TimerWheel wheel{slots, kStart};

  std::vector<uint32_t> due(uint64_t now_ms) {
    std::vector<uint32_t> all;
    for (uint32_t index; (index = wheel.take_due(now_ms)) != kNoSlot;) all.push_back(index);
    std::sort(all.begin(), all.end());
    return all;
  }
};

using Due = std::vector<uint32_t>;

TEST(an_empty_wheel_wants_nothing) {
  Fixture fixture;
  EXPECT_EQ(fixture.wheel.next_delay_ms(kStart), -1);
  EXPECT_EQ(fixture.due(kStart), Due{});
  EXPECT_EQ(fixture.due(kStart + 10 * kRound), Due{});
  fixture.wheel.cancel(5);
  EXPECT_EQ(fixture.wheel.next_delay_ms(kStart), -1);
}

TEST(fires_within_a_tick_and_never_early) {
  for (uint64_t set_at = kStart; set_at < kStart + 2 * kTick; ++set_at) {
    for (const uint32_t delay : {0u, 1u, 15u, 16u, 17u, 100u, 8'191u, 8'192u, 8'193u, 30'000u, 100'000u}) {
      Fixture fixture;
      fixture.wheel.set(1, set_at, delay);
      uint64_t now = set_at;
      for (; now < set_at + delay; now += delay < 1'000 ? 1 : 7) EXPECT_EQ(fixture.due(now), Due{});
      while (fixture.due(now).empty() && now < set_at + delay + kTick) ++now;
      EXPECT(now <= set_at + delay + kTick);
      EXPECT_EQ(fixture.wheel.next_delay_ms(now), -1);
      EXPECT_EQ(fixture.due(set_at + delay + 2 * kRound), Due{});
    }
  }
}

TEST(fires_each_timer_once) {
  Fixture fixture;
  for (uint32_t index = 0; index < 2'000; ++index) fixture.wheel.set(index, kStart, index);
  std::vector<int> count(2'000);
  for (uint64_t now = kStart; now < kStart + 2'000 + kTick; now += 5) {
    for (const uint32_t index : fixture.due(now)) {
      ++count[index];
      EXPECT(now >= kStart + index);
      EXPECT(now <= kStart + index + kTick + 5);
    }
  }
  EXPECT(std::all_of(count.begin(), count.end(), [](int times) { return times == 1; }));
  EXPECT_EQ(fixture.wheel.next_delay_ms(kStart), -1);
}

TEST(replaces_a_slots_timer) {
  Fixture fixture;
  fixture.wheel.set(1, kStart, 100);
  fixture.wheel.set(1, kStart, 1'000);
  EXPECT_EQ(fixture.due(kStart + 500), Due{});
  fixture.wheel.set(1, kStart + 500, 100);
  EXPECT_EQ(fixture.due(kStart + 700), Due{1});
  EXPECT_EQ(fixture.due(kStart + 2'000), Due{});
}

TEST(cancels) {
  Fixture fixture;
  // Three in one bucket: the lists' first, middle and last one.
  for (uint32_t cancelled = 1; cancelled <= 3; ++cancelled) {
    const uint64_t now = kStart + cancelled * 1'000;
    for (uint32_t index = 1; index <= 3; ++index) fixture.wheel.set(index, now, 50);
    fixture.wheel.cancel(cancelled);
    fixture.wheel.cancel(cancelled);
    Due others = {1, 2, 3};
    others.erase(others.begin() + cancelled - 1);
    EXPECT_EQ(fixture.due(now + 100), others);
  }
  EXPECT_EQ(fixture.wheel.next_delay_ms(kStart + 4'000), -1);
}

// While the due ones are taken, whoever is woken may cancel and set any timer.
TEST(takes_due_timers_while_they_change) {
  for (uint32_t victim = 1; victim <= 4; ++victim) {
    Fixture fixture;
    for (uint32_t index = 1; index <= 4; ++index) fixture.wheel.set(index, kStart, 50);
    const uint64_t now = kStart + 70;
    const uint32_t first = fixture.wheel.take_due(now);
    fixture.wheel.cancel(victim);
    Due expected;
    for (uint32_t index = 1; index <= 4; ++index) {
      if (index != first && index != victim) expected.push_back(index);
    }
    EXPECT_EQ(fixture.due(now), expected);
    EXPECT_EQ(fixture.wheel.next_delay_ms(now), -1);
  }
}

TEST(sets_again_what_it_takes) {
  Fixture fixture;
  for (uint32_t index = 1; index <= 5; ++index) fixture.wheel.set(index, kStart, 50);
  for (uint64_t now = kStart + 66; now < kStart + 20'000; now += 66) {
    Due taken;
    for (uint32_t index; (index = fixture.wheel.take_due(now)) != kNoSlot;) {
      taken.push_back(index);
      fixture.wheel.set(index, now, 50);
    }
    std::sort(taken.begin(), taken.end());
    EXPECT_EQ(taken, (Due{1, 2, 3, 4, 5}));
  }
}

TEST(moves_another_timer_into_and_out_of_the_bucket_it_looks_through) {
  Fixture fixture;
  for (uint32_t index = 1; index <= 3; ++index) fixture.wheel.set(index, kStart, 50);
  fixture.wheel.set(4, kStart, 500);
  const uint64_t now = kStart + 70;
  const uint32_t first = fixture.wheel.take_due(now);
  const uint32_t second = first == 1 ? 2 : 1;
  fixture.wheel.set(second, now, 500);
  fixture.wheel.set(4, now, 0);
  const Due rest = fixture.due(now);
  EXPECT_EQ(std::count(rest.begin(), rest.end(), second), 0);
  EXPECT_EQ(rest.size() + fixture.due(now + kTick).size(), 2);
  EXPECT_EQ(fixture.due(now + 600), Due{second});
}

TEST(keeps_timers_of_later_rounds) {
  Fixture fixture;
  // All in the same bucket.
  fixture.wheel.set(1, kStart, 160);
  fixture.wheel.set(2, kStart, 160 + kRound);
  fixture.wheel.set(3, kStart, 160 + 3 * kRound);
  for (uint64_t now = kStart; now < kStart + 4 * kRound; now += 10) {
    for (const uint32_t index : fixture.due(now)) {
      const uint64_t asked = kStart + 160 + (index == 1 ? 0 : index == 2 ? 1 : 3) * kRound;
      EXPECT(now >= asked && now <= asked + kTick + 10);
    }
  }
  EXPECT_EQ(fixture.wheel.next_delay_ms(kStart), -1);
}

TEST(finds_everything_after_a_long_sleep) {
  for (const uint64_t sleep : {kRound - kTick, kRound, kRound + kTick, 10 * kRound + 5}) {
    Fixture fixture;
    Due expected;
    for (uint32_t index = 0; index < 600; ++index) {
      const uint32_t delay = index * 97;
      fixture.wheel.set(index, kStart, delay);
      if (delay <= sleep) expected.push_back(index);
    }
    const Due first = fixture.due(kStart + sleep);
    // What was asked for within the last tick may come now or then.
    const Due then = fixture.due(kStart + sleep + kTick);
    Due both = first;
    both.insert(both.end(), then.begin(), then.end());
    std::sort(both.begin(), both.end());
    both.resize(std::min(both.size(), expected.size()));
    EXPECT_EQ(both, expected);
    EXPECT_EQ(fixture.due(kStart + 600 * 97 + kTick).size() + first.size() + then.size(), 600);
  }
}

TEST(works_after_a_long_time_without_timers) {
  Fixture fixture;
  const uint64_t now = kStart + 1'000 * kRound + 3;
  // Nobody asked it meanwhile.
  fixture.wheel.set(1, now, 100);
  EXPECT_EQ(fixture.due(now + 99), Due{});
  EXPECT(fixture.wheel.next_delay_ms(now + 99) <= 1 + static_cast<int>(kTick));
  EXPECT_EQ(fixture.due(now + 100 + kTick), Due{1});
}

TEST(wants_to_be_asked_no_later_than_the_first_timer) {
  for (const uint32_t delay : {0u, 1u, 16u, 500u, 8'200u, 30'000u}) {
    Fixture fixture;
    fixture.wheel.set(1, kStart, delay);
    // Whoever sleeps as told finds the timer due, and does not spin before: each round may wake it once.
    uint64_t now = kStart;
    int wakeups = 0;
    while (fixture.due(now).empty()) {
      const int sleep = fixture.wheel.next_delay_ms(now);
      if (!EXPECT(sleep > 0) || !EXPECT(sleep <= static_cast<int>(delay + kTick))) break;
      now += static_cast<uint64_t>(sleep);
      ++wakeups;
    }
    EXPECT(now >= kStart + delay && now <= kStart + delay + kTick);
    EXPECT(wakeups <= 5);
  }
}

// A plain map of when each timer was asked for.
TEST(agrees_with_a_plain_list) {
  std::mt19937_64 random = testing::test_random();
  for (int run = 0; run < 20; ++run) {
    Fixture fixture;
    std::map<uint32_t, uint64_t> asked;
    uint64_t now = kStart;
    constexpr uint32_t kDelays[] = {1, 20, 300, 5'000, 9'000, 40'000};
    constexpr uint64_t kSteps[] = {1, 3, 16, 100, 2'000, 20'000};
    const auto set = [&](uint32_t index) {
      const auto delay = static_cast<uint32_t>(random() % kDelays[random() % std::size(kDelays)]);
      fixture.wheel.set(index, now, delay);
      asked[index] = now + delay;
    };
    const auto change_one = [&] {
      const auto index = static_cast<uint32_t>(random() % 200);
      if (random() % 3 != 0) return set(index);
      fixture.wheel.cancel(index);
      asked.erase(index);
    };
    for (int step = 0; step < 2'000; ++step) {
      for (uint64_t count = random() % 5; count > 0; --count) change_one();
      now += random() % kSteps[random() % std::size(kSteps)];
      if (random() % 3 == 0) continue;  // nobody asks this time
      for (uint32_t index; (index = fixture.wheel.take_due(now)) != kNoSlot;) {
        if (!EXPECT_EQ(asked.count(index), 1)) return;
        EXPECT(asked[index] <= now);
        asked.erase(index);
        if (random() % 4 == 0) change_one();
      }
      uint64_t first = UINT64_MAX;
      for (const auto& [index, at] : asked) first = std::min(first, at);
      const int delay = fixture.wheel.next_delay_ms(now);
      if (!EXPECT_EQ(delay < 0, asked.empty())) return;
      if (asked.empty()) continue;
      if (!EXPECT(first + kTick > now)) return;  // else it was overdue and not taken
      if (!EXPECT(now + static_cast<uint64_t>(delay) <= first + kTick)) return;
    }
  }
}

}  // namespace
}  // namespace ntyws
