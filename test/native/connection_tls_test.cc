#include <sys/socket.h>

#include <string>

#include "openssl_peer.h"
#include "protocol/opening_handshake.h"
#include "session/connection.h"
#include "session/dialer.h"
#include "session_harness.h"

namespace ntyws {
namespace {

using namespace ntyws::testing;

constexpr int kText = kFin | kTextFrame;

// OpenSSL's client on a socket to a server with TLS, all in one thread.
class TlsHarness {
 public:
  explicit TlsHarness(const ServerOptions& options = {}) : harness(options) {
    TlsPeers peers;
    harness.server.set_tls_context("", TlsPeers::context_of(peers.server_options));
    client = &harness.connect();
  }

  void talk() { talk(tls, *client); }
  void open() { open(tls, *client); }

  // Has a client and the server say what they have to say.
  void talk(OpensslClient& who, Client& where) {
    for (int i = 0; i < 20; ++i) {
      who.receive(std::exchange(where.received, {}));
      const std::string said = who.take_output();
      if (!said.empty() && !where.ended) where.send(said);
      harness.turn();
    }
  }
  void open(OpensslClient& who, Client& where) {
    talk(who, where);
    who.send(kUpgradeRequest);
    talk(who, where);
    EXPECT(who.received.starts_with("HTTP/1.1 101 "));
    who.received.clear();
  }

