#include "net/connector.h"

#include <cerrno>
#include <string>

#include "base/clock.h"
#include "base/limits.h"
#include "loopback.h"
#include "net/listen.h"
#include "testing.h"

namespace ntyws {
namespace {

Address at(const char* host, uint16_t port) {
  Address address = *Address::parse(host);
  address.set_port(port);
  return address;
}

// One that nobody listens on.
uint16_t unused_port() {
  const uint16_t any[] = {0};
  return listen_on(*Address::parse("127.0.0.1"), any, 1).sockets[0].port;
}

class Taker final : public EventHandler {
 public:
  void on_ready(uint32_t) override {}
  void on_timer() override {}
};

class Fixture final : public ConnectEvents {
 public:
  explicit Fixture(const char* host = "127.0.0.1", int backlog = 10) {
    const uint16_t any[] = {0};
    listening = std::move(listen_on(*Address::parse(host), any, backlog).sockets[0]);
  }

  void connect(std::vector<Address> addresses, std::optional<Address> local = {},
               size_t slot_count_max = 10'000) {
    connector = std::make_unique<Connector>(reactor, slot_count_max, std::move(addresses), local, *this);
    connector->start();
  }
  void on_connected(Slot& slot, const Address& peer) override {
    connected_to = peer;
    connected = Reactor::handle_of(slot);
    fd = slot.fd.get();
    if (takes) reactor.hand_over(slot, std::make_unique<Taker>());
    connector.reset();
  }
  void on_connect_failed(const std::vector<ConnectFailure>& reported) override {
    failures = reported;
    connector.reset();
  }
  bool run_until_done() {
    const uint64_t deadline_ms = monotonic_ms() + 5'000;
    while (!connected && failures.empty() && monotonic_ms() < deadline_ms) {
      reactor.turn(5);
      reactor.reap();
    }
    return connected.has_value() || !failures.empty();
  }

