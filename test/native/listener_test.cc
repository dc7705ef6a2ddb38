#include "net/listener.h"

#include <fcntl.h>

#include <cerrno>
#include <functional>
#include <vector>

#include "base/limits.h"
#include "loopback.h"
#include "net/listen.h"
#include "testing.h"

namespace ntyws {
namespace {

using testing::connect_to;

// One listener on a free port, and what it reports.
class Fixture final : public AcceptEvents {
 public:
  explicit Fixture(const char* host = "127.0.0.1") {
    const uint16_t any[] = {0};
    ListenOutcome outcome = listen_on(*Address::parse(host), any, 511);
    if (outcome.sockets.empty()) return;
    port = outcome.sockets[0].port;
    listener = Listener::start(reactor, std::move(outcome.sockets[0].fd), port, *this);
    EXPECT(listener != nullptr);
  }

  void on_accept(UniqueFd fd, const Address& peer, uint16_t local_port) override {
    EXPECT_EQ(local_port, port);
    EXPECT_EQ(peer.text(), "127.0.0.1");
    EXPECT(testing::is_non_blocking(fd.get()));
    EXPECT(testing::is_close_on_exec(fd.get()));
    EXPECT_EQ(testing::socket_option(fd.get(), IPPROTO_TCP, TCP_NODELAY), 1);
    peer_ports.push_back(peer.port());
    accepted.push_back(std::move(fd));
    if (after_accept) after_accept();
  }
  void on_accept_error(int error) override {
    errors.push_back(error);
    if (after_error) after_error();
  }

  void turn(int timeout_ms = 0) {
    reactor.turn(timeout_ms);
    reactor.reap();
  }

  Reactor reactor;
  uint16_t port = 0;
  Listener* listener = nullptr;
  std::vector<UniqueFd> accepted;
  std::vector<uint16_t> peer_ports;
  std::vector<int> errors;
  std::function<void()> after_accept;
  std::function<void()> after_error;
};

uint16_t local_port(const UniqueFd& fd) {
  Address address;
  getsockname(fd.get(), address.raw(), address.raw_size());
  return address.port();
}

TEST(accepts) {
  Fixture fixture;
  fixture.turn();
  EXPECT(fixture.accepted.empty());
  const UniqueFd first = connect_to(fixture.port);
  const UniqueFd second = connect_to(fixture.port);
  fixture.turn();
  EXPECT_EQ(fixture.peer_ports, (std::vector<uint16_t>{local_port(first), local_port(second)}));
  EXPECT(fixture.errors.empty());
}

TEST(names_ipv4_clients_of_an_ipv6_socket_as_such) {
  Fixture fixture("::");
  if (fixture.port == 0) {
    std::printf("  skipped: no IPv6 here\n");
    return;
  }
  const UniqueFd client = connect_to(fixture.port);
  fixture.turn();
  EXPECT_EQ(fixture.accepted.size(), 1);
}

TEST(is_not_started_when_epoll_refuses_it) {
  Fixture fixture;
  UniqueFd directory(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const int fd = directory.get();
  EXPECT(Listener::start(fixture.reactor, std::move(directory), 1, fixture) == nullptr);
  EXPECT_EQ(errno, EPERM);
  EXPECT(!testing::is_open(fd));
}

TEST(bounds_what_it_accepts_in_a_turn) {
  Fixture fixture;
  std::vector<UniqueFd> clients;
  for (int i = 0; i < limits::kAcceptsPerTurn + 5; ++i) clients.push_back(connect_to(fixture.port));
  fixture.turn();
  EXPECT_EQ(fixture.accepted.size(), limits::kAcceptsPerTurn);
  fixture.turn();
  EXPECT_EQ(fixture.accepted.size(), limits::kAcceptsPerTurn + 5);
}

TEST(may_be_stopped_from_on_accept) {
  Fixture fixture;
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(connect_to(fixture.port));
  fixture.after_accept = [&] {
    if (fixture.accepted.size() == 2) fixture.listener->stop();
  };
  fixture.turn();
  fixture.turn();
  EXPECT_EQ(fixture.accepted.size(), 2);
  EXPECT(!connect_to(fixture.port));
}

TEST(frees_its_port_when_reaped) {
  Fixture fixture;
  fixture.listener->stop();
  fixture.reactor.reap();
  const uint16_t same[] = {fixture.port};
  EXPECT_EQ(listen_on(*Address::parse("127.0.0.1"), same, 1).sockets.size(), 1);
}

TEST(waits_for_descriptors_and_goes_on) {
  Fixture fixture;
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(connect_to(fixture.port));
  {
    testing::NoDescriptorsLeft none(1);
    fixture.turn();
    EXPECT_EQ(fixture.accepted.size(), 1);
    EXPECT_EQ(fixture.errors, std::vector<int>{EMFILE});
    // It does not spin: until the pause is over nothing happens.
    EXPECT(fixture.reactor.next_timer_ms() > 0);
    for (int i = 0; i < 5; ++i) fixture.turn();
    EXPECT_EQ(fixture.errors.size(), 1);
    // Then it tries again, and still there is none.
    while (fixture.errors.size() < 2) fixture.turn(fixture.reactor.next_timer_ms());
    EXPECT_EQ(fixture.accepted.size(), 1);
  }
  while (fixture.accepted.size() < 3) fixture.turn(fixture.reactor.next_timer_ms());
  EXPECT_EQ(fixture.errors.size(), 2);
  // As before from now on.
  clients.push_back(connect_to(fixture.port));
  fixture.turn();
  EXPECT_EQ(fixture.accepted.size(), 4);
  EXPECT_EQ(fixture.reactor.next_timer_ms(), -1);
}

TEST(may_be_stopped_from_on_accept_error) {
  Fixture fixture;
  const UniqueFd client = connect_to(fixture.port);
  fixture.after_error = [&] { fixture.listener->stop(); };
  {
    testing::NoDescriptorsLeft none;
    fixture.turn();
  }
  EXPECT_EQ(fixture.errors.size(), 1);
  EXPECT_EQ(fixture.reactor.next_timer_ms(), -1);
  fixture.turn();
  EXPECT_EQ(fixture.accepted.size(), 0);
}

}  // namespace
}  // namespace ntyws
