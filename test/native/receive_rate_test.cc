#include "session/receive_rate.h"

#include "testing.h"

namespace ntyws {
namespace {

TEST(a_bucket_begins_with_one_seconds_worth) {
  TokenBucket bucket(10, 5'000);
  for (int i = 0; i < 10; ++i) EXPECT(bucket.take(1, 5'000));
  EXPECT(!bucket.take(1, 5'000));
}

TEST(a_bucket_fills_evenly) {
  TokenBucket bucket(10, 0);
  EXPECT(bucket.take(10, 0));
  EXPECT(!bucket.take(1, 99));
  EXPECT(bucket.take(1, 100));
  EXPECT(!bucket.take(1, 199));
  EXPECT(bucket.take(2, 301));
  // 1 ms was left over.
  EXPECT(bucket.take(1, 400));
}

TEST(a_bucket_that_holds_too_little_gives_nothing) {
  TokenBucket bucket(10, 0);
  EXPECT(!bucket.take(11, 0));
  EXPECT(bucket.take(10, 0));
}

TEST(a_bucket_overflows_after_a_second) {
  TokenBucket bucket(10, 0);
  EXPECT(bucket.take(10, 0));
  EXPECT(!bucket.take(11, 1'000'000));
  EXPECT(bucket.take(10, 1'000'000));
  EXPECT(!bucket.take(1, 1'000'000));
}

TEST(time_that_runs_back_adds_nothing) {
  TokenBucket bucket(10, 1'000);
  EXPECT(bucket.take(10, 1'000));
  EXPECT(!bucket.take(1, 500));
  EXPECT(!bucket.take(1, 1'099));
  EXPECT(bucket.take(1, 1'100));
}

TEST(without_a_limit_all_is_given) {
  TokenBucket bucket(0, 0);
  EXPECT(bucket.take(UINT64_MAX, 0));
}

TEST(the_highest_rate_does_not_wrap) {
  TokenBucket bucket(UINT32_MAX, 0);
  EXPECT(bucket.take(UINT32_MAX, 0));
  bucket.fill(UINT32_MAX, false);
  EXPECT(bucket.take(uint64_t{UINT32_MAX} * (UINT32_MAX / 1000), UINT32_MAX));
}

TEST(messages_and_bytes_are_limited_apart) {
  ReceiveRate rate({.messages_per_second = 2, .bytes_per_second = 100}, 0);
  EXPECT(rate.take_bytes(100, 0));
  EXPECT(!rate.take_bytes(1, 0));
  EXPECT(rate.take_message(0));
  EXPECT(rate.take_message(0));
  EXPECT(!rate.take_message(0));
  EXPECT(rate.take_bytes(50, 500));
  EXPECT(rate.take_message(500));
}

TEST(nothing_overflows_while_nobody_reads) {
  ReceiveRate rate({.messages_per_second = 10, .bytes_per_second = 100}, 0);
  rate.note_reading(false, 1'000);
  rate.note_reading(false, 2'000);
  rate.note_reading(true, 4'000);
  // The full bucket and three seconds, which reading on does not take away.
  EXPECT(rate.take_bytes(150, 4'000));
  EXPECT(rate.take_bytes(250, 60'000));
  EXPECT(rate.take_bytes(100, 60'000) == false);
  EXPECT(rate.take_bytes(100, 61'000));
  for (int i = 0; i < 40; ++i) EXPECT(rate.take_message(4'000));
  EXPECT(!rate.take_message(4'000));
}

}  // namespace
}  // namespace ntyws
