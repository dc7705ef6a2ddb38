// Real descriptors on a real epoll instance. Who drives the reactor reaps after each turn; these tests do so
// where it matters.
#include "reactor/reactor.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "allocated_bytes.h"
#include "loopback.h"
#include "testing.h"

namespace ntyws {
namespace {

using testing::SocketPair;

class Handler final : public EventHandler {
 public:
  explicit Handler(
      std::function<void(uint32_t)> ready, std::function<void()> timer = [] {})
      : ready_(std::move(ready)), timer_(std::move(timer)) {}
  ~Handler() override { --alive; }

  void on_ready(uint32_t events) override { ready_(events); }
  void on_timer() override { timer_(); }

  static std::unique_ptr<Handler> make(
      std::function<void(uint32_t)> ready, std::function<void()> timer = [] {}) {
    ++alive;
    return std::make_unique<Handler>(std::move(ready), std::move(timer));
  }
  // Counts the events.
  static std::unique_ptr<Handler> counting(int& count) {
    return make([&count](uint32_t) { ++count; });
  }

  static int alive;

 private:
  std::function<void(uint32_t)> ready_;
  std::function<void()> timer_;
};
int Handler::alive = 0;

void poke(const UniqueFd& fd) {
  EXPECT_EQ(::send(fd.get(), "x", 1, MSG_NOSIGNAL), 1);
}

TEST(reports_what_is_ready) {
  Reactor reactor;
  SocketPair pair;
  std::vector<uint32_t> events;
  Slot* slot = reactor.attach(std::move(pair.ours),
                              Handler::make([&](uint32_t got) { events.push_back(got); }), EPOLLIN);
  if (!EXPECT(slot != nullptr)) return;
  EXPECT(!reactor.turn(0));
  EXPECT(events.empty());
  poke(pair.theirs);
  EXPECT(!reactor.turn(0));
  EXPECT_EQ(events, std::vector<uint32_t>{EPOLLIN});
  // By level: it is ready until it has been read.
  reactor.turn(0);
  EXPECT_EQ(events.size(), 2);
  std::string bytes;
  testing::read_all(slot->fd.get(), bytes);
  reactor.turn(0);
  EXPECT_EQ(events.size(), 2);
  reactor.set_interest(*slot, EPOLLIN | EPOLLOUT);
  reactor.turn(0);
  EXPECT_EQ(events.back(), EPOLLOUT);
}

TEST(its_own_descriptor_tells_when_to_turn) {
  Reactor reactor;
  EXPECT(testing::is_close_on_exec(reactor.poll_fd()));
  SocketPair pair;
  int count = 0;
  reactor.attach(std::move(pair.ours), Handler::counting(count), EPOLLIN);
  epoll_event event{};
  event.events = EPOLLIN;
  UniqueFd outer(epoll_create1(EPOLL_CLOEXEC));
  EXPECT_EQ(epoll_ctl(outer.get(), EPOLL_CTL_ADD, reactor.poll_fd(), &event), 0);
  EXPECT_EQ(epoll_wait(outer.get(), &event, 1, 0), 0);
  poke(pair.theirs);
  EXPECT_EQ(epoll_wait(outer.get(), &event, 1, 0), 1);
}

TEST(refuses_what_epoll_refuses) {
  Reactor reactor;
  const int alive = Handler::alive;
  int count = 0;
  UniqueFd file(open("/dev/null/..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file) file = UniqueFd(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const int fd = file.get();
  errno = 0;
  EXPECT(reactor.attach(std::move(file), Handler::counting(count), EPOLLIN) == nullptr);
  EXPECT_EQ(errno, EPERM);
  EXPECT(!testing::is_open(fd));
  EXPECT_EQ(Handler::alive, alive);
  // The slot can be used later.
  SocketPair pair;
  EXPECT(reactor.attach(UniqueFd(fcntl(pair.ours.get(), F_DUPFD_CLOEXEC, fd)), Handler::counting(count),
                        EPOLLIN));
}

TEST(releases_now_and_frees_when_reaped) {
  Reactor reactor;
  const int alive = Handler::alive;
  SocketPair pair;
  const int fd = pair.ours.get();
  int count = 0;
  Slot* slot = reactor.attach(std::move(pair.ours), Handler::counting(count), EPOLLIN);
  const SlotHandle handle = Reactor::handle_of(*slot);
  EXPECT(reactor.find(handle) == slot);
  EXPECT(!reactor.has_released());
  reactor.set_timer(*slot, 0);
  reactor.release(*slot);
  EXPECT(reactor.has_released());
  EXPECT(reactor.find(handle) == nullptr);
  EXPECT(reactor.find(Reactor::handle_of(*slot)) == nullptr);
  EXPECT_EQ(reactor.next_timer_ms(), -1);
  EXPECT_EQ(Handler::alive, alive + 1);
  EXPECT(testing::is_open(fd));
  poke(pair.theirs);
  reactor.turn(0);
  EXPECT_EQ(count, 0);
  reactor.reap();
  EXPECT(!reactor.has_released());
  EXPECT_EQ(Handler::alive, alive);
  EXPECT(!testing::is_open(fd));
  reactor.reap();
}

TEST(a_handler_may_release_itself) {
  Reactor reactor;
  const int alive = Handler::alive;
  SocketPair pair;
  Slot* slot = nullptr;
  int count = 0;
  // It lies in the handler's memory and is used after the release: ASan would tell.
  std::string used_afterwards = "still here";
  slot = reactor.attach(std::move(pair.ours), Handler::make([&, used_afterwards](uint32_t) {
                          ++count;
                          reactor.release(*slot);
                          EXPECT_EQ(used_afterwards, "still here");
                        }),
                        EPOLLIN);
  poke(pair.theirs);
  reactor.turn(0);
  reactor.turn(0);
  EXPECT_EQ(count, 1);
  reactor.reap();
  EXPECT_EQ(Handler::alive, alive);
}

TEST(a_handler_may_release_itself_when_its_timer_fires) {
  Reactor reactor;
  SocketPair pair;
  Slot* slot = nullptr;
  int fired = 0;
  slot = reactor.attach(std::move(pair.ours),
                        Handler::make([](uint32_t) {},
                                      [&] {
                                        ++fired;
                                        reactor.release(*slot);
                                      }),
                        EPOLLIN);
  reactor.set_timer(*slot, 1);
  while (reactor.next_timer_ms() >= 0) reactor.turn(reactor.next_timer_ms());
  EXPECT_EQ(fired, 1);
  reactor.reap();
}

// Both are ready in the same turn; whoever comes first releases the other.
TEST(drops_events_of_slots_released_in_the_same_turn) {
  Reactor reactor;
  SocketPair pairs[2];
  Slot* slots[2] = {};
  int count = 0;
  for (int i = 0; i < 2; ++i) {
    slots[i] = reactor.attach(std::move(pairs[i].ours), Handler::make([&, i](uint32_t) {
                                ++count;
                                reactor.release(*slots[1 - i]);
                              }),
                              EPOLLIN);
    poke(pairs[i].theirs);
  }
  reactor.turn(0);
  EXPECT_EQ(count, 1);
  reactor.reap();
}

// The first handler ends the second's use, and a new connection gets its descriptor before the second event
// comes.
TEST(an_event_of_the_old_use_does_not_reach_the_new_one) {
  Reactor reactor;
  SocketPair pairs[2];
  SocketPair newcomer;
  Slot* slots[2] = {};
  int count = 0;
  int new_count = 0;
  Slot* new_slot = nullptr;
  for (int i = 0; i < 2; ++i) {
    slots[i] = reactor.attach(std::move(pairs[i].ours), Handler::make([&, i](uint32_t) {
                                ++count;
                                reactor.set_interest(*slots[i], 0);
                                const SlotHandle old = Reactor::handle_of(*slots[1 - i]);
                                reactor.release(*slots[1 - i]);
                                reactor.reap();
                                const int fd = fcntl(newcomer.ours.get(), F_DUPFD_CLOEXEC, old.index);
                                EXPECT_EQ(fd, old.index);
                                new_slot =
                                    reactor.attach(UniqueFd(fd), Handler::counting(new_count), EPOLLIN);
                                EXPECT(reactor.find(old) == nullptr);
                                EXPECT(reactor.find(Reactor::handle_of(*new_slot)) == new_slot);
                              }),
                              EPOLLIN);
    poke(pairs[i].theirs);
  }
  reactor.turn(0);
  EXPECT_EQ(count, 1);
  EXPECT_EQ(new_count, 0);
  poke(newcomer.theirs);
  reactor.turn(0);
  EXPECT_EQ(new_count, 1);
}

TEST(old_handles_find_nothing) {
  Reactor reactor;
  std::vector<SlotHandle> old;
  int count = 0;
  for (int i = 0; i < 50; ++i) {
    SocketPair pair;
    Slot* slot = reactor.attach(UniqueFd(fcntl(pair.ours.get(), F_DUPFD_CLOEXEC, 200)),
                                Handler::counting(count), EPOLLIN);
    for (const SlotHandle& handle : old) EXPECT(reactor.find(handle) == nullptr);
    EXPECT(reactor.find(Reactor::handle_of(*slot)) == slot);
    old.push_back(Reactor::handle_of(*slot));
    reactor.release(*slot);
    reactor.reap();
  }
  EXPECT_EQ(old.front().index, old.back().index);
}

TEST(serves_high_descriptors_in_one_block) {
  Reactor reactor;
  SocketPair pair;
  constexpr int kHigh = 15'000;
  UniqueFd high(fcntl(pair.ours.get(), F_DUPFD_CLOEXEC, kHigh));
  if (!high) {
    std::printf("  skipped: no descriptor %d here\n", kHigh);
    return;
  }
  const size_t before = testing::allocated_bytes();
  int count = 0;
  Slot* slot = reactor.attach(std::move(high), Handler::counting(count), EPOLLIN);
  if (!EXPECT(slot != nullptr)) return;
  EXPECT(testing::allocated_bytes() - before < 2 * SlotTable::kBlockSlots * sizeof(Slot));
  const SlotHandle handle = Reactor::handle_of(*slot);
  EXPECT(handle.index >= static_cast<uint32_t>(kHigh));
  poke(pair.theirs);
  reactor.turn(0);
  EXPECT_EQ(count, 1);
  reactor.set_timer(*slot, 10);
  EXPECT(reactor.next_timer_ms() >= 0);
  reactor.release(*slot);
  reactor.reap();
  EXPECT(reactor.find(handle) == nullptr);
}

TEST(bounds_the_events_of_a_turn) {
  Reactor reactor;
  constexpr size_t kPairs = limits::kEventsPerTurn + 10;
  std::vector<SocketPair> pairs(kPairs);
  std::vector<int> counts(kPairs);
  size_t sum = 0;
  for (size_t i = 0; i < kPairs; ++i) {
    poke(pairs[i].theirs);
    reactor.attach(std::move(pairs[i].ours), Handler::make([&, i](uint32_t) {
                     ++counts[i];
                     ++sum;
                   }),
                   EPOLLIN);
  }
  EXPECT(reactor.turn(0));
  EXPECT_EQ(sum, limits::kEventsPerTurn);
  // None is left out: those that had to wait come first next time.
  reactor.turn(0);
  for (const int count : counts) EXPECT(count >= 1);
}

// Each of these takes more than a turn's time.
TEST(events_for_which_a_turn_has_no_time_are_the_next_ones_first) {
  Reactor reactor;
  constexpr size_t kPairs = 5;
  std::vector<SocketPair> pairs(kPairs);
  std::vector<size_t> served;
  for (size_t i = 0; i < kPairs; ++i) {
    poke(pairs[i].theirs);  // and is never read: always ready
    reactor.attach(std::move(pairs[i].ours), Handler::make([&, i](uint32_t) {
                     served.push_back(i);
                     ::usleep(limits::kTurnUs + 100);
                     reactor.note_long_event();
                   }),
                   EPOLLIN);
  }
  for (size_t turn = 1; turn <= 2 * kPairs; ++turn) {
    EXPECT(reactor.turn(0) == (turn % kPairs != 0));
    EXPECT_EQ(served.size(), turn);
  }
  const std::set<size_t> first_round(served.begin(), served.begin() + kPairs);
  EXPECT_EQ(first_round.size(), kPairs);
}

TEST(an_event_that_a_turn_left_over_is_dropped_with_its_slot) {
  Reactor reactor;
  SocketPair first;
  SocketPair second;
  size_t served = 0;
  std::vector<Slot*> slots;
  for (SocketPair* pair : {&first, &second}) {
    poke(pair->theirs);
    slots.push_back(reactor.attach(std::move(pair->ours), Handler::make([&](uint32_t) {
                                     ++served;
                                     ::usleep(limits::kTurnUs + 100);
                                     reactor.note_long_event();
                                   }),
                                   EPOLLIN));
  }
  EXPECT(reactor.turn(0));
  EXPECT(reactor.has_events());
  for (Slot* slot : slots) reactor.release(*slot);
  reactor.reap();
  reactor.turn(0);
  EXPECT_EQ(served, size_t{1});
  EXPECT(!reactor.has_events());
}

// As fs.closeSync with a wrong number does it.
TEST(a_descriptor_that_somebody_else_closes_fails_its_slot_alone) {
  Reactor reactor;
  SocketPair pair;
  SocketPair next;
  const int number = pair.ours.get();
  std::vector<uint32_t> events;
  Slot* slot = reactor.attach(std::move(pair.ours),
                              Handler::make([&](uint32_t got) { events.push_back(got); }), EPOLLIN);
  ::close(number);
  reactor.set_interest(*slot, EPOLLIN | EPOLLOUT);
  EXPECT(reactor.has_events());
  reactor.turn(0);
  EXPECT(events == (std::vector<uint32_t>{EPOLLERR | EPOLLHUP}));
  EXPECT(!reactor.has_events());
  // The number is given out again, and there is no room for its new owner.
  UniqueFd same(::fcntl(next.ours.get(), F_DUPFD_CLOEXEC, number));
  EXPECT_EQ(same.get(), number);
  EXPECT(reactor.attach(std::move(same), Handler::make([](uint32_t) {}), EPOLLIN) == nullptr);
  EXPECT_EQ(errno, EBADF);
  EXPECT(::fcntl(number, F_GETFD) >= 0);
  reactor.release(*slot);
  reactor.reap();
  EXPECT(::fcntl(number, F_GETFD) < 0);
}

// What is registered as 0 still hears of a hang-up, but must not spin on it.
TEST(reports_a_hang_up_once_to_those_who_want_nothing) {
  Reactor reactor;
  SocketPair pair;
  std::vector<uint32_t> events;
  Slot* slot = reactor.attach(std::move(pair.ours),
                              Handler::make([&](uint32_t got) { events.push_back(got); }), EPOLLIN);
  reactor.set_interest(*slot, 0);
  poke(pair.theirs);
  reactor.turn(0);
  EXPECT(events.empty());
  pair.theirs = UniqueFd();
  reactor.turn(0);
  if (!EXPECT_EQ(events.size(), 1)) return;
  EXPECT(events[0] & EPOLLHUP);
  EXPECT(!(events[0] & EPOLLIN));
  for (int i = 0; i < 3; ++i) reactor.turn(0);
  EXPECT_EQ(events.size(), 1);
  reactor.set_interest(*slot, EPOLLIN);
  reactor.turn(0);
  if (!EXPECT_EQ(events.size(), 2)) return;
  EXPECT(events[1] & EPOLLIN);
  reactor.set_interest(*slot, 0);
  for (int i = 0; i < 3; ++i) reactor.turn(0);
  EXPECT_EQ(events.size(), 3);
}

TEST(fires_timers_in_turns_before_events) {
  Reactor reactor;
  SocketPair pair;
  std::string order;
  Slot* slot = reactor.attach(std::move(pair.ours),
                              Handler::make([&](uint32_t) { order += 'e'; }, [&] { order += 't'; }), EPOLLIN);
  EXPECT_EQ(reactor.next_timer_ms(), -1);
  reactor.set_timer(*slot, 20);
  EXPECT(reactor.next_timer_ms() >= 0 && reactor.next_timer_ms() <= 20 + 16);
  while (reactor.next_timer_ms() > 0) reactor.turn(reactor.next_timer_ms());
  EXPECT_EQ(reactor.next_timer_ms(), 0);
  poke(pair.theirs);
  reactor.turn(0);
  EXPECT_EQ(order, "te");
  reactor.set_timer(*slot, 1);
  reactor.cancel_timer(*slot);
  EXPECT_EQ(reactor.next_timer_ms(), -1);
}

TEST(frees_everything_with_itself) {
  const int alive = Handler::alive;
  SocketPair active;
  SocketPair released;
  const int fds[] = {active.ours.get(), released.ours.get()};
  {
    Reactor reactor;
    int count = 0;
    reactor.attach(std::move(active.ours), Handler::counting(count), EPOLLIN);
    reactor.release(*reactor.attach(std::move(released.ours), Handler::counting(count), EPOLLIN));
  }
  EXPECT_EQ(Handler::alive, alive);
  for (const int fd : fds) EXPECT(!testing::is_open(fd));
}

}  // namespace
}  // namespace ntyws