  Reactor reactor;
  ListeningSocket listening;
  std::unique_ptr<Connector> connector;
  bool takes = true;
  int fd = -1;
  std::optional<SlotHandle> connected;
  std::optional<Address> connected_to;
  std::vector<ConnectFailure> failures;
};

TEST(connects_without_delay_and_hands_the_slot_over) {
  Fixture fixture;
  fixture.connect({at("127.0.0.1", fixture.listening.port)});
  if (!EXPECT(fixture.run_until_done()) || !EXPECT(fixture.connected)) return;
  EXPECT_EQ(fixture.connected_to->port(), fixture.listening.port);
  EXPECT(fixture.reactor.find(*fixture.connected) != nullptr);
  EXPECT(testing::is_non_blocking(fixture.fd));
  EXPECT(testing::is_close_on_exec(fixture.fd));
  EXPECT_EQ(testing::socket_option(fixture.fd, IPPROTO_TCP, TCP_NODELAY), 1);
}

TEST(a_slot_that_nobody_takes_is_released) {
  Fixture fixture;
  fixture.takes = false;
  fixture.connect({at("127.0.0.1", fixture.listening.port)});
  EXPECT(fixture.run_until_done());
  EXPECT(fixture.reactor.find(*fixture.connected) == nullptr);
  fixture.reactor.reap();
  EXPECT(!testing::is_open(fixture.fd));
}

TEST(tries_the_next_address_at_once_when_one_fails) {
  Fixture fixture;
  const uint64_t begin_ms = monotonic_ms();
  fixture.connect(
      {at("127.0.0.1", unused_port()), at("::1", unused_port()), at("127.0.0.1", fixture.listening.port)});
  if (!EXPECT(fixture.run_until_done()) || !EXPECT(fixture.connected)) return;
  EXPECT(monotonic_ms() - begin_ms < limits::kConnectStaggerMs);
}

TEST(names_every_address_that_failed) {
  Fixture fixture;
  const uint16_t ports[] = {unused_port(), unused_port()};
  fixture.connect({at("127.0.0.1", ports[0]), at("127.0.0.1", ports[1])});
  EXPECT(fixture.run_until_done());
  if (!EXPECT_EQ(fixture.failures.size(), 2)) return;
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(fixture.failures[i].address.port(), ports[i]);
    EXPECT_EQ(fixture.failures[i].error, ECONNREFUSED);
  }
  EXPECT_EQ(fixture.reactor.next_timer_ms(), -1);
}

// A listener whose queue is full answers nothing.
struct SilentListener {
  SilentListener() {
    const uint16_t any[] = {0};
    socket = std::move(listen_on(*Address::parse("127.0.0.1"), any, 0).sockets[0]);
    while (fillers.size() < 3) {
      UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      const Address to = at("127.0.0.1", socket.port);
      ::connect(fd.get(), to.raw(), to.size());
      fillers.push_back(std::move(fd));
    }
  }
  ListeningSocket socket;
  std::vector<UniqueFd> fillers;
};

TEST(tries_the_next_address_beside_one_that_takes_long) {
  Fixture fixture;
  const SilentListener silent;
  const uint64_t begin_ms = monotonic_ms();
  fixture.connect({at("127.0.0.1", silent.socket.port), at("127.0.0.1", fixture.listening.port)});
  if (!EXPECT(fixture.run_until_done()) || !EXPECT(fixture.connected)) return;
  EXPECT_EQ(fixture.connected_to->port(), fixture.listening.port);
  EXPECT(monotonic_ms() - begin_ms >= limits::kConnectStaggerMs);
  EXPECT_EQ(fixture.reactor.next_timer_ms(), -1);
}

TEST(its_end_ends_all_attempts) {
  Fixture fixture;
  const SilentListener silent;
  fixture.connect({at("127.0.0.1", silent.socket.port), at("127.0.0.1", fixture.listening.port)});
  fixture.reactor.turn(0);
  fixture.connector.reset();
  EXPECT(fixture.reactor.has_released());
  fixture.reactor.reap();
  EXPECT_EQ(fixture.reactor.next_timer_ms(), -1);
  EXPECT(!fixture.connected);
}

TEST(comes_from_the_local_address) {
  Fixture fixture;
  fixture.connect({at("127.0.0.1", fixture.listening.port)}, Address::parse("127.0.0.9"));
  if (!EXPECT(fixture.run_until_done()) || !EXPECT(fixture.connected)) return;
  Address local;
  ::getsockname(fixture.fd, local.raw(), local.raw_size());
  EXPECT_EQ(local.text(), "127.0.0.9");
}

TEST(a_local_address_that_is_not_ours_fails) {
  Fixture fixture;
  fixture.connect({at("127.0.0.1", fixture.listening.port)}, Address::parse("192.0.2.1"));
  if (!EXPECT_EQ(fixture.failures.size(), 1)) return;
  EXPECT_EQ(fixture.failures[0].error, EADDRNOTAVAIL);
}

TEST(fails_without_descriptors_or_slots) {
  Fixture fixture;
  {
    const testing::NoDescriptorsLeft none;
    fixture.connect({at("127.0.0.1", fixture.listening.port)});
  }
  if (!EXPECT_EQ(fixture.failures.size(), 1)) return;
  EXPECT_EQ(fixture.failures[0].error, EMFILE);
  Fixture another;
  another.connect({at("127.0.0.1", another.listening.port)}, {}, 3);
  if (!EXPECT_EQ(another.failures.size(), 1)) return;
  EXPECT_EQ(another.failures[0].error, EMFILE);
}

TEST(connects_to_unix_sockets) {
  const std::string path = "/tmp/ntyws-connector-" + std::to_string(getpid()) + ".sock";
  const uint16_t none[] = {0};
  const ListenOutcome outcome = listen_on(*Address::at_path(path), none, 5);
  EXPECT(outcome.failures.empty());
  Fixture fixture;
  fixture.connect({*Address::at_path(path)});
  EXPECT(fixture.run_until_done());
  EXPECT(fixture.connected);
  ::unlink(path.c_str());
  Fixture another;
  another.connect({*Address::at_path(path)});
  if (!EXPECT_EQ(another.failures.size(), 1)) return;
  EXPECT_EQ(another.failures[0].error, ENOENT);
}

}  // namespace
}  // namespace ntyws