  SessionHarness harness;
  OpensslClient tls;
  Client* client;
};

TEST(tls_messages_both_ways) {
  TlsHarness peers;
  peers.open();
  peers.tls.send(client_frame(kText, "hello"));
  peers.talk();
  EXPECT_EQ(peers.harness.log.back(), "message hello");
  peers.harness.send(*peers.harness.last, Opcode::kText, "hello yourself");
  peers.talk();
  EXPECT_EQ(peers.tls.received, "\x81\x0ehello yourself");
}

TEST(tls_close_is_followed_by_close_notify) {
  TlsHarness peers;
  peers.open();
  peers.tls.send(client_frame(kFin | kCloseFrame, std::string_view("\x03\xe8", 2)));
  peers.talk();
  EXPECT_EQ(peers.harness.log.back(), "close 1000 ");
  EXPECT_EQ(SSL_get_shutdown(peers.tls.get()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
}

TEST(tls_ended_by_close_notify) {
  TlsHarness peers;
  peers.open();
  SSL_shutdown(peers.tls.get());
  peers.talk();
  EXPECT_EQ(peers.harness.log.back(), "close 1006 the peer ended the connection without a close frame");
}

// A peer that sends more than its share, and then ends TLS and the connection: all that it said comes first.
TEST(tls_ended_behind_a_flood) {
  TlsHarness peers;
  peers.open();
  peers.harness.log.clear();
  std::string flood;
  for (int i = 0; i < 1'000; ++i) flood += client_frame(kText, std::to_string(i));
  peers.tls.send(flood);
  SSL_shutdown(peers.tls.get());
  peers.client->send(peers.tls.take_output());
  ::shutdown(peers.client->fd.get(), SHUT_WR);
  bool is_answered = false;
  peers.harness.when_delivering = [&] { is_answered = peers.harness.count("close") == 0; };
  peers.harness.run_until_logged("close");
  EXPECT(is_answered);
  EXPECT_EQ(peers.harness.count("message"), size_t{1'000});
  EXPECT_EQ(peers.harness.log.back(), "close 1006 the peer ended the connection without a close frame");
}

TEST(tls_cut_off) {
  TlsHarness peers;
  peers.open();
  peers.client->leave();
  peers.harness.run_until_logged("close");
  EXPECT_EQ(peers.harness.log.back(),
            "close 1006 TLS was cut off: the connection ended without close_notify");
}

TEST(tls_tampered_with) {
  TlsHarness peers;
  peers.open();
  peers.client->send(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x'));
  peers.harness.run_until_logged("close");
  EXPECT_EQ(peers.harness.log.back(), "close 1006 TLS failed: decryption failed or bad record mac");
}

ServerOptions reporting() {
  ServerOptions options;
  options.reports_tls_errors = true;
  return options;
}

// Messages of TLS's own that have been begun, and not finished: OpenSSL writes nothing before they are.
struct Begun {
  int version;
  std::string_view head;
};
constexpr Begun kBegun[] = {
    {TLS1_3_VERSION, std::string_view("\x18\x00\x00\x01", 4)},                  // a key update
    {TLS1_2_VERSION, std::string_view("\x01\x00\x01\x00\x03\x03\x00\x00", 8)},  // a hello
};
constexpr std::string_view kUnfinished =
    "TLS failed: the peer has begun a message of TLS's own and not finished it, so nothing can be sent";

// A client that has done this, and a bystander, whose connection goes on.
struct BegunFixture {
  explicit BegunFixture(const Begun& begun, const ServerOptions& options = {})
      : peers(options), bystander_client(&peers.harness.connect()), begun_(begun) {
    if (!options.asks_upgrade) peers.open(bystander, *bystander_client);
    SSL_set_max_proto_version(peers.tls.get(), begun.version);
  }
  void begin() { peers.tls.send_record(SSL3_RT_HANDSHAKE, begun_.head); }
  void expect_bystander_served() {
    bystander.send(client_frame(kText, "still here"));
    peers.talk(bystander, *bystander_client);
    EXPECT_EQ(peers.harness.count("message still here"), 1);
  }

  TlsHarness peers;
  OpensslClient bystander;
  Client* bystander_client;
  const Begun& begun_;
};

TEST(tls_client_that_begins_a_message_of_tls_once_open) {
  ServerOptions options;
  options.idle_timeout_ms = 200;  // a ping after half of it
  using Send = std::function<void(SessionHarness&, Connection&)>;
  const Send sends[] = {
      [](SessionHarness& harness, Connection& connection) {
        harness.send(connection, Opcode::kText, "hello");
      },
      [](SessionHarness&, Connection& connection) { connection.close(1000, "bye"); },
      [](SessionHarness&, Connection& connection) { connection.go_away(); },
      [](SessionHarness& harness, Connection&) { harness.run_until_logged("close"); },  // by its ping
  };
  for (const Begun& begun : kBegun) {
    for (const Send& send : sends) {
      BegunFixture fixture(begun, options);
      fixture.peers.open();
      Connection& connection = *fixture.peers.harness.last;
      fixture.begin();
      fixture.peers.talk();
      EXPECT(connection.may_send());
      fixture.bystander.send(client_frame(kText, "a sign"));
      fixture.peers.talk(fixture.bystander, *fixture.bystander_client);
      send(fixture.peers.harness, connection);
      EXPECT_EQ(fixture.peers.harness.count("close 1006 " + std::string(kUnfinished)), 1);
      fixture.peers.harness.run_until([&] { return fixture.peers.client->ended; });
      fixture.expect_bystander_served();
    }
  }
}

// What is answered at once: pongs, a close frame, a response. Its own records come in front.
TEST(tls_client_that_begins_a_message_of_tls_behind_what_is_answered) {
  const std::pair<std::string, std::string> answered[] = {
      {client_frame(kFin | kPingFrame, "x"), "close 1006 " + std::string(kUnfinished)},
      {client_frame(kFin | kCloseFrame, std::string_view("\x03\xe8", 2)), "close 1000 "},
      {std::string("\x81\x01x", 3), "close 1002 "},  // without a mask
  };
  for (const Begun& begun : kBegun) {
    for (const auto& [frame, line] : answered) {
      BegunFixture fixture(begun);
      fixture.peers.open();
      fixture.peers.tls.send(frame);
      fixture.begin();
      fixture.peers.talk();
      EXPECT_EQ(fixture.peers.harness.count(line), 1);
      fixture.peers.harness.run_until([&] { return fixture.peers.client->ended; });
      fixture.expect_bystander_served();
    }
  }
}

TEST(tls_client_that_begins_a_message_of_tls_before_it_is_open) {
  for (const Begun& begun : kBegun) {
    for (const std::string_view request :
         {"", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"}) {
      ServerOptions options;
      options.handshake_timeout_ms = 300;
      BegunFixture fixture(begun, options);
      fixture.peers.talk();
      if (!request.empty()) fixture.peers.tls.send(request);
      fixture.begin();
      fixture.peers.talk();
      fixture.peers.harness.run_until([&] { return fixture.peers.client->ended; });
      EXPECT_EQ(fixture.peers.harness.count("close"), 0);
      fixture.expect_bystander_served();
    }
  }
}

TEST(tls_client_that_begins_a_message_of_tls_while_it_is_decided_on) {
  for (const Begun& begun : kBegun) {
    for (const bool accepts : {true, false}) {
      ServerOptions options;
      options.asks_upgrade = true;
      BegunFixture fixture(begun, options);
      fixture.peers.talk();
      fixture.peers.tls.send(kUpgradeRequest);
      fixture.begin();
      fixture.peers.talk();
      EXPECT_EQ(fixture.peers.harness.log.back(), "upgrade");
      Connection& connection = *fixture.peers.harness.last;
      if (accepts) connection.accept({}, {});
      if (!accepts) connection.respond("HTTP/1.1 403 Forbidden\r\n\r\n");
      fixture.peers.harness.run_until([&] { return fixture.peers.client->ended; });
      EXPECT_EQ(fixture.peers.harness.count("open"), 0);
    }
  }
}

// A server of OpenSSL's that our client has dialled.
struct DialledServer {
  DialledServer() : dialer({}, harness.session), tls(make_identity({}, &test_ca())) {
    const uint16_t any[] = {0};
    socket = std::move(listen_on(*Address::parse("127.0.0.1"), any, 5).sockets[0]);
    harness.port = socket.port;
    DialPlan plan;
    plan.addresses.push_back(*Address::parse("127.0.0.1"));
    plan.addresses.back().set_port(socket.port);
    plan.request =
        "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\n";
    plan.tls = TlsPeers::context_of(TlsPeers().client_options);
    plan.tls_host = "localhost";
    dialer.dial(1, std::move(plan));
    harness.run_until([&] {
      if (!peer) peer = UniqueFd(::accept4(socket.fd.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      return static_cast<bool>(peer);
    });
  }
  void talk() {
    for (int i = 0; i < 20; ++i) {
      std::string ciphertext;
      read_all(peer.get(), ciphertext);
      tls.receive(ciphertext);
      const std::string said = tls.take_output();
      ::send(peer.get(), said.data(), said.size(), MSG_NOSIGNAL);
      harness.turn();
    }
  }

  SessionHarness harness;
  Dialer dialer;
  OpensslServer tls;
  ListeningSocket socket;
  UniqueFd peer;
};

TEST(tls_server_that_begins_a_message_of_tls) {
  for (const std::string_view head :
       {std::string_view("\x18\x00\x00\x01", 4), std::string_view("\x04\x00\x00\xc8", 4)}) {
    DialledServer server;
    server.talk();
    const std::string request = server.tls.received;
    server.tls.send("HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
                    accept_value(request.substr(request.find("Key: ") + 5, 24)) + "\r\n\r\n");
    server.talk();
    EXPECT_EQ(server.harness.log.back(), "connected ");
    server.tls.send_record(SSL3_RT_HANDSHAKE, head);
    server.talk();
    server.harness.send(*server.harness.last, Opcode::kText, "hello");
    EXPECT_EQ(server.harness.log.back(), "close 1006 " + std::string(kUnfinished));
    server.harness.settle();
    EXPECT_EQ(server.dialer.stats().open, 0);
  }
}

TEST(tls_client_that_updates_its_keys_without_end) {
  TlsHarness peers;
  peers.open();
  for (uint32_t i = 0; i < limits::kTlsMessagesMax + 5; ++i) {
    SSL_key_update(peers.tls.get(), SSL_KEY_UPDATE_REQUESTED);
    SSL_do_handshake(peers.tls.get());
  }
  peers.talk();
  EXPECT_EQ(peers.harness.log.back(),
            "close 1006 TLS failed: the peer sends too many messages of TLS's own, such as key updates");
}

TEST(tls_client_whose_hello_is_too_long) {
  TlsHarness peers(reporting());
  peers.client->send(std::string_view("\x16\x03\x01\x40\x00\x01\x02\x01\x44", 9));
  peers.harness.run_until_logged("tls_error");
  EXPECT_EQ(peers.harness.log.back(), "tls_error 0 TLS failed: the client's hello is too long");
}

TEST(tls_port_answers_plain_http) {
  TlsHarness peers;
  peers.client->send(kUpgradeRequest);
  peers.harness.run_until([&] { return peers.client->ended; });
  EXPECT(peers.client->received.starts_with("HTTP/1.1 400 "));
  EXPECT(peers.client->received.ends_with("this port speaks TLS: use https: or wss:\n"));
  EXPECT_EQ(peers.harness.server.stats().refused, 1);
}

TEST(tls_errors_are_reported) {
  TlsHarness peers(reporting());
  peers.client->send(kUpgradeRequest);
  peers.harness.run_until_logged("tls_error");
  EXPECT_EQ(peers.harness.log.back(), "tls_error 0 TLS failed: http request");
  EXPECT_EQ(peers.harness.server.stats().refused, 1);
}

TEST(tls_errors_of_clients_that_leave_within_the_handshake) {
  constexpr std::string_view close_notify("\x15\x03\x03\x00\x02\x01\x00", 7);
  const std::string reset = "tls_error " + std::to_string(ECONNRESET) + " ";
  const std::string cut_off = reset + "TLS was cut off: the connection ended within its handshake";
  for (const auto& [leave, line] :
       std::initializer_list<std::pair<std::function<void(Client&)>, std::string>>{
           {[](Client& client) { client.leave(); }, cut_off},
           {[](Client& client) { client.reset(); }, reset},
           {[&](Client& client) { client.send(close_notify); }, cut_off}}) {
    TlsHarness peers(reporting());
    peers.tls.receive("");
    peers.client->send(peers.tls.take_output());
    peers.harness.settle();
    leave(*peers.client);
    peers.harness.run_until_logged("tls_error");
    EXPECT_EQ(peers.harness.log.back(), line);
  }
}

TEST(tls_errors_of_clients_that_are_too_slow) {
  ServerOptions options = reporting();
  options.handshake_timeout_ms = 20;
  TlsHarness peers(options);
  peers.harness.run_until_logged("tls_error");
  EXPECT_EQ(peers.harness.log.back(), "tls_error " + std::to_string(ETIMEDOUT) + " ");
  EXPECT_EQ(peers.harness.server.stats().refused, 1);
}

// Not what we do ourselves, nor what happens once TLS was open.
TEST(tls_errors_that_are_none) {
  TlsHarness slow(reporting());
  slow.harness.settle();
  slow.harness.server.close();
  slow.harness.run_until_logged("server closed");
  EXPECT_EQ(slow.harness.count("tls_error"), 0);

  TlsHarness silent(reporting());
  silent.talk();
  silent.client->leave();
  silent.harness.run_until([&] { return silent.harness.server.stats().refused == 1; });
  EXPECT_EQ(silent.harness.count("tls_error"), 0);

  TlsHarness unasked;
  unasked.client->send(kUpgradeRequest);
  unasked.harness.run_until([&] { return unasked.client->ended; });
  EXPECT_EQ(unasked.harness.count("tls_error"), 0);
}

TEST(tls_error_that_has_the_server_closed) {
  TlsHarness peers(reporting());
  peers.harness.on_event = [&](Connection&, const std::string&) { peers.harness.server.close(); };
  peers.client->send(kUpgradeRequest);
  peers.harness.run_until_logged("server closed");
  EXPECT_EQ(peers.harness.count("tls_error"), 1);
  EXPECT_EQ(peers.harness.server.stats().refused, 1);
}

TEST(tls_handshakes_that_wait_for_the_next_turn) {
  TlsHarness peers;
  peers.tls.receive("");
  const std::string hello = peers.tls.take_output();
  const int count = limits::kTlsHandshakesPerTurn * 3;
  std::vector<Client*> clients;
  for (int i = 0; i < count; ++i) clients.push_back(&peers.harness.connect());
  peers.harness.settle();
  for (Client* client : clients) client->send(hello);
  auto answered = [&] {
    return std::count_if(clients.begin(), clients.end(),
                         [](const Client* each) { return !each->received.empty(); });
  };
  for (int turn = 1; turn <= 3; ++turn) {
    peers.harness.turn();
    EXPECT_EQ(answered(), turn * limits::kTlsHandshakesPerTurn);
  }
}

// One to three wounds.
std::string damaged(std::string bytes, std::mt19937_64& random) {
  for (uint64_t wounds = 1 + random() % 3; wounds > 0; --wounds) {
    const size_t at = random() % (bytes.size() + 1);
    const size_t size = random() % 20;
    const std::string part = bytes.substr(at, size);
    switch (random() % 5) {
      case 0:
        bytes.resize(at);
        break;
      case 1:
        bytes.erase(at, size);
        break;
      case 2:
        bytes.insert(at, part);
        break;
      case 3:
        for (size_t i = 0; i < size; ++i) bytes.insert(bytes.begin() + at, static_cast<char>(random()));
        break;
      case 4:
        if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ 1 << random() % 8);
        break;
    }
  }
  return bytes;
}

// What is sent so, in one piece or two, ends its connection, and leaves the one of `peers` as it was.
void hurt(TlsHarness& peers, Client& client, std::string_view bytes, std::mt19937_64& random) {
  const size_t cut = random() % 2 ? random() % (bytes.size() + 1) : 0;
  for (const std::string_view piece : {bytes.substr(0, cut), bytes.substr(cut)}) {
    // The server may have ended it at the first piece.
    if (!piece.empty()) ::send(client.fd.get(), piece.data(), piece.size(), MSG_NOSIGNAL);
    peers.harness.turn();
  }
  ::shutdown(client.fd.get(), SHUT_WR);
  peers.harness.run_until([&] { return client.ended; });
  const size_t before = peers.harness.count("message still here");
  peers.tls.send(client_frame(kText, "still here"));
  peers.talk();
  EXPECT_EQ(peers.harness.count("message still here"), before + 1);
  peers.harness.clients.pop_back();
}

void expect_nothing_left(TlsHarness& peers) {
  peers.client->leave();
  peers.harness.server.stop_listening();
  peers.harness.run_until([&] { return peers.harness.server.empty(); });
  EXPECT(peers.harness.all_closed());
}

TEST(tls_random_damage_to_the_hello_of_a_client) {
  TlsHarness peers;
  peers.open();
  std::mt19937_64 random = test_random();
  for (int i = 0; i < 300; ++i) {
    OpensslClient tls;
    tls.receive("");
    hurt(peers, peers.harness.connect(), damaged(tls.take_output(), random), random);
  }
  EXPECT_EQ(peers.harness.server.stats().accepted, 1);
  expect_nothing_left(peers);
}

TEST(tls_random_damage_to_records) {
  TlsHarness peers;
  peers.open();
  std::mt19937_64 random = test_random();
  for (int i = 0; i < 100; ++i) {
    OpensslClient tls;
    Client& client = peers.harness.connect();
    peers.open(tls, client);
    tls.send(client_frame(kText, "hello"));
    tls.send(client_frame(kText, "hello"));
    hurt(peers, client, damaged(tls.take_output(), random), random);
  }
  // What comes out of them is what went in, or nothing.
  const size_t messages = peers.harness.count("message hello") + peers.harness.count("message still here");
  EXPECT_EQ(peers.harness.count("message "), messages);
  expect_nothing_left(peers);
}

// Records of any type, cut anywhere, while our side sends, closes and drops.
TEST(tls_random_records) {
  constexpr std::string_view kContents[] = {
      kBegun[0].head,
      kBegun[1].head,
      std::string_view("\x18\x00\x00\x01\x00", 5),  // key updates
      std::string_view("\x18\x00\x00\x01\x01", 5),
      std::string_view("\x01\x00", 2),  // alerts
      std::string_view("\x01\x5a", 2),
      std::string_view("\x02\x28", 2),
      std::string_view("\x01", 1),
      "",
  };
  TlsHarness peers;
  peers.open();
  std::mt19937_64 random = test_random();
  peers.harness.on_event = [&](Connection& connection, const std::string& line) {
    if (line.find("still here") != std::string::npos) return;
    if (random() % 4 == 0 && connection.may_send()) peers.harness.send(connection, Opcode::kText, "answer");
    if (random() % 16 == 0) connection.close(1000, "enough");
    if (random() % 32 == 0) connection.terminate();
  };
  for (int i = 0; i < 100; ++i) {
    OpensslClient tls;
    if (random() % 2) SSL_set_max_proto_version(tls.get(), TLS1_2_VERSION);
    Client& client = peers.harness.connect();
    peers.talk(tls, client);
    tls.send(kUpgradeRequest);
    for (uint64_t records = 1 + random() % 8; records > 0; --records) {
      const uint64_t kind = random() % 8;
      if (kind == 0) tls.send(client_frame(kText, "hello"));
      if (kind == 1) tls.send(client_frame(kFin | kPingFrame, "hello"));
      if (kind > 1) {
        const std::string_view content = kContents[random() % std::size(kContents)];
        tls.send_record(static_cast<int>(19 + random() % 6),
                        content.substr(0, random() % (content.size() + 2)));
      }
      if (random() % 2) peers.talk(tls, client);
    }
    hurt(peers, client, tls.take_output(), random);
  }
  peers.harness.on_event = nullptr;
  expect_nothing_left(peers);
}

}  // namespace
}  // namespace ntyws
