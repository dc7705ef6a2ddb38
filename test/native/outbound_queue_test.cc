#include "net/outbound_queue.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "loopback.h"
#include "testing.h"

namespace ntyws {
namespace {

using testing::SocketPair;

// Counts those alive, and breaks what they lent when they go.
class Lent final : public Retained {
 public:
  explicit Lent(std::string& memory) : memory_(memory) { ++alive; }
  ~Lent() override {
    --alive;
    std::fill(memory_.begin(), memory_.end(), '!');
  }
  static int alive;

 private:
  std::string& memory_;
};
int Lent::alive = 0;

std::string pattern(size_t size, size_t from) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (from + i * 7) % 26);
  return text;
}

TEST(sends_all_that_fits) {
  SocketPair pair;
  OutboundQueue queue;
  EXPECT(queue.empty());
  EXPECT_EQ(queue.flush(pair.ours.get()).status, IoStatus::kDone);
  EXPECT(queue.append(as_bytes("one ")));
  EXPECT(queue.append({}));
  EXPECT(queue.append(as_bytes("two ")));
  std::string memory = "three ";
  queue.append_retained(as_bytes(memory), std::make_unique<Lent>(memory));
  EXPECT(queue.append(as_bytes("four")));
  EXPECT_EQ(queue.size(), 18);
  const IoResult result = queue.flush(pair.ours.get());
  EXPECT_EQ(result.status, IoStatus::kDone);
  EXPECT_EQ(result.size, 18);
  EXPECT(queue.empty());
  EXPECT_EQ(Lent::alive, 0);
  std::string received;
  testing::read_all(pair.theirs.get(), received);
  EXPECT_EQ(received, "one two three four");
}

TEST(copies_what_is_not_retained) {
  SocketPair pair;
  OutboundQueue queue;
  std::string memory = "before";
  EXPECT(queue.append(as_bytes(memory)));
  memory = "after!";
  queue.flush(pair.ours.get());
  std::string received;
  testing::read_all(pair.theirs.get(), received);
  EXPECT_EQ(received, "before");
}

TEST(lets_go_of_retained_memory_exactly_when_it_has_gone) {
  SocketPair pair;
  OutboundQueue queue;
  std::string first = pattern(1 << 20, 1);
  std::string second = pattern(1 << 20, 2);
  const std::string expected = first + second;
  queue.append_retained(as_bytes(first), std::make_unique<Lent>(first));
  queue.append_retained(as_bytes(second), std::make_unique<Lent>(second));
  std::string received;
  size_t sent = 0;
  while (!queue.empty()) {
    const IoResult result = queue.flush(pair.ours.get());
    EXPECT(result.status == IoStatus::kWouldBlock || result.status == IoStatus::kDone);
    EXPECT(result.size > 0);
    sent += result.size;
    EXPECT_EQ(queue.size(), expected.size() - sent);
    EXPECT_EQ(Lent::alive, sent < (1u << 20) ? 2 : sent < (2u << 20) ? 1 : 0);
    testing::read_all(pair.theirs.get(), received);
  }
  EXPECT(received == expected);
}

TEST(lets_go_of_everything_when_it_dies) {
  std::string memory = pattern(1 << 20, 1);
  {
    SocketPair pair;
    OutboundQueue queue;
    for (int i = 0; i < 3; ++i) queue.append_retained(as_bytes(memory), std::make_unique<Lent>(memory));
    queue.flush(pair.ours.get());
    EXPECT_EQ(Lent::alive, 3);
  }
  EXPECT_EQ(Lent::alive, 0);
}

TEST(empty_retained_bytes_are_let_go_at_once) {
  OutboundQueue queue;
  std::string memory = "x";
  queue.append_retained({}, std::make_unique<Lent>(memory));
  EXPECT_EQ(Lent::alive, 0);
  EXPECT(queue.empty());
}

TEST(says_what_went_before_an_error) {
  SocketPair pair;
  OutboundQueue queue;
  EXPECT(queue.append(as_bytes(pattern(1 << 20, 0))));
  EXPECT_EQ(queue.flush(pair.ours.get()).status, IoStatus::kWouldBlock);
  const size_t left = queue.size();
  EXPECT(left > 0);
  pair.theirs = UniqueFd();
  const IoResult result = queue.flush(pair.ours.get());
  EXPECT_EQ(result.status, IoStatus::kError);
  EXPECT_EQ(result.error, EPIPE);
  EXPECT_EQ(result.size, 0);
  EXPECT_EQ(queue.size(), left);
}

// Pieces of all sizes and both kinds, into a socket that is nearly always full, read a little at a time.
TEST(keeps_order_and_size_whatever_the_kernel_takes) {
  std::mt19937_64 random = testing::test_random();
  for (int run = 0; run < 20; ++run) {
    SocketPair pair;
    const int buffer = 4'608;
    setsockopt(pair.ours.get(), SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    std::vector<std::unique_ptr<std::string>> lent;
    std::string expected;
    std::string received;
    OutboundQueue queue;
    size_t sent = 0;
    constexpr size_t kSizes[] = {1, 10, 200, 5'000, 70'000};
    for (int step = 0; step < 300 || !queue.empty(); ++step) {
      if (step < 300) {
        const std::string bytes = pattern(1 + random() % kSizes[random() % std::size(kSizes)], random() % 26);
        expected += bytes;
        if (random() % 3 == 0) {
          lent.push_back(std::make_unique<std::string>(bytes));
          queue.append_retained(as_bytes(*lent.back()), std::make_unique<Lent>(*lent.back()));
        } else {
          EXPECT(queue.append(as_bytes(bytes)));
        }
      }
      if (random() % 2) {
        const IoResult result = queue.flush(pair.ours.get());
        EXPECT_EQ(result.status, queue.empty() ? IoStatus::kDone : IoStatus::kWouldBlock);
        sent += result.size;
      }
      EXPECT_EQ(queue.size() + sent, expected.size());
      char some[20'000];
      const ssize_t size = recv(pair.theirs.get(), some, 1 + random() % sizeof some, MSG_DONTWAIT);
      if (size > 0) received.append(some, static_cast<size_t>(size));
    }
    testing::read_all(pair.theirs.get(), received);
    EXPECT(received == expected);
    EXPECT_EQ(Lent::alive, 0);
  }
}

TEST(says_when_there_is_no_memory_for_a_copy) {
  OutboundQueue queue;
  EXPECT(queue.append(as_bytes("before")));
  const uint8_t byte = 0;
  EXPECT(!queue.append({&byte, size_t{5} << 30}));  // more than any copy may have; it is not read
  EXPECT_EQ(queue.size(), 6);
  EXPECT(queue.append(as_bytes("behind")));
  EXPECT_EQ(queue.size(), 12);
}

}  // namespace
}  // namespace ntyws
