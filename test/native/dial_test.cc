// Dials against the harness's own server, and against servers that are played by hand.
#include "session/dial.h"

#include <string>

#include "plain_deflate.h"
#include "protocol/opening_handshake.h"
#include "session/dialer.h"
#include "session_harness.h"

namespace ntyws {
namespace {

using namespace ntyws::testing;

using Log = std::vector<std::string>;

constexpr std::string_view kRequest =
    "GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\n";

DialPlan plan_to(uint16_t port) {
  DialPlan plan;
  plan.addresses.push_back(*Address::parse("127.0.0.1"));
  plan.addresses.back().set_port(port);
  plan.request = kRequest;
  return plan;
}

struct Fixture {
  explicit Fixture(const ConnectionOptions& options = {}) : dialer(options, harness.session) {}
  SessionHarness harness;
  Dialer dialer;
};

// A server that takes one connection.
struct HandServer {
  HandServer() {
    const uint16_t any[] = {0};
    socket = std::move(listen_on(*Address::parse("127.0.0.1"), any, 5).sockets[0]);
  }
  bool accept(SessionHarness& harness) {
    return harness.run_until([&] {
      if (!peer) peer = UniqueFd(::accept4(socket.fd.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      return static_cast<bool>(peer);
    });
  }
  // Reads a request, up to its empty line.
  std::string read_request(SessionHarness& harness) {
    std::string request;
    harness.run_until([&] {
      read_all(peer.get(), request);
      return request.ends_with("\r\n\r\n");
    });
    return request;
  }
  // Is dialled, as number 1; the request.
  std::string be_dialled(Fixture& fixture) {
    fixture.dialer.dial(1, plan_to(socket.port));
    fixture.harness.port = socket.port;
    accept(fixture.harness);
    return read_request(fixture.harness);
  }
  // `more`: whole header lines, the empty one, and what comes behind it.
  void accept_upgrade(const std::string& request, const std::string& more) {
    send("HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
         accept_value(request.substr(request.find("Key: ") + 5, 24)) + "\r\n" + more);
  }
  void send(std::string_view bytes) { ::send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  ListeningSocket socket;
  UniqueFd peer;
};

TEST(dials_our_own_server_and_talks) {
  Fixture fixture;
  SessionHarness& harness = fixture.harness;
  fixture.dialer.dial(9, plan_to(harness.port));
  harness.run_until([&] { return harness.count("connected") == 1 && harness.count("open") == 1; });
  EXPECT(!fixture.dialer.has_dial(9));
  EXPECT_EQ(fixture.dialer.stats().open, 1);
  Connection* client = nullptr;
  harness.on_event = [&](Connection& connection, const std::string& line) {
    if (line.starts_with("message ") && connection.role() == Role::kServer) {
      harness.send(connection, Opcode::kText, "echo " + line.substr(8));
    }
  };
  client = harness.last->role() == Role::kClient ? harness.last : nullptr;
  if (!client) {
    // The server's event came last: a message tells which is which.
    harness.send(*harness.last, Opcode::kText, "hello");
    harness.run_until_logged("message hello");
    client = harness.last;
  }
  const std::string large(100'000, 'l');
  harness.send(*client, Opcode::kBinary, large);
  harness.run_until_logged("message echo " + large);
  client->close(1000, "bye");
  harness.run_until([&] { return harness.count("close 1000") == 2; });
  harness.run_until([&] { return fixture.dialer.idle(); });
  EXPECT(harness.all_closed());
}

TEST(offers_compression_and_takes_what_is_agreed) {
  ConnectionOptions options;
  options.deflate = DeflateOptions{.server_no_context_takeover = true};
  for (const char* chosen :
       {"", "permessage-deflate; server_no_context_takeover", "permessage-deflate", "permessage-bzip2"}) {
    Fixture fixture(options);
    SessionHarness& harness = fixture.harness;
    HandServer server;
    const std::string request = server.be_dialled(fixture);
    EXPECT(
        request.ends_with("\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
                          "client_max_window_bits\r\n\r\n"));
    const std::string_view value(chosen);
    const bool fails = value == "permessage-deflate" || value == "permessage-bzip2";
    harness.on_failure = [&](const DialFailure& failure) {
      EXPECT(failure.error ==
             (value == "permessage-bzip2" ? OpeningError::kExtension : OpeningError::kExtensionField));
    };
    server.accept_upgrade(
        request, (value.empty() ? "" : "Sec-WebSocket-Extensions: " + std::string(value) + "\r\n") + "\r\n");
    harness.run_until_logged(fails ? "dial 1 failed" : "connected");
    if (fails) continue;
    EXPECT_EQ(harness.last->deflate() != nullptr, !value.empty());
    server.send(value.empty() ? frame(kFin | kTextFrame, "Hello")
                              : frame(kFin | kCompressed | kTextFrame, deflated("Hello")));
    harness.run_until_logged("message Hello");
    server.send(frame(kFin | kCloseFrame, close_payload(1000)));
    harness.run_until_logged("close 1000");
  }
}

TEST(compresses_with_our_own_server) {
  ServerOptions server_options;
  ConnectionOptions options;
  server_options.deflate = options.deflate = DeflateOptions{};
  SessionHarness harness(server_options);
  Dialer dialer(options, harness.session);
  dialer.dial(9, plan_to(harness.port));
  std::vector<Connection*> ends;
  harness.on_event = [&](Connection& connection, const std::string& line) {
    if (line.starts_with("open") || line.starts_with("connected")) ends.push_back(&connection);
  };
  if (!harness.run_until([&] { return ends.size() == 2; })) return;
  std::string message;
  while (message.size() < 50'000) message += "message " + std::to_string(message.size()) + ", ";
  for (Connection* from : {ends[0], ends[1], ends[0]}) {
    if (!EXPECT(from->deflate() != nullptr)) return;
    harness.log.clear();
    harness.send_compressed(*from, Opcode::kText, message);
    harness.run_until_logged("message " + message);
    EXPECT(harness.last != from);
  }
  EXPECT(dialer.stats().bytes_sent < message.size());
  ends[0]->close(1000, "bye");
  harness.run_until([&] { return harness.count("close 1000") == 2; });
  harness.run_until([&] { return dialer.idle(); });
}

TEST(a_failed_dial_is_reported_once_with_what_was_tried) {
  Fixture fixture;
  SessionHarness& harness = fixture.harness;
  uint16_t port;
  {
    const HandServer gone;
    port = gone.socket.port;
  }
  harness.on_failure = [&](const DialFailure& failure) {
    EXPECT(failure.error == OpeningError::kConnect);
    EXPECT(failure.peer == nullptr && failure.response == nullptr);
    if (EXPECT_EQ(failure.tried.size(), 1)) EXPECT_EQ(failure.tried[0].error, ECONNREFUSED);
  };
  fixture.dialer.dial(3, plan_to(port));
  harness.run_until_logged("dial 3 failed");
  harness.settle();
  EXPECT_EQ(harness.log.size(), 1);
  EXPECT(fixture.dialer.idle());
}

TEST(the_answer_decides_byte_by_byte) {
  struct {
    std::string_view answer;
    OpeningError error;
  } const cases[] = {
      {"nonsense\r\n", OpeningError::kMalformed},
      {"HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno", OpeningError::kRefused},
      {"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
       OpeningError::kAcceptField},
  };
  for (const auto& each : cases) {
    Fixture fixture;
    SessionHarness& harness = fixture.harness;
    HandServer server;
    fixture.dialer.dial(1, plan_to(server.socket.port));
    server.accept(harness);
    const std::string request = server.read_request(harness);
    EXPECT(request.starts_with(kRequest));
    EXPECT_EQ(request.substr(kRequest.size(), 19), "Sec-WebSocket-Key: ");
    harness.on_failure = [&](const DialFailure& failure) {
      EXPECT(failure.error == each.error);
      if (EXPECT(failure.peer != nullptr)) EXPECT_EQ(failure.peer->port(), server.socket.port);
      if (each.error == OpeningError::kRefused) EXPECT_EQ(failure.response->body(), "no");
    };
    for (const char byte : each.answer) {
      server.send({&byte, 1});
      harness.turn();
    }
    harness.run_until_logged("dial 1 failed");
    harness.settle();
    EXPECT_EQ(harness.log.size(), 1);
    EXPECT(fixture.dialer.idle());
  }
}

TEST(a_server_that_ends_or_resets_is_told_apart) {
  for (const bool with_reset : {false, true}) {
    Fixture fixture;
    SessionHarness& harness = fixture.harness;
    HandServer server;
    fixture.dialer.dial(1, plan_to(server.socket.port));
    server.accept(harness);
    server.read_request(harness);
    harness.on_failure = [&](const DialFailure& failure) {
      EXPECT(failure.error == (with_reset ? OpeningError::kBroken : OpeningError::kEnded));
      EXPECT_EQ(failure.system_error, with_reset ? ECONNRESET : 0);
    };
    if (with_reset) reset_on_close(server.peer.get());
    server.peer = UniqueFd();
    harness.run_until_logged("dial 1 failed");
    EXPECT(fixture.dialer.idle());
  }
}

TEST(asks_a_proxy_for_a_tunnel_first) {
  Fixture fixture;
  SessionHarness& harness = fixture.harness;
  HandServer proxy;
  DialPlan plan = plan_to(proxy.socket.port);
  plan.tunnel = "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n";
  fixture.dialer.dial(1, std::move(plan));
  proxy.accept(harness);
  EXPECT_EQ(proxy.read_request(harness), "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n");
  proxy.send("HTTP/1.1 200 Connection established\r\n\r\n");
  EXPECT(proxy.read_request(harness).starts_with(kRequest));
  harness.on_failure = [](const DialFailure& failure) { EXPECT(failure.error == OpeningError::kEnded); };
  proxy.peer = UniqueFd();
  harness.run_until_logged("dial 1 failed");
}

// At any point, and nothing is left: neither descriptor nor timer nor report.
TEST(may_be_hung_up_or_given_up_at_any_point) {
  for (const bool gives_up : {false, true}) {
    for (int point = 0; point < 3; ++point) {
      Fixture fixture;
      SessionHarness& harness = fixture.harness;
      HandServer server;
      fixture.dialer.dial(1, plan_to(server.socket.port));
      if (point > 0) {
        server.accept(harness);
        server.read_request(harness);
      }
      if (point > 1) server.send("HTTP/1.1 403 No\r\n\r\nbecau");
      harness.settle();
      harness.on_failure = [&](const DialFailure& failure) {
        EXPECT(failure.error == (point > 1 ? OpeningError::kRefused : OpeningError::kTimeout));
        if (point > 1) EXPECT_EQ(failure.response->body(), "becau");
      };
      gives_up ? fixture.dialer.give_up(1) : fixture.dialer.hang_up(1);
      EXPECT_EQ(harness.log.size(), gives_up ? 1 : 0);
      harness.settle();
      EXPECT_EQ(harness.log.size(), gives_up ? 1 : 0);
      EXPECT(fixture.dialer.idle());
      EXPECT_EQ(harness.reactor.next_timer_ms(), -1);
      if (point > 0) {
        std::string rest;
        EXPECT(!read_all(server.peer.get(), rest));
      }
    }
  }
}

// RFC 6455 §7.1.1.
TEST(a_client_waits_for_the_server_to_end_tcp) {
  Fixture fixture;
  SessionHarness& harness = fixture.harness;
  HandServer server;
  const std::string request = server.be_dialled(fixture);
  server.accept_upgrade(request, "\r\n" + frame(kFin | kCloseFrame, close_payload(1001)));
  harness.run_until_logged("close 1001");
  harness.settle();
  std::string reply;
  EXPECT(read_all(server.peer.get(), reply));
  EXPECT_EQ(reply.size(), 8);
  EXPECT(!fixture.dialer.idle());
  ::shutdown(server.peer.get(), SHUT_WR);
  harness.run_until([&] { return fixture.dialer.idle(); });
  harness.settle();
  EXPECT(!read_all(server.peer.get(), reply));
  EXPECT_EQ(reply.size(), 8);
}

}  // namespace
}  // namespace ntyws
