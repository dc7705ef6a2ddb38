#include "session/server.h"

#include <cerrno>
#include <string>

#include "session_harness.h"

namespace ntyws {
namespace {

using namespace ntyws::testing;

using Log = std::vector<std::string>;

TEST(listens_on_all_its_ports_or_none) {
  SessionHarness harness;
  Server second(8, {}, harness.session);
  const uint16_t ports[] = {0, harness.port, 0};
  const ListenOutcome outcome = second.listen(*Address::parse("127.0.0.1"), ports);
  EXPECT(outcome.sockets.empty());
  if (!EXPECT_EQ(outcome.failures.size(), 1)) return;
  EXPECT_EQ(outcome.failures[0].port, harness.port);
  EXPECT_EQ(outcome.failures[0].error, EADDRINUSE);
  // The first one does not mind.
  harness.open();
}

TEST(accepts_on_each_of_its_ports) {
  SessionHarness harness;
  Server second(8, {}, harness.session);
  const uint16_t any[] = {0, 0, 0};
  for (const ListeningSocket& socket : second.listen(*Address::parse("127.0.0.1"), any).sockets) {
    harness.port = socket.port;
    harness.open();
  }
  EXPECT_EQ(second.stats().open, 3);
  EXPECT_EQ(harness.server.stats().open, 0);
}

TEST(closes_without_connections) {
  SessionHarness harness;
  harness.server.close();
  EXPECT(harness.server.closing());
  EXPECT_EQ(harness.log, Log{"server closed"});
  harness.reactor.reap();
  EXPECT(!connect_to(harness.port));
  harness.server.close();
  EXPECT_EQ(harness.log, Log{"server closed"});
}

// A regression: the last connection's leaving and the end of close() both reported it.
TEST(reports_once_that_it_is_closed) {
  SessionHarness harness;
  harness.connect();
  harness.connect();
  harness.settle();
  harness.server.close();
  harness.settle();
  EXPECT_EQ(harness.log, Log{"server closed"});
}

TEST(closes_connections_in_every_phase) {
  ServerOptions options;
  options.asks_upgrade = true;
  options.close_timeout_ms = 30;
  SessionHarness harness(options);
  harness.on_event = [](Connection& connection, const std::string& line) {
    if (line == "upgrade") connection.accept({}, {});
  };
  Client& handshaking = harness.connect();
  handshaking.send("GET / HT");
  Client& open = harness.open();
  Client& silent = harness.open();
  silent.is_reading = false;
  Client& stuck = harness.open(4'096);
  stuck.is_reading = false;
  harness.send(*harness.last, Opcode::kBinary, std::string(8 << 20, 'p'));
  Client& closing = harness.open();
  harness.last->close(1000, {});
  Client& lingering = harness.open();
  lingering.send(client_frame(kFin | kCloseFrame, close_payload(1000)));
  harness.run_until_logged("close 1000");
  harness.on_event = nullptr;
  Client& deciding = harness.connect();
  deciding.send(kUpgradeRequest);
  harness.settle();
  EXPECT_EQ(harness.log.back(), "upgrade");

  harness.server.close();
  EXPECT_EQ(harness.count("server closed"), 0);
  harness.run_until([&] { return !open.received.empty() && handshaking.ended && deciding.ended; });
  const std::vector<WireFrame> frames = open.take_frames();
  if (EXPECT_EQ(frames.size(), 1)) {
    EXPECT_EQ(frames[0].first, kFin | kCloseFrame);
    EXPECT_EQ(frames[0].payload.substr(0, 2), big_endian(1001, 2));
  }
  open.send(client_frame(kFin | kCloseFrame, close_payload(1001)));
  harness.run_until_logged("close 1001");
  harness.run_until_logged("server closed");
  harness.run_until([&] { return open.ended && lingering.ended && closing.ended; });
  EXPECT(harness.all_closed());
  EXPECT_EQ(harness.log.back(), "server closed");
  EXPECT_EQ(harness.count("server closed"), 1);
  EXPECT_EQ(harness.count("open"), 5);
  EXPECT_EQ(harness.count("close "), 5);
  EXPECT_EQ(harness.server.stats().open, 0);
}

// A regression: the list of connections shrank under the loop that closes them.
TEST(closes_while_handlers_end_its_connections) {
  SessionHarness harness;
  std::vector<SlotHandle> handles;
  std::vector<Connection*> connections;
  for (int i = 0; i < 6; ++i) {
    harness.open(4'096).is_reading = false;
    connections.push_back(harness.last);
    handles.push_back(harness.last->handle());
  }
  // The peer of the last one takes no more, so its close frame is queued and reported as outbound: that takes
  // all connections along.
  harness.send(*connections.back(), Opcode::kBinary, std::string(8 << 20, 'p'));
  harness.on_outbound = [&](Connection&) {
    for (size_t i = 0; i < handles.size(); ++i) {
      if (harness.reactor.find(handles[i])) connections[i]->terminate();
    }
  };
  harness.server.close();
  harness.settle();
  EXPECT_EQ(harness.count("close "), 6);
  EXPECT_EQ(harness.count("server closed"), 1);
  EXPECT(harness.all_closed());
}

TEST(turns_away_connections_on_descriptors_beyond_its_slots) {
  SessionHarness harness({}, 3);
  Client& client = harness.connect();
  harness.run_until([&] { return client.ended; });
  EXPECT_EQ(harness.log, Log{"accept_error " + std::to_string(EMFILE)});
  // Once, however many come.
  Client& another = harness.connect();
  harness.run_until([&] { return another.ended; });
  EXPECT_EQ(harness.log.size(), 1);
}

TEST(counts) {
  SessionHarness harness;
  Client& client = harness.open();
  client.send(client_frame(kFin | kTextFrame, "in"));
  harness.run_until_logged("message");
  harness.send(*harness.last, Opcode::kText, "out");
  harness.run_until([&] { return !client.received.empty(); });
  const ConnectionSums& stats = harness.server.stats();
  EXPECT_EQ(stats.open, 1);
  EXPECT_EQ(stats.accepted, 1);
  EXPECT_EQ(stats.refused, 0);
  EXPECT_EQ(stats.messages_received, 1);
  EXPECT_EQ(stats.messages_sent, 1);
  EXPECT_EQ(stats.bytes_received, kUpgradeRequest.size() + 8);
  EXPECT_EQ(stats.bytes_sent, 129 + 5);
  client.leave();
  harness.run_until_logged("close");
  EXPECT_EQ(stats.open, 0);
}

}  // namespace
}  // namespace ntyws
