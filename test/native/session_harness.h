// A server on a free loopback port with real clients, all in one thread: the harness turns the reactor, lets
// the clients read, and notes what the session reports, one line an event.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "frames.h"
#include "loopback.h"
#include "session/connection.h"
#include "session/dialer.h"
#include "session/server.h"
#include "testing.h"

namespace ntyws::testing {

// RFC 6455 §1.2: the accept value of this key is known.
constexpr std::string_view kUpgradeRequest =
    "GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
constexpr std::string_view kAcceptValue = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

struct Client {
  explicit Client(uint16_t port, int receive_buffer = 0) : fd(connect_to(port, receive_buffer)) {}

  void send(std::string_view bytes) {
    const ssize_t size = ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size != static_cast<ssize_t>(bytes.size())) fail(__FILE__, __LINE__, "a client that can send");
  }
  void read() {
    if (!is_reading || ended || !fd) return;
    if (!read_all(fd.get(), received)) ended = true;
  }
  // The 101 response is taken off `received`, once it is there.
  bool is_upgraded() {
    const size_t end = received.find("\r\n\r\n");
    if (end == std::string::npos || !received.starts_with("HTTP/1.1 101 ")) return upgraded;
    received.erase(0, end + 4);
    return upgraded = true;
  }
  std::vector<WireFrame> take_frames() { return take_server_frames(received); }
  // A reset instead of an orderly end.
  void reset() {
    reset_on_close(fd.get());
    fd = UniqueFd();
  }
  void leave() { fd = UniqueFd(); }

  UniqueFd fd;
  std::string received;
  bool is_reading = true;
  bool ended = false;  // by the server
  bool upgraded = false;
};

