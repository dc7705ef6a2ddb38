#include <sys/socket.h>

#include <string>

#include "openssl_client.h"
#include "session/connection.h"
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
  peers.harness.run_until_logged("close");
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

TEST(tls_port_answers_plain_http) {
  TlsHarness peers;
  peers.client->send(kUpgradeRequest);
  peers.harness.run_until([&] { return peers.client->ended; });
  EXPECT(peers.client->received.starts_with("HTTP/1.1 400 "));
  EXPECT(peers.client->received.ends_with("this port speaks TLS: use https: or wss:\n"));
  EXPECT_EQ(peers.harness.server.stats().refused, 1);
}

ServerOptions reporting() {
  ServerOptions options;
  options.reports_tls_errors = true;
  return options;
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

}  // namespace
}  // namespace ntyws
