#include "net/listen.h"

#include <cerrno>
#include <string>

#include "loopback.h"
#include "testing.h"

namespace ntyws {
namespace {

using testing::connect_to;

const Address kLoopback = *Address::parse("127.0.0.1");

// Three ports that were free a moment ago.
std::vector<uint16_t> free_ports() {
  const uint16_t any[] = {0, 0, 0};
  std::vector<uint16_t> ports;
  for (const ListeningSocket& socket : listen_on(kLoopback, any, 10).sockets) ports.push_back(socket.port);
  return ports;
}

TEST(listens_on_free_ports) {
  const uint16_t any[] = {0, 0};
  const ListenOutcome outcome = listen_on(kLoopback, any, 10);
  EXPECT(outcome.failures.empty());
  if (!EXPECT_EQ(outcome.sockets.size(), 2)) return;
  EXPECT(outcome.sockets[0].port != outcome.sockets[1].port);
  for (const ListeningSocket& socket : outcome.sockets) {
    EXPECT(socket.port != 0);
    EXPECT(testing::is_non_blocking(socket.fd.get()));
    EXPECT(testing::is_close_on_exec(socket.fd.get()));
    EXPECT_EQ(testing::socket_option(socket.fd.get(), SOL_SOCKET, SO_ACCEPTCONN), 1);
    EXPECT(connect_to(socket.port));
  }
}

TEST(listens_on_the_ports_given_in_their_order) {
  std::vector<uint16_t> ports = free_ports();
  std::swap(ports[0], ports[2]);
  const ListenOutcome outcome = listen_on(kLoopback, ports, 10);
  EXPECT(outcome.failures.empty());
  if (!EXPECT_EQ(outcome.sockets.size(), 3)) return;
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(outcome.sockets[i].port, ports[i]);
}

TEST(one_busy_port_releases_all_others) {
  for (size_t busy = 0; busy < 3; ++busy) {
    const std::vector<uint16_t> ports = free_ports();
    const uint16_t taken[] = {ports[busy]};
    const ListenOutcome first = listen_on(kLoopback, taken, 10);
    EXPECT_EQ(first.sockets.size(), 1);
    const ListenOutcome outcome = listen_on(kLoopback, ports, 10);
    EXPECT(outcome.sockets.empty());
    if (!EXPECT_EQ(outcome.failures.size(), 1)) continue;
    EXPECT_EQ(outcome.failures[0].port, ports[busy]);
    EXPECT_EQ(outcome.failures[0].error, EADDRINUSE);
    for (size_t i = 0; i < 3; ++i) EXPECT_EQ(static_cast<bool>(connect_to(ports[i])), i == busy);
  }
}

TEST(names_every_port_that_failed) {
  const std::vector<uint16_t> ports = free_ports();
  const ListenOutcome first = listen_on(kLoopback, std::span(ports).subspan(1), 10);
  EXPECT_EQ(first.sockets.size(), 2);
  const ListenOutcome outcome = listen_on(kLoopback, ports, 10);
  if (!EXPECT_EQ(outcome.failures.size(), 2)) return;
  EXPECT_EQ(outcome.failures[0].port, ports[1]);
  EXPECT_EQ(outcome.failures[1].port, ports[2]);
}

// A server that is started again at once finds its ports, though old connections linger in TIME_WAIT.
TEST(takes_a_port_whose_connections_linger) {
  const uint16_t any[] = {0};
  uint16_t port;
  {
    const ListenOutcome outcome = listen_on(kLoopback, any, 10);
    port = outcome.sockets[0].port;
    const UniqueFd client = connect_to(port);
    // Closed by the server first.
    const UniqueFd accepted(accept4(outcome.sockets[0].fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
    EXPECT(accepted);
  }
  const uint16_t again[] = {port};
  EXPECT_EQ(listen_on(kLoopback, again, 10).sockets.size(), 1);
}

TEST(reports_an_address_that_is_not_ours) {
  const uint16_t any[] = {0};
  const ListenOutcome outcome = listen_on(*Address::parse("192.0.2.1"), any, 10);
  EXPECT(outcome.sockets.empty());
  if (EXPECT_EQ(outcome.failures.size(), 1)) EXPECT_EQ(outcome.failures[0].error, EADDRNOTAVAIL);
}

TEST(reports_that_no_descriptor_is_left) {
  const uint16_t any[] = {0, 0, 0};
  ListenOutcome outcome;
  {
    testing::NoDescriptorsLeft none(1);
    outcome = listen_on(kLoopback, any, 10);
  }
  EXPECT(outcome.sockets.empty());
  if (!EXPECT_EQ(outcome.failures.size(), 2)) return;
  EXPECT_EQ(outcome.failures[0].error, EMFILE);
}

TEST(an_ipv6_wildcard_takes_ipv4_too) {
  const uint16_t any[] = {0};
  const ListenOutcome outcome = listen_on(*Address::parse("::"), any, 10);
  if (outcome.sockets.empty()) {
    std::printf("  skipped: no IPv6 here\n");
    return;
  }
  EXPECT(connect_to(outcome.sockets[0].port));
  const uint16_t same[] = {outcome.sockets[0].port};
  EXPECT(listen_on(kLoopback, same, 10).sockets.empty());
}

TEST(listens_on_ipv6_loopback_alone) {
  const uint16_t any[] = {0};
  const ListenOutcome outcome = listen_on(*Address::parse("::1"), any, 10);
  if (outcome.sockets.empty()) {
    std::printf("  skipped: no IPv6 here\n");
    return;
  }
  EXPECT(outcome.sockets[0].port != 0);
  EXPECT(!connect_to(outcome.sockets[0].port));
}

TEST(shares_ports_only_where_both_sides_ask_for_it) {
  const uint16_t any[] = {0};
  for (const bool first : {false, true}) {
    for (const bool second : {false, true}) {
      const ListenOutcome one = listen_on(kLoopback, any, 10, first);
      if (!EXPECT_EQ(one.sockets.size(), 1)) return;
      const uint16_t same[] = {one.sockets[0].port};
      const ListenOutcome other = listen_on(kLoopback, same, 10, second);
      EXPECT_EQ(other.failures.empty(), first && second);
      if (!other.failures.empty()) EXPECT_EQ(other.failures[0].error, EADDRINUSE);
    }
  }
}

// How many connections wait at each socket.
size_t accept_all(const ListeningSocket& socket) {
  size_t count = 0;
  while (UniqueFd(::accept4(socket.fd.get(), nullptr, nullptr, SOCK_CLOEXEC))) ++count;
  return count;
}

TEST(each_share_listens_on_all_ports_and_gets_its_part) {
  const uint16_t any[] = {0, 0};
  const SharedListenOutcome outcome = listen_shared(kLoopback, any, 200, false, 3);
  EXPECT(outcome.failures.empty());
  if (!EXPECT_EQ(outcome.shares.size(), 3)) return;
  for (size_t i = 0; i < 2; ++i) {
    const uint16_t port = outcome.shares[0][i].port;
    std::vector<UniqueFd> clients;
    for (int k = 0; k < 150; ++k) clients.push_back(connect_to(port));
    size_t sum = 0;
    for (const std::vector<ListeningSocket>& share : outcome.shares) {
      EXPECT_EQ(share[i].port, port);
      const size_t count = accept_all(share[i]);
      EXPECT(count > 10);  // 50 by chance, give or take 6
      sum += count;
    }
    EXPECT_EQ(sum, 150);
  }
}

TEST(shares_are_of_ports_that_nobody_else_listens_on) {
  const uint16_t any[] = {0};
  for (const bool other_reuses : {false, true}) {
    const ListenOutcome other = listen_on(kLoopback, any, 10, other_reuses);
    if (!EXPECT_EQ(other.sockets.size(), 1)) return;
    const uint16_t ports[] = {0, other.sockets[0].port};
    const SharedListenOutcome outcome = listen_shared(kLoopback, ports, 10, false, 2);
    EXPECT(outcome.shares.empty());
    if (!EXPECT_EQ(outcome.failures.size(), 1)) return;
    EXPECT_EQ(outcome.failures[0].port, other.sockets[0].port);
    EXPECT_EQ(outcome.failures[0].error, EADDRINUSE);
    EXPECT_EQ(listen_shared(kLoopback, {ports + 1, 1}, 10, true, 2).failures.empty(), other_reuses);
  }
}

TEST(nobody_takes_the_port_of_shares_unasked) {
  const uint16_t any[] = {0};
  const SharedListenOutcome outcome = listen_shared(kLoopback, any, 10, false, 2);
  if (!EXPECT_EQ(outcome.shares.size(), 2)) return;
  const uint16_t same[] = {outcome.shares[0][0].port};
  EXPECT_EQ(listen_on(kLoopback, same, 10).failures.size(), 1);
  EXPECT_EQ(listen_shared(kLoopback, same, 10, false, 2).failures.size(), 1);
}

}  // namespace
}  // namespace ntyws
