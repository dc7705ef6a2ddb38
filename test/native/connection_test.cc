#include "session/connection.h"

#include <fcntl.h>

#include <cerrno>
#include <string>

#include "chunkings.h"
#include "plain_deflate.h"
#include "session_harness.h"

namespace ntyws {
namespace {

using namespace ntyws::testing;

using Log = std::vector<std::string>;
using Frames = std::vector<WireFrame>;

constexpr int kText = kFin | kTextFrame;
constexpr int kBinary = kFin | kBinaryFrame;
constexpr int kClosing = kFin | kCloseFrame;
constexpr int kPing = kFin | kPingFrame;
constexpr int kPong = kFin | kPongFrame;

std::string request_with(std::string_view field) {
  std::string request(kUpgradeRequest);
  request.insert(request.size() - 2, std::string(field) + "\r\n");
  return request;
}

// --- The opening handshake ---

TEST(opens) {
  SessionHarness harness;
  Client& client = harness.connect();
  client.send(kUpgradeRequest);
  harness.run_until_logged("open");
  harness.turn();
  EXPECT(client.received.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
  EXPECT(client.received.find("Sec-WebSocket-Accept: " + std::string(kAcceptValue) + "\r\n") !=
         std::string::npos);
  EXPECT(client.received.ends_with("\r\n\r\n"));
  EXPECT_EQ(harness.log, Log{"open "});
  EXPECT_EQ(harness.server.stats().open, 1);
  EXPECT_EQ(harness.server.stats().accepted, 1);
}

TEST(opens_byte_by_byte_and_delivers_frames_behind_the_head) {
  const std::string stream = std::string(kUpgradeRequest) + client_frame(kText, "first") +
                             client_frame(kPing, "p") + client_frame(kText, "second");
  for_each_chunking(
      stream.size(),
      [&](const std::vector<size_t>& pieces) {
        SessionHarness harness;
        Client& client = harness.connect();
        std::string_view rest = stream;
        for (const size_t piece : pieces) {
          client.send(rest.substr(0, piece));
          rest.remove_prefix(piece);
          harness.turn();
        }
        harness.run_until_logged("message second");
        EXPECT_EQ(harness.log, (Log{"open ", "message first", "ping p", "message second"}));
        harness.run_until([&] { return client.is_upgraded() && !client.received.empty(); });
        EXPECT(client.take_frames() == (Frames{{kPong, "p"}}));
        EXPECT_EQ(harness.server.stats().bytes_received, stream.size());
      },
      5);
}

TEST(picks_the_first_subprotocol_offered) {
  SessionHarness harness;
  Client& client = harness.connect();
  client.send(request_with("Sec-WebSocket-Protocol: chat, superchat"));
  harness.run_until_logged("open chat");
  harness.turn();
  EXPECT(client.received.find("Sec-WebSocket-Protocol: chat\r\n") != std::string::npos);
}

void expect_refusal(std::string_view request, std::string_view status_line) {
  SessionHarness harness;
  Client& client = harness.connect();
  client.send(request);
  if (!harness.run_until([&] { return client.ended; })) return;
  // Whole: a head, and as much of a body as it says.
  EXPECT_EQ(client.received.substr(0, status_line.size()), status_line);
  const size_t head_size = client.received.find("\r\n\r\n") + 4;
  const size_t at = client.received.find("Content-Length: ");
  if (!EXPECT(at < head_size)) return;
  EXPECT_EQ(std::stoul(client.received.substr(at + 16)), client.received.size() - head_size);
  EXPECT_EQ(harness.log, Log());
  EXPECT_EQ(harness.server.stats().accepted, 0);
  // It ends when the client has.
  client.leave();
  harness.settle();
  harness.server.close();
  EXPECT_EQ(harness.log, Log{"server closed"});
}

TEST(refuses_with_whole_responses) {
  std::string without_key(kUpgradeRequest);
  without_key.erase(without_key.find("Sec-WebSocket-Key"), 44);
  expect_refusal("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 426 Upgrade Required\r\n");
  expect_refusal("POST / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 405 ");
  expect_refusal(without_key, "HTTP/1.1 400 ");
  expect_refusal("\x16\x03\x01", "HTTP/1.1 400 ");
  expect_refusal("nonsense\r\n\r\n", "HTTP/1.1 400 ");
  // What comes behind the head is discarded, and does not reset the response away.
  expect_refusal("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n" + std::string(50'000, 'b'),
                 "HTTP/1.1 405 ");
}

TEST(refuses_heads_that_are_too_long) {
  for (const size_t size : {limits::kHeadBytesMax, limits::kHeadBytesMax + 1, 2 * limits::kHeadBytesMax}) {
    std::string request = "GET / HTTP/1.1\r\nHost: ";
    request.resize(size, 'a');
    expect_refusal(request + "a", "HTTP/1.1 431 ");
  }
  std::string many = "GET / HTTP/1.1\r\n";
  for (size_t i = 0; i <= limits::kHeaderCountMax; ++i) many += "A: b\r\n";
  expect_refusal(many, "HTTP/1.1 431 ");
}

TEST(takes_a_head_of_the_largest_size) {
  std::string request(kUpgradeRequest);
  const std::string field(limits::kHeadBytesMax - request.size() - 5, 'x');
  SessionHarness harness;
  harness.connect().send(request_with("X: " + field));
  harness.run_until_logged("open");
}

TEST(gives_up_on_a_handshake_that_takes_too_long) {
  ServerOptions options;
  options.handshake_timeout_ms = 30;
  SessionHarness harness(options);
  Client& silent = harness.connect();
  Client& slow = harness.connect();
  slow.send(kUpgradeRequest.substr(0, 20));
  harness.run_until([&] { return silent.ended && slow.ended; });
  EXPECT(silent.received.starts_with("HTTP/1.1 408 "));
  EXPECT(slow.received.starts_with("HTTP/1.1 408 "));
  EXPECT_EQ(harness.log, Log());
  EXPECT_EQ(harness.server.stats().refused, 2);
}

TEST(the_handshakes_timeout_ends_with_it) {
  ServerOptions options;
  options.handshake_timeout_ms = 30;
  options.idle_timeout_ms = 0;
  SessionHarness harness(options);
  Client& client = harness.open();
  EXPECT_EQ(harness.reactor.next_timer_ms(), -1);
  EXPECT(!client.ended);
}

TEST(forgets_clients_that_leave_before_their_head_is_whole) {
  for (const bool with_reset : {false, true}) {
    for (const size_t size : {size_t{0}, size_t{1}, kUpgradeRequest.size() - 1}) {
      SessionHarness harness;
      Client& client = harness.connect();
      if (size != 0) client.send(kUpgradeRequest.substr(0, size));
      harness.settle();
      with_reset ? client.reset() : client.leave();
      harness.settle();
      EXPECT_EQ(harness.server.stats().refused, 1);
      harness.server.close();
      EXPECT_EQ(harness.log, Log{"server closed"});
    }
  }
}

// --- Deciding ---

ServerOptions asking() {
  ServerOptions options;
  options.asks_upgrade = options.asks_request = true;
  return options;
}

TEST(asks_about_an_upgrade_and_waits) {
  SessionHarness harness(asking());
  Client& client = harness.connect();
  client.send(std::string(kUpgradeRequest) + client_frame(kText, "early"));
  harness.run_until_logged("upgrade");
  harness.settle();
  EXPECT_EQ(harness.head, kUpgradeRequest);
  EXPECT_EQ(harness.log, Log{"upgrade"});
  EXPECT_EQ(client.received, "");
  harness.last->accept("chosen", "X-Extra: yes\r\n");
  harness.run_until_logged("message");
  EXPECT_EQ(harness.log, (Log{"upgrade", "open chosen", "message early"}));
  harness.run_until([&] { return !client.received.empty(); });
  EXPECT(client.received.find("Sec-WebSocket-Protocol: chosen\r\n") != std::string::npos);
  EXPECT(client.received.find("X-Extra: yes\r\n") != std::string::npos);
  // Once is enough.
  harness.last->accept("again", {});
  harness.last->respond("HTTP/1.1 200 OK\r\n\r\n");
  harness.settle();
  EXPECT_EQ(harness.log.size(), 3);
}

TEST(answers_within_the_question) {
  for (const bool accepts : {false, true}) {
    SessionHarness harness(asking());
    harness.on_event = [&](Connection& connection, const std::string& line) {
      if (line != "upgrade") return;
      accepts ? connection.accept({}, {}) : connection.respond("HTTP/1.1 403 Forbidden\r\n\r\n");
    };
    Client& client = harness.connect();
    client.send(kUpgradeRequest);
    harness.run_until([&] { return accepts ? client.is_upgraded() : client.ended; });
    EXPECT_EQ(harness.log, accepts ? (Log{"upgrade", "open "}) : Log{"upgrade"});
    EXPECT_EQ(harness.server.stats().refused, accepts ? 0 : 1);
  }
}

TEST(asks_about_a_request_that_is_no_upgrade) {
  SessionHarness harness(asking());
  Client& client = harness.connect();
  client.send("GET /page HTTP/1.1\r\nHost: a\r\n\r\n");
  harness.run_until_logged("request");
  // That is none that could be accepted.
  harness.last->accept({}, {});
  harness.settle();
  EXPECT_EQ(client.received, "");
  const std::string page = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + std::string(1'000'000, 'p');
  harness.last->respond(page);
  harness.run_until([&] { return client.ended; });
  EXPECT(client.received == page);
  EXPECT_EQ(harness.log, Log{"request"});
  EXPECT_EQ(harness.server.stats().refused, 0);
}

// A regression: nothing ended the wait for an answer.
TEST(refuses_what_is_not_answered_in_time) {
  for (const std::string_view sent :
       {kUpgradeRequest, std::string_view("GET / HTTP/1.1\r\nHost: a\r\n\r\n")}) {
    ServerOptions options = asking();
    options.upgrade_timeout_ms = 20;
    options.handshake_timeout_ms = 60'000;
    SessionHarness harness(options);
    Client& client = harness.connect();
    client.send(sent);
    harness.run_until([&] { return harness.count("upgrade") + harness.count("request") == 1; });
    const SlotHandle handle = harness.last->handle();
    harness.run_until([&] { return client.ended; });
    EXPECT(client.received.starts_with("HTTP/1.1 503 "));
    EXPECT_EQ(harness.log.back(), "undecided 1");
    EXPECT_EQ(harness.last_undecided.index, handle.index);
    EXPECT_EQ(harness.last_undecided.generation, handle.generation);
    harness.last->accept({}, {});
    harness.last->respond("HTTP/1.1 200 OK\r\n\r\n");
    harness.settle();
    EXPECT_EQ(harness.log.size(), 2);
    EXPECT_EQ(harness.server.stats().refused, 1);
  }
}

TEST(waits_for_an_answer_without_end_if_told_so) {
  ServerOptions options = asking();
  options.upgrade_timeout_ms = 0;
  options.handshake_timeout_ms = 20;
  SessionHarness harness(options);
  harness.connect().send(kUpgradeRequest);
  harness.run_until_logged("upgrade");
  const uint64_t until_ms = monotonic_ms() + 60;
  while (monotonic_ms() < until_ms) harness.turn(1);
  EXPECT_EQ(harness.log, Log{"upgrade"});
}

TEST(says_once_that_nobody_waits_for_the_answer) {
  for (const int why : {0, 2}) {
    SessionHarness harness(asking());
    Client& answered = harness.connect();
    answered.send(kUpgradeRequest);
    harness.run_until_logged("upgrade");
    harness.last->respond("HTTP/1.1 403 Forbidden\r\n\r\n");
    answered.leave();
    Client& client = harness.connect();
    client.send(kUpgradeRequest);
    harness.run_until([&] { return harness.count("upgrade") == 2; });
    Connection& connection = *harness.last;
    const SlotHandle handle = connection.handle();
    // Whoever is told comes back at once.
    harness.when_undecided = [&] {
      connection.respond("HTTP/1.1 200 OK\r\n\r\n");
      connection.accept({}, {});
      harness.server.close();
    };
    if (why == 0) {
      client.reset();
    } else {
      harness.server.close();
    }
    harness.run_until_logged("server closed");
    EXPECT_EQ(harness.count("undecided"), 1);
    EXPECT_EQ(harness.count("undecided " + std::to_string(why)), 1);
    EXPECT_EQ(harness.last_undecided.generation, handle.generation);
    EXPECT_EQ(harness.server.stats().refused, 2);
  }
}

TEST(who_waits_for_an_answer_has_a_place) {
  ServerOptions options = asking();
  options.connections_max = 2;
  SessionHarness harness(options);
  std::vector<Connection*> asked;
  harness.on_event = [&](Connection& connection, const std::string& line) {
    if (line == "upgrade") asked.push_back(&connection);
  };
  const auto status_of_one_more = [&] {
    Client& client = harness.connect();
    client.send(kUpgradeRequest);
    harness.run_until([&] { return !client.received.empty(); });
    return client.received.empty() ? std::string() : client.received.substr(9, 3);
  };
  for (int i = 0; i < 2; ++i) harness.connect().send(kUpgradeRequest);
  harness.run_until([&] { return asked.size() == 2; });
  EXPECT_EQ(status_of_one_more(), "503");
  asked[0]->accept({}, {});
  EXPECT_EQ(status_of_one_more(), "503");
  EXPECT_EQ(asked.size(), 2);
  asked[1]->respond("HTTP/1.1 403 Forbidden\r\n\r\n");
  Client& third = harness.connect();
  third.send(kUpgradeRequest);
  harness.run_until([&] { return asked.size() == 3; });
  EXPECT_EQ(status_of_one_more(), "503");
  third.leave();
  harness.run_until_logged("undecided");
  harness.connect().send(kUpgradeRequest);
  harness.run_until([&] { return asked.size() == 4; });
}

TEST(an_answer_after_the_client_left_does_nothing) {
  for (const bool with_reset : {false, true}) {
    for (const bool noticed : {false, true}) {
      for (const bool accepts : {false, true}) {
        SessionHarness harness(asking());
        Client& client = harness.connect();
        client.send(kUpgradeRequest);
        harness.run_until_logged("upgrade");
        Connection& connection = *harness.last;
        const SlotHandle handle = connection.handle();
        with_reset ? client.reset() : client.leave();
        if (noticed) {
          // Turned, but not reaped: the connection's memory is still there.
          harness.reactor.turn(0);
          EXPECT(harness.reactor.find(handle) == nullptr);
        }
        accepts ? connection.accept({}, {}) : connection.respond("HTTP/1.1 403 Forbidden\r\n\r\n");
        harness.settle();
        EXPECT(harness.reactor.find(handle) == nullptr);
        EXPECT(harness.all_closed());
        harness.server.close();
        harness.run_until_logged("server closed");
        EXPECT_EQ(harness.server.stats().open, 0);
      }
    }
  }
}

// --- Messages and control frames ---

TEST(echoes) {
  SessionHarness harness;
  harness.on_event = [&](Connection& connection, const std::string& line) {
    if (line.starts_with("message ")) harness.send(connection, Opcode::kText, line.substr(8));
  };
  Client& client = harness.open();
  client.send(client_frame(kText, "one") + client_frame(kTextFrame, "tw") + client_frame(kFin, "o"));
  client.send(client_frame(kText, std::string(100'000, 'x')));
  Frames frames;
  harness.run_until([&] {
    for (WireFrame& frame : client.take_frames()) frames.push_back(std::move(frame));
    return frames.size() == 3;
  });
  EXPECT(frames == (Frames{{kText, "one"}, {kText, "two"}, {kText, std::string(100'000, 'x')}}));
  EXPECT_EQ(harness.server.stats().messages_received, 3);
  EXPECT_EQ(harness.server.stats().messages_sent, 3);
}

TEST(answers_every_ping) {
  SessionHarness harness;
  Client& client = harness.open();
  client.send(client_frame(kPing, "1") + client_frame(kText, "m") + client_frame(kPing, "2") +
              client_frame(kPing, std::string(125, 'p')));
  harness.run_until([&] { return !client.received.empty(); });
  harness.settle();
  EXPECT(client.take_frames() == (Frames{{kPong, "1"}, {kPong, "2"}, {kPong, std::string(125, 'p')}}));
  EXPECT_EQ(harness.count("ping"), 3);
  client.send(client_frame(kPong, "unasked"));
  harness.run_until_logged("pong unasked");
  harness.settle();
  EXPECT_EQ(client.received, "");
}

TEST(sends_the_pongs_of_a_flood_of_pings_together) {
  SessionHarness harness;
  Client& client = harness.open();
  std::string flood;
  Frames pongs;
  for (int i = 0; i < 1'000; ++i) {
    flood += client_frame(kPing, std::to_string(i));
    pongs.push_back({kPong, std::to_string(i)});
  }
  client.send(flood);
  Frames frames;
  harness.run_until([&] {
    for (WireFrame& frame : client.take_frames()) frames.push_back(std::move(frame));
    return frames.size() == pongs.size();
  });
  EXPECT(frames == pongs);
}

TEST(does_not_read_while_paused) {
  SessionHarness harness;
  Client& client = harness.open();
  harness.last->set_paused(true);
  client.send(client_frame(kText, "waits"));
  harness.settle();
  EXPECT_EQ(harness.log, Log{"open "});
  harness.last->set_paused(false);
  harness.run_until_logged("message waits");
}

TEST(notices_a_peer_that_left_when_reading_resumes) {
  SessionHarness harness;
  Client& client = harness.open();
  harness.last->set_paused(true);
  client.send(client_frame(kText, "last words"));
  client.leave();
  harness.settle();
  EXPECT_EQ(harness.log, Log{"open "});
  harness.last->set_paused(false);
  harness.run_until_logged("close 1006");
  EXPECT_EQ(harness.log.at(1), "message last words");
}

// --- Compression ---

ServerOptions with_deflate(const DeflateOptions& deflate = {}) {
  ServerOptions options;
  options.deflate = deflate;
  return options;
}

// A client whose offer was answered so; `last` is the connection.
Client& open_with(SessionHarness& harness, std::string_view offer, std::string_view answer) {
  Client& client = harness.connect();
  client.send(request_with("Sec-WebSocket-Extensions: " + std::string(offer)));
  harness.run_until([&] { return client.received.ends_with("\r\n\r\n"); });
  EXPECT(client.received.find("\r\nSec-WebSocket-Extensions: " + std::string(answer) + "\r\n") !=
         std::string::npos);
  EXPECT(client.is_upgraded());
  return client;
}

TEST(compresses_what_was_agreed_on) {
  SessionHarness harness(with_deflate({.server_max_window_bits = 12}));
  harness.on_event = [&](Connection& connection, const std::string& line) {
    if (line.starts_with("message ")) harness.send_compressed(connection, Opcode::kText, line.substr(8));
  };
  Client& client = open_with(harness, "permessage-deflate; client_max_window_bits",
                             "permessage-deflate; server_max_window_bits=12");
  EXPECT(harness.last->deflate() != nullptr);
  std::string message;
  while (message.size() < 100'000) message += "Hello " + std::to_string(message.size());
  PlainDeflate deflate;
  PlainInflate inflate(12);
  for (int i = 0; i < 3; ++i) {
    const std::string payload = deflate.compress(message);
    client.send(client_frame(kText | kCompressed, payload));
    Frames frames;
    harness.run_until([&] {
      for (WireFrame& frame : client.take_frames()) frames.push_back(std::move(frame));
      return frames.size() == 1;
    });
    if (!EXPECT_EQ(frames.size(), 1)) return;
    EXPECT_EQ(frames[0].first, kText | kCompressed);
    EXPECT(inflate.decompress(frames[0].payload) == message);
  }
  EXPECT_EQ(harness.server.stats().messages_received, 3);
  EXPECT(harness.server.stats().bytes_received < message.size());
}

TEST(does_not_compress_what_was_not_agreed_on) {
  for (const bool is_offered : {false, true}) {
    SessionHarness harness(is_offered ? ServerOptions() : with_deflate());
    Client& client = harness.connect();
    client.send(is_offered ? request_with("Sec-WebSocket-Extensions: permessage-deflate")
                           : std::string(kUpgradeRequest));
    harness.run_until([&] { return client.received.ends_with("\r\n\r\n"); });
    EXPECT(client.received.find("Extensions") == std::string::npos);
    EXPECT(harness.last->deflate() == nullptr);
    client.send(client_frame(kText | kCompressed, deflated("hello")));
    harness.run_until_logged("close 1002");
    EXPECT(harness.last_protocol_error == ProtocolError::kReservedBit1);
  }
}

TEST(refuses_a_bomb) {
  ServerOptions options = with_deflate();
  options.message_limits.bytes_max = 1'000;
  SessionHarness harness(options);
  Client& client = open_with(harness, "permessage-deflate", "permessage-deflate");
  client.send(client_frame(kText | kCompressed, deflated(std::string(1'000'000, 'b'))));
  harness.run_until_logged("close 1009");
  EXPECT(harness.last_protocol_error == ProtocolError::kMessageTooBig);
}

// Peers that send little of what becomes much do not hold up the others, and lose nothing.
TEST(decompresses_bombs_a_share_at_a_time) {
  SessionHarness harness(with_deflate());
  constexpr size_t kSize = limits::kMessageBytesMax;
  const std::string bomb = client_frame(kBinary | kCompressed, deflated(std::string(kSize, 'b')));
  EXPECT(bomb.size() < 2 * limits::kCompressedReceiveBytes);
  std::vector<Client*> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(&open_with(harness, "permessage-deflate", "permessage-deflate"));
  }
  harness.log.clear();
  for (Client* client : clients) client->send(client == clients.back() ? client_frame(kText, "hello") : bomb);
  size_t bombs = 0;
  bool bystander_was_first = false;
  harness.on_event = [&](Connection&, const std::string& line) {
    if (line == "message hello") bystander_was_first = bombs == 0;
    if (line.size() == 8 + kSize) ++bombs;
  };
  harness.run_until([&] { return bombs == 3; });
  EXPECT(bystander_was_first);
}

// --- Shares ---

std::string repeated(size_t count, const std::string& bytes) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += bytes;
  return all;
}

TEST(a_flood_of_frames_waits_for_the_others) {
  for (const int opcode : {kText, kPing, kPong}) {
    SessionHarness harness;
    Client& flooder = harness.open();
    Client& other = harness.open();
    harness.log.clear();
    flooder.send(repeated(5'000, client_frame(opcode, "f")));
    other.send(client_frame(kText, "other"));
    harness.run_until([&] { return harness.log.size() == 5'001; });
    const auto found = std::ranges::find(harness.log, "message other");
    EXPECT(found - harness.log.begin() <= static_cast<ptrdiff_t>(limits::kReadShare));
  }
}

TEST(all_of_a_flood_comes_in_its_order) {
  SessionHarness harness;
  Client& client = harness.open();
  harness.log.clear();
  std::string flood;
  std::vector<std::string> expected;
  for (int i = 0; i < 3'000; ++i) {
    flood += client_frame(i % 3 == 2 ? kPing : kText, std::to_string(i));
    expected.push_back((i % 3 == 2 ? "ping " : "message ") + std::to_string(i));
  }
  client.send(flood + client_frame(kClosing, close_payload(1000)));
  expected.push_back("close 1000 ");
  harness.run_until_logged("close");
  EXPECT(harness.log == expected);
}

TEST(a_pause_within_a_flood_takes_effect_after_a_share) {
  SessionHarness harness;
  Client& client = harness.open();
  harness.log.clear();
  harness.on_event = [&](Connection& connection, const std::string& line) {
    if (line == "message 10") connection.set_paused(true);
  };
  std::string flood;
  for (int i = 0; i < 1'000; ++i) flood += client_frame(kText, std::to_string(i));
  client.send(flood);
  harness.run_until_logged("message 10");
  harness.settle();
  EXPECT(harness.log.size() <= limits::kReadShare);
  harness.last->set_paused(false);
  harness.run_until_logged("message 999");
  EXPECT_EQ(harness.log.size(), size_t{1'000});
  // What comes behind it is read as ever.
  client.send(client_frame(kText, "behind"));
  EXPECT(harness.run_until_logged("message behind"));
}

TEST(nothing_comes_of_a_flood_behind_its_connections_end) {
  for (const char* last : {"message 10", "message 500"}) {
    SessionHarness harness;
    Client& client = harness.open();
    harness.log.clear();
    harness.on_event = [&](Connection& connection, const std::string& line) {
      if (line == last) connection.terminate("enough");
    };
    std::string flood;
    for (int i = 0; i < 1'000; ++i) flood += client_frame(kText, std::to_string(i));
    client.send(flood);
    harness.run_until_logged("close 1006 enough");
    harness.settle();
    EXPECT(harness.log.back() == "close 1006 enough");
    EXPECT(harness.log[harness.log.size() - 2] == last);
    EXPECT(!harness.session.has_work());
  }
}

TEST(what_is_left_of_a_paused_connection_goes_with_it) {
  SessionHarness harness;
  Client& client = harness.open();
  harness.on_event = [&](Connection& connection, const std::string& line) {
    if (line == "message 10") connection.set_paused(true);
  };
  std::string flood;
  for (int i = 0; i < 1'000; ++i) flood += client_frame(kText, std::to_string(i));
  client.send(flood);
  harness.run_until_logged("message 10");
  harness.settle();
  harness.last->terminate();
  harness.settle();
  EXPECT(!harness.session.has_work());
  // The next one on this descriptor has nothing of it.
  harness.log.clear();
  Client& next = harness.open();
  next.send(client_frame(kText, "next"));
  harness.run_until_logged("message next");
  EXPECT_EQ(harness.count("message"), size_t{1});
}

TEST(a_flood_behind_the_request_is_read_a_share_at_a_time_too) {
  SessionHarness harness;
  Client& client = harness.connect();
  std::string flood(kUpgradeRequest);
  for (int i = 0; i < 1'000; ++i) flood += client_frame(kText, std::to_string(i));
  client.send(flood);
  harness.run_until_logged("message 999");
  EXPECT_EQ(harness.count("message"), size_t{1'000});
  EXPECT_EQ(harness.log.front(), "open ");
}

// Thousands may be answered together, while nothing can be delivered.
TEST(frames_behind_an_upgrade_are_not_read_within_its_answer) {
  SessionHarness harness(asking());
  Client& client = harness.connect();
  client.send(std::string(kUpgradeRequest) + repeated(100, client_frame(kText, "early")));
  harness.run_until_logged("upgrade");
  harness.last->accept({}, {});
  EXPECT_EQ(harness.log.back(), "open ");
  EXPECT(harness.session.has_work());
  harness.run_until([&] { return harness.count("message early") == 100; });
}

// --- Rates ---

// What comes in one segment is received at one time, so that no clock has a say in these.
TEST(fails_a_peer_that_sends_more_messages_than_a_seconds_worth) {
  ServerOptions options;
  options.receive_rate_limits.messages_per_second = 100;
  for (const int first : {kText, kPing, kPong}) {
    SessionHarness harness(options);
    Client& client = harness.open();
    client.send(repeated(50, client_frame(kText)) + repeated(51, client_frame(first)));
    harness.run_until([&] { return client.ended; });
    EXPECT_EQ(harness.log.size(), 102);
    EXPECT_EQ(harness.count("close 1008"), 1);
    EXPECT_EQ(harness.last_protocol_error, ProtocolError::kTooManyMessages);
    const Frames frames = client.take_frames();
    if (EXPECT(!frames.empty())) EXPECT_EQ(frames.back().payload.substr(0, 2), big_endian(1008, 2));
  }
}

TEST(lets_a_burst_of_a_seconds_worth_pass) {
  ServerOptions options;
  options.receive_rate_limits.messages_per_second = 100;
  SessionHarness harness(options);
  Client& client = harness.connect();
  client.send(std::string(kUpgradeRequest) + repeated(60, client_frame(kText)));
  harness.run_until([&] { return harness.count("message") == 60; });
  client.send(repeated(40, client_frame(kText)));
  harness.run_until([&] { return harness.count("message") == 100; });
  // A close frame needs no token.
  client.send(client_frame(kClosing, close_payload(1000)));
  harness.run_until_logged("close 1000");
}

TEST(fails_a_peer_that_sends_more_bytes_than_a_seconds_worth) {
  ServerOptions options;
  options.receive_rate_limits.bytes_per_second = 1'000;
  const std::string message = client_frame(kBinary, std::string(992, 'b'));
  for (const size_t size : {size_t{1'000}, size_t{1'001}}) {
    SessionHarness harness(options);
    Client& client = harness.open();
    client.send((message + client_frame(kText)).substr(0, size));
    harness.run_until([&] { return harness.log.size() > 1; });
    EXPECT_EQ(harness.count("message"), size == 1'000);
    EXPECT_EQ(harness.count("close 1008"), size == 1'001);
    if (size == 1'001) EXPECT_EQ(harness.last_protocol_error, ProtocolError::kTooManyBytes);
  }
}

// It may have sent that much meanwhile, and was read late.
TEST(does_not_hold_our_pauses_against_the_peer) {
  constexpr uint64_t kPauseMs = 50;
  ServerOptions options;
  options.receive_rate_limits.messages_per_second = 1'000;
  SessionHarness harness(options);
  Client& client = harness.open();
  harness.last->set_paused(true);
  client.send(repeated(1'000 + kPauseMs, client_frame(kText)));
  const uint64_t until_ms = monotonic_ms() + kPauseMs + 1;
  harness.run_until([&] { return monotonic_ms() >= until_ms; });
  harness.last->set_paused(false);
  harness.run_until([&] { return harness.count("message") == 1'000 + kPauseMs; });
}

// --- A peer that does not read ---

TEST(holds_back_for_a_peer_that_does_not_read) {
  ServerOptions options;
  options.high_water_mark = 100'000;
  SessionHarness harness(options);
  Client& client = harness.open(4'096);
  client.is_reading = false;
  Connection& connection = *harness.last;
  const std::string payload(50'000, 'p');
  size_t written = 0;
  while (harness.outbound <= 3 * options.high_water_mark && written < (64u << 20)) {
    harness.send(connection, Opcode::kBinary, payload);
    written += frame_header(kBinary, payload.size()).size() + payload.size();
    EXPECT(harness.outbound <= written);
    EXPECT_EQ(harness.outbound + harness.server.stats().bytes_sent, written + 129);
  }
  // Reading has stopped: what the client sends now waits in the kernel.
  client.send(client_frame(kText, "later"));
  harness.settle();
  EXPECT_EQ(harness.count("message"), 0);
  EXPECT_EQ(harness.count("drain"), 0);
  client.is_reading = true;
  harness.run_until_logged("message later");
  EXPECT_EQ(harness.log, (Log{"open ", "drain", "message later"}));
  EXPECT_EQ(harness.outbound, 0);
  harness.run_until([&] { return client.received.size() == written; });
}

// A regression: pongs, which nobody's drain waits for, piled up without a bound.
TEST(pongs_for_a_peer_that_does_not_read_have_a_bound) {
  ServerOptions options;
  options.high_water_mark = 10'000;
  SessionHarness harness(options);
  Client& client = harness.open(4'096);
  client.is_reading = false;
  const int small = 4'608;
  setsockopt(static_cast<int>(harness.last->handle().index), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  fill(static_cast<int>(harness.last->handle().index));
  const std::string ping = client_frame(kPing, std::string(125, 'p'));
  for (int i = 0; i < 1'000; ++i) {
    if (::send(client.fd.get(), ping.data(), ping.size(), MSG_NOSIGNAL) < 0) break;
    harness.turn();
  }
  EXPECT(harness.outbound_max <= options.high_water_mark + 127);
}

TEST(drains_at_once_when_the_kernel_takes_it_all) {
  ServerOptions options;
  options.high_water_mark = 10;
  SessionHarness harness(options);
  harness.open();
  harness.send(*harness.last, Opcode::kText, "more than ten bytes");
  EXPECT_EQ(harness.log, (Log{"open ", "drain"}));
}

TEST(sends_what_is_queued_before_a_close) {
  SessionHarness harness;
  Client& client = harness.open(4'096);
  client.is_reading = false;
  const std::string payload(8 << 20, 'p');
  harness.send(*harness.last, Opcode::kBinary, payload);
  harness.last->close(1000, "done");
  EXPECT(harness.outbound > 0);
  client.is_reading = true;
  const size_t size = frame_header(kBinary, payload.size()).size() + payload.size() + 2 + 2 + 4;
  harness.run_until([&] { return client.received.size() == size; });
  EXPECT(client.take_frames() == (Frames{{kBinary, payload}, {kClosing, close_payload(1000, "done")}}));
  client.send(client_frame(kClosing, close_payload(1000)));
  harness.run_until([&] { return client.ended; });
  EXPECT_EQ(harness.count("close 1000"), 1);
}

// --- The closing handshake ---

// A regression: an answer to what came in one segment with the close frame, or with a fault, was lost.
TEST(lets_what_came_before_the_end_be_answered_first) {
  for (const std::string& last : {client_frame(kClosing, close_payload(1000)), client_frame(0x83, "fault")}) {
    SessionHarness harness;
    Client& client = harness.open();
    harness.when_delivering = [&] { harness.send(*harness.last, Opcode::kText, "answer"); };
    client.send(client_frame(kText, "question") + client_frame(kPing, "p") + last);
    harness.run_until([&] { return client.ended; });
    const Frames frames = client.take_frames();
    EXPECT_EQ(frames.size(), 3);
    EXPECT(Frames(frames.begin(), frames.begin() + 2) == (Frames{{kPong, "p"}, {kText, "answer"}}));
    EXPECT_EQ(frames.back().first, kClosing);
  }
}

// What is answered may itself end the connection.
TEST(may_be_closed_or_dropped_while_the_end_is_answered) {
  for (bool drops : {false, true}) {
    SessionHarness harness;
    Client& client = harness.open();
    harness.when_delivering = [&] {
      if (drops) {
        harness.last->terminate();
      } else {
        harness.last->close(4000, "mine");
      }
    };
    client.send(client_frame(kText, "question") + client_frame(kClosing, close_payload(1000)));
    harness.run_until([&] { return client.ended; });
    EXPECT(client.take_frames() == (drops ? Frames{} : Frames{{kClosing, close_payload(4000, "mine")}}));
    EXPECT_EQ(harness.count("close"), 1);
  }
}

TEST(echoes_the_peers_close) {
  for (const std::string& payload : {std::string(), close_payload(1000), close_payload(4321, "because")}) {
    SessionHarness harness;
    Client& client = harness.open();
    client.send(client_frame(kClosing, payload) + client_frame(kText, "not read"));
    harness.run_until([&] { return client.ended; });
    EXPECT(client.take_frames() == (Frames{{kClosing, payload}}));
    const std::string line = payload.empty()       ? "close 1005 "
                             : payload.size() == 2 ? "close 1000 "
                                                   : "close 4321 because";
    EXPECT_EQ(harness.log, (Log{"open ", line}));
    EXPECT_EQ(harness.server.stats().open, 0);
  }
}

TEST(closes_and_waits_for_the_answer) {
  SessionHarness harness;
  Client& client = harness.open();
  Connection& connection = *harness.last;
  connection.close(4000, "bye");
  EXPECT(!connection.may_send());
  connection.close(4001, "ignored");
  harness.settle();
  EXPECT(client.take_frames() == (Frames{{kClosing, close_payload(4000, "bye")}}));
  EXPECT(!client.ended);
  // The peer's messages are delivered until it answers; its pings are not answered.
  client.send(client_frame(kText, "still") + client_frame(kPing, "p") +
              client_frame(kClosing, close_payload(4000)));
  harness.run_until([&] { return client.ended; });
  EXPECT_EQ(client.received, "");
  EXPECT_EQ(harness.log, (Log{"open ", "message still", "ping p", "close 4000 "}));
}

TEST(does_not_wait_for_ever_for_the_answer) {
  ServerOptions options;
  options.close_timeout_ms = 30;
  SessionHarness harness(options);
  Client& client = harness.open();
  harness.last->close(1000, {});
  harness.run_until_logged("close 1006");
  harness.run_until([&] { return client.ended; });
  EXPECT_EQ(harness.log.size(), 2);
}

TEST(fails_the_connection_on_a_protocol_error) {
  SessionHarness harness;
  Client& client = harness.open();
  client.send(client_frame(kText, "\xff") + client_frame(kText, "not read"));
  harness.run_until([&] { return client.ended; });
  const Frames frames = client.take_frames();
  if (EXPECT_EQ(frames.size(), 1)) {
    EXPECT_EQ(frames[0].first, kClosing);
    EXPECT_EQ(frames[0].payload.substr(0, 2), big_endian(1007, 2));
  }
  EXPECT_EQ(harness.count("close 1007"), 1);
  EXPECT_EQ(harness.log.size(), 2);
  EXPECT_EQ(harness.last_protocol_error, ProtocolError::kInvalidUtf8);
}

TEST(refuses_a_message_that_is_too_big) {
  ServerOptions options;
  options.message_limits.bytes_max = 100;
  SessionHarness harness(options);
  Client& client = harness.open();
  client.send(frame_header(kBinary, 101, kKey));
  harness.run_until([&] { return client.ended; });
  EXPECT_EQ(harness.count("close 1009"), 1);
}

TEST(terminates) {
  SessionHarness harness;
  Client& client = harness.open();
  harness.last->terminate();
  harness.run_until([&] { return client.ended; });
  EXPECT_EQ(client.received, "");
  EXPECT_EQ(harness.log, (Log{"open ", "close 1006 terminated"}));
}

// --- Peers that vanish ---

TEST(reports_peers_that_vanish) {
  for (const bool with_reset : {false, true}) {
    SessionHarness harness;
    Client& client = harness.open();
    client.send(client_frame(kText, "last") + client_frame(kText, "half").substr(0, 7));
    harness.run_until_logged("message last");
    with_reset ? client.reset() : client.leave();
    harness.run_until_logged("close 1006");
    EXPECT_EQ(harness.log.size(), 3);
    EXPECT_EQ(harness.last_system_error, with_reset ? ECONNRESET : 0);
  }
}

// The peer's reason is not lost though our sends fail.
TEST(reads_a_close_frame_after_a_send_has_failed) {
  SessionHarness harness;
  Client& client = harness.open();
  Connection& connection = *harness.last;
  client.send(client_frame(kClosing, close_payload(4002, "gone")));
  client.leave();
  // The first is answered by a reset, the second fails with EPIPE or ECONNRESET.
  harness.send(connection, Opcode::kText, "a");
  harness.send(connection, Opcode::kText, "b");
  harness.run_until_logged("close");
  EXPECT_EQ(harness.log, (Log{"open ", "close 4002 gone"}));
}

// Nor when it is our answer to that frame which fails.
TEST(reports_the_peers_close_when_the_answer_cannot_be_sent) {
  for (const bool pauses : {false, true}) {
    SessionHarness harness;
    Client& client = harness.open();
    harness.on_event = [&](Connection& connection, const std::string& line) {
      if (pauses && line == "message m") connection.set_paused(true);
    };
    client.send(client_frame(kText, "m") + client_frame(kClosing, close_payload(4002, "gone")));
    client.leave();
    harness.send(*harness.last, Opcode::kText, "answered by a reset");
    harness.run_until_logged("close");
    EXPECT_EQ(harness.log, (Log{"open ", "message m", "close 4002 gone"}));
  }
}

TEST(a_connection_for_whose_output_there_is_no_memory_ends) {
  struct NoRetainer final : Retainer {
    std::unique_ptr<Retained> retain(uint32_t) override { return nullptr; }
  } retainer;
  SessionHarness harness;
  harness.open();
  RandomPool keys;
  FrameBatch batch;
  batch.mask_with(&keys);
  const uint8_t byte = 0;
  batch.add(Opcode::kBinary, {&byte, size_t{5} << 30});  // more than any copy may have
  harness.last->write(batch, 0, retainer);
  EXPECT(batch.empty());
  EXPECT_EQ(harness.log, (Log{"open ", "close 1006 "}));
  EXPECT_EQ(harness.last_system_error, ENOMEM);
  EXPECT_EQ(harness.server.stats().messages_sent, 0);
}

TEST(sends_to_a_peer_that_left_at_any_point_end_once) {
  // Which of the operations the peer's end falls before.
  for (int leaves_before = 0; leaves_before < 5; ++leaves_before) {
    for (const bool with_reset : {false, true}) {
      SessionHarness harness;
      Client& client = harness.open();
      const SlotHandle handle = harness.last->handle();
      for (int step = 0; step < 5; ++step) {
        if (step == leaves_before) with_reset ? client.reset() : client.leave();
        Slot* slot = harness.reactor.find(handle);
        if (!slot) break;
        Connection& connection = *harness.last;
        if (step == 0) harness.send(connection, Opcode::kText, "small");
        if (step == 1 && connection.may_send())
          harness.send(connection, Opcode::kBinary, std::string(8 << 20, 'p'));
        if (step == 2 && connection.may_send()) harness.send(connection, Opcode::kPing, "p");
        if (step == 3) connection.close(1000, "bye");
        if (step == 4) harness.turn();
      }
      harness.run_until_logged("close 1006");
      harness.settle();
      EXPECT_EQ(harness.count("close"), 1);
      EXPECT(harness.all_closed());
    }
  }
}

// A seqpacket socket refuses what exceeds its buffer with EMSGSIZE: a send that fails as no peer's end makes
// it.
struct Unsendable {
  explicit Unsendable(SessionHarness& harness) : pair(SOCK_SEQPACKET), client(pair.theirs.get()) {
    const int small = 4'608;
    setsockopt(pair.ours.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    Address peer = *Address::parse("127.0.0.1");
    Connection::start(harness.server, std::move(pair.ours), peer, harness.port);
  }
  void send(std::string_view bytes) { ::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  SocketPair pair;
  int client;
};

TEST(never_opens_when_the_accepting_response_cannot_be_sent) {
  SessionHarness harness(asking());
  Unsendable client(harness);
  client.send(kUpgradeRequest);
  harness.run_until_logged("upgrade");
  harness.last->accept({}, "X: " + std::string(100'000, 'x') + "\r\n");
  EXPECT_EQ(harness.log, Log{"upgrade"});
  EXPECT_EQ(harness.server.stats().open, 0);
  EXPECT_EQ(harness.server.stats().accepted, 0);
  EXPECT_EQ(harness.server.stats().refused, 1);
}

TEST(ends_when_a_refusal_cannot_be_sent) {
  SessionHarness harness(asking());
  Unsendable client(harness);
  client.send(kUpgradeRequest);
  harness.run_until_logged("upgrade");
  harness.last->respond(std::string(100'000, 'x'));
  harness.reactor.reap();
  EXPECT_EQ(harness.log, Log{"upgrade"});
  EXPECT_EQ(harness.server.stats().refused, 1);
}

TEST(ends_when_a_message_cannot_be_sent) {
  SessionHarness harness;
  Unsendable client(harness);
  client.send(kUpgradeRequest);
  harness.run_until_logged("open");
  harness.send(*harness.last, Opcode::kBinary, std::string(100'000, 'x'));
  EXPECT_EQ(harness.log, (Log{"open ", "close 1006 "}));
  EXPECT_EQ(harness.last_system_error, EMSGSIZE);
}

TEST(is_not_started_when_epoll_refuses_it) {
  SessionHarness harness;
  UniqueFd directory(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const int fd = directory.get();
  Connection::start(harness.server, std::move(directory), *Address::parse("127.0.0.1"), harness.port);
  EXPECT(!is_open(fd));
  harness.server.close();
  harness.run_until_logged("server closed");
}

// --- Handlers that interfere ---

TEST(stays_sound_when_any_handler_ends_any_connection) {
  enum class Act { kTerminate, kClose, kTerminateOther, kCloseOther, kPause, kServerClose, kSend };
  for (const char* when : {"upgrade", "open", "message", "ping", "pong", "close", "drain"}) {
    for (const Act act : {Act::kTerminate, Act::kClose, Act::kTerminateOther, Act::kCloseOther, Act::kPause,
                          Act::kServerClose, Act::kSend}) {
      ServerOptions options;
      options.asks_upgrade = std::string_view(when) == "upgrade";
      options.close_timeout_ms = 20;
      options.high_water_mark = 10;
      SessionHarness harness(options);
      harness.on_event = [&](Connection& connection, const std::string& line) {
        if (line == "upgrade") connection.accept({}, {});
      };
      Client& other = harness.open();
      Connection* other_connection = harness.last;
      const SlotHandle other_handle = other_connection->handle();
      bool done = false;
      harness.on_event = [&](Connection& connection, const std::string& line) {
        if (line.starts_with(when) && !std::exchange(done, true)) {
          Connection* target = &connection;
          if (act == Act::kTerminateOther || act == Act::kCloseOther) {
            target = harness.reactor.find(other_handle) ? other_connection : nullptr;
          }
          if (target && (act == Act::kTerminate || act == Act::kTerminateOther)) target->terminate();
          if (target && (act == Act::kClose || act == Act::kCloseOther)) target->close(1000, "enough");
          if (act == Act::kPause) connection.set_paused(true);
          if (act == Act::kServerClose) harness.server.close();
          if (act == Act::kSend && connection.may_send())
            harness.send(connection, Opcode::kText, "a reply longer");
        }
        if (line == "upgrade") connection.accept({}, {});
      };
      Client& client = harness.connect();
      client.send(std::string(kUpgradeRequest) + client_frame(kText, "a") + client_frame(kPing, "b") +
                  client_frame(kPong, "c") + client_frame(kText, "d"));
      harness.run_until([&] { return client.ended || harness.count("message d") > 0 || done; });
      if (std::string_view(when) == "drain" && harness.reactor.find(harness.last->handle())) {
        harness.send(*harness.last, Opcode::kText, "longer than the mark");
      }
      if (client.fd && !client.ended) {
        const std::string bytes = client_frame(kClosing, close_payload(1000));
        ::send(client.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      }
      harness.settle();
      client.leave();
      other.leave();
      harness.settle();
      harness.server.close();
      harness.run_until_logged("server closed");
      harness.settle();
      EXPECT(harness.all_closed());
      EXPECT_EQ(harness.count("server closed"), 1);
      EXPECT_EQ(harness.count("close "), harness.count("open "));
      EXPECT_EQ(harness.server.stats().open, 0);
      EXPECT(done);
    }
  }
}

TEST(may_be_terminated_when_outbound_bytes_are_reported) {
  // At a write, and when the queue goes down.
  for (const bool at_write : {true, false}) {
    SessionHarness harness;
    Client& client = harness.open(4'096);
    client.is_reading = false;
    const auto terminate = [](Connection& connection) { connection.terminate(); };
    if (at_write) harness.on_outbound = terminate;
    harness.send(*harness.last, Opcode::kBinary, std::string(8 << 20, 'p'));
    if (!at_write) harness.on_outbound = terminate;
    client.is_reading = true;
    harness.run_until([&] { return client.ended; });
    EXPECT_EQ(harness.log, (Log{"open ", "close 1006 terminated"}));
  }
}

}  // namespace
}  // namespace ntyws