class SessionHarness final : public SessionEvents {
 public:
  explicit SessionHarness(const ServerOptions& options = {}, size_t slot_count_max = 100'000)
      : session(reactor, *this, slot_count_max), server(7, options, session) {
    const uint16_t any[] = {0};
    ListenOutcome outcome = server.listen(*Address::parse("127.0.0.1"), any);
    NTYWS_CHECK(outcome.failures.empty());
    port = outcome.sockets[0].port;
  }

  Client& connect(int receive_buffer = 0) {
    clients.push_back(std::make_unique<Client>(port, receive_buffer));
    NTYWS_CHECK(clients.back()->fd);
    return *clients.back();
  }
  // A client whose connection is open; `last` is the connection.
  Client& open(int receive_buffer = 0) {
    Client& client = connect(receive_buffer);
    client.send(kUpgradeRequest);
    run_until([&] { return client.is_upgraded(); });
    return client;
  }

  void turn(int timeout_ms = 0) {
    session.turn(timeout_ms);
    reactor.reap();
    for (const auto& client : clients) client->read();
  }
  // Turns until it is so; a test that waits in vain fails after some seconds.
  template <typename Condition>
  bool run_until(Condition condition) {
    const uint64_t deadline_ms = monotonic_ms() + 10'000;
    while (!condition()) {
      if (monotonic_ms() > deadline_ms) {
        fail(__FILE__, __LINE__, "what was waited for, after " + printed(log));
        return false;
      }
      turn(1);
    }
    return true;
  }
  // For what must not happen: loopback delivers at once, so that a few turns see all there is.
  void settle() {
    for (int i = 0; i < 20; ++i) turn(0);
  }
  bool run_until_logged(std::string_view prefix) {
    return run_until([&] { return count(prefix) > 0; });
  }
  size_t count(std::string_view prefix) const {
    return static_cast<size_t>(
        std::count_if(log.begin(), log.end(), [&](const auto& line) { return line.starts_with(prefix); }));
  }

  // Sends one message the way a flush does.
  void send(Connection& connection, Opcode opcode, std::string_view payload) {
    batch.mask_with(connection.masking_keys());
    batch.add(opcode, as_bytes(payload));
    connection.write(batch, static_cast<double>(outbound + payload.size()), no_retainer);
  }

  void send_compressed(Connection& connection, Opcode opcode, std::string_view payload) {
    batch.mask_with(connection.masking_keys());
    batch.add_compressed(opcode, connection.deflate()->compress(as_bytes(payload)));
    connection.write(batch, static_cast<double>(outbound + payload.size()), no_retainer);
  }

  MutableBytes receive_room() override { return {received.get(), limits::kReceiveBytes}; }
  void on_received(size_t) override {}
  void end_receiving() override {}
  void on_upgrade(Connection& connection, const RequestReport& report) override {
    head = as_text(report.head);
    note(connection, "upgrade");
  }
  void on_request(Connection& connection, const RequestReport& report) override {
    head = as_text(report.head);
    note(connection, "request");
  }
  void on_undecided(SlotHandle handle, Undecided why) override {
    last_undecided = handle;
    log.push_back("undecided " + std::to_string(static_cast<int>(why)));
    if (when_undecided) when_undecided();
  }
  void on_tls_error(Connection& connection, const TlsErrorReport& report) override {
    EXPECT_EQ(report.peer.text(), "127.0.0.1");
    EXPECT_EQ(report.local_port, port);
    note(connection, "tls_error " + std::to_string(report.system_error) + " " + std::string(report.reason));
  }
  void on_open(Connection& connection, const OpenReport& report) override {
    EXPECT_EQ(report.peer.text(), "127.0.0.1");
    EXPECT_EQ(connection.role() == Role::kServer ? report.local_port : report.peer.port(), port);
    ++open_count[key(connection)];
    note(connection,
         (connection.role() == Role::kServer ? "open " : "connected ") + std::string(report.protocol));
  }
  void on_dial_failed(uint32_t dial, const DialFailure& failure) override {
    log.push_back("dial " + std::to_string(dial) + " failed " + std::string(info(failure.error).code));
    if (on_failure) on_failure(failure);
  }
  void on_message(Connection& connection, const Message& message) override {
    note(connection, "message " + std::string(as_text(message.payload)));
  }
  void on_ping(Connection& connection, Bytes payload) override {
    note(connection, "ping " + std::string(as_text(payload)));
  }
  void on_pong(Connection& connection, Bytes payload) override {
    note(connection, "pong " + std::string(as_text(payload)));
  }
  void on_drain(Connection& connection) override { note(connection, "drain"); }
  void on_close(Connection& connection, const CloseReport& report) override {
    EXPECT(!connection.may_send());
    --open_count[key(connection)];
    EXPECT_EQ(open_count[key(connection)], 0);
    last_system_error = report.system_error;
    last_protocol_error = report.protocol_error;
    note(connection, "close " + std::to_string(report.code) + " " + std::string(report.reason));
  }
  void on_outbound_bytes(Connection& connection, size_t bytes) override {
    outbound = bytes;
    outbound_max = std::max(outbound_max, bytes);
    if (on_outbound) on_outbound(connection);
  }
  void on_accept_error(Server&, int error) override {
    log.push_back("accept_error " + std::to_string(error));
  }
  void on_server_closed(Server& closed) override {
    EXPECT(&closed == &server);
    log.push_back("server closed");
  }

  void deliver_reported() override {
    if (when_delivering) when_delivering();
  }

  // Each on_open has had its on_close.
  bool all_closed() const {
    return std::all_of(open_count.begin(), open_count.end(),
                       [](const auto& each) { return each.second == 0; });
  }

  std::unique_ptr<uint8_t[]> received = std::make_unique_for_overwrite<uint8_t[]>(limits::kReceiveBytes);
  Reactor reactor;
  Session session;
  Server server;
  uint16_t port = 0;
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<std::string> log;
  std::function<void()> when_delivering;
  std::function<void()> when_undecided;
  SlotHandle last_undecided{};
  std::string head;            // of the last request that was asked about
  Connection* last = nullptr;  // whose event was the last one; may be gone
  size_t outbound = 0;
  size_t outbound_max = 0;
  int last_system_error = 0;
  ProtocolError last_protocol_error = ProtocolError::kNone;
  // Called within the event with its line.
  std::function<void(Connection&, const std::string&)> on_event;
  std::function<void(Connection&)> on_outbound;
  std::function<void(const DialFailure&)> on_failure;

 private:
  struct NoRetainer final : Retainer {
    std::unique_ptr<Retained> retain(uint32_t) override { return nullptr; }
  };

  // A connection that is released has the next generation already.
  static uint64_t key(const Connection& connection) { return reinterpret_cast<uintptr_t>(&connection); }

  void note(Connection& connection, std::string line) {
    last = &connection;
    log.push_back(line);
    if (on_event) on_event(connection, line);
  }

  FrameBatch batch;
  NoRetainer no_retainer;
  std::map<uint64_t, int> open_count;
};

}  // namespace ntyws::testing
