// Streams of frames go through all chunkings and are held against the model in endpoint_model.h.
#include "protocol/endpoint.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "allocated_bytes.h"
#include "base/spare_memory.h"
#include "chunkings.h"
#include "endpoint_model.h"
#include "frames.h"
#include "guarded_bytes.h"
#include "plain_deflate.h"
#include "read_all.h"
#include "testing.h"

namespace ntyws {
namespace {

using namespace ntyws::testing;

constexpr uint64_t kBytesMax = 1'000;

class Recorder final : public EndpointEvents {
 public:
  void on_message(const Message& message) override {
    note(message_line(message.is_text, message.is_ascii, as_text(message.payload)));
    if (message.owned) EXPECT_EQ(message.owned->bytes(), message.payload);
    if (look_at) look_at(message);
  }
  void on_ping(Bytes payload) override { note("ping " + std::string(as_text(payload))); }
  void on_pong(Bytes payload) override { note("pong " + std::string(as_text(payload))); }
  void on_close_frame(uint16_t code, std::string_view reason) override { note(close_line(code, reason)); }
  void on_protocol_error(ProtocolError error) override { note(error_line(error)); }

  Log log;
  std::function<void(const Message&)> look_at;
  std::function<void()> after_each;

 private:
  void note(std::string line) {
    log.push_back(std::move(line));
    if (after_each) after_each();
  }
};

// --- Running ---

// Each piece lies before a guard page, and is overwritten after the call.
void feed(Endpoint& endpoint, std::string_view bytes, Recorder& recorder, Role role = Role::kServer,
          uint64_t bytes_max = kBytesMax, uint32_t fragments_max = limits::kFragmentsMax,
          MessageDeflate* deflate = nullptr) {
  static GuardedBytes memory(std::string(256 * 1024, '\xdd'));
  const MutableBytes piece = memory.bytes().last(bytes.size());
  copy_bytes(piece.data(), as_bytes(bytes).data(), bytes.size());
  read_all(endpoint, piece, role, {bytes_max, fragments_max}, deflate, recorder);
  std::fill(piece.begin(), piece.end(), uint8_t{0xdd});
}

// An endpoint's part in compression: the peer takes its window over or does not, with the largest there is.
struct Deflate {
  explicit Deflate(Compression compression = Compression::kTakeover, Role role = Role::kServer)
      : is_agreed(compression != Compression::kNone),
        message_deflate({compression == Compression::kNoTakeover, compression == Compression::kNoTakeover},
                        role, options, shared) {}
  // Null without compression.
  MessageDeflate* get() { return is_agreed ? &message_deflate : nullptr; }

  const bool is_agreed;
  const DeflateOptions options;
  SharedDeflateStreams shared;
  MessageDeflate message_deflate;
};

void expect_log(const std::string& stream, const Log& expected, Role role = Role::kServer,
                uint64_t bytes_max = kBytesMax, int random_count = 20,
                uint32_t fragments_max = limits::kFragmentsMax,
                Compression compression = Compression::kNone) {
  for_each_chunking(
      stream.size(),
      [&](const std::vector<size_t>& pieces) {
        Deflate deflate(compression, role);
        Endpoint endpoint;
        Recorder recorder;
        std::string_view rest = stream;
        for (const size_t piece : pieces) {
          feed(endpoint, rest.substr(0, piece), recorder, role, bytes_max, fragments_max, deflate.get());
          rest.remove_prefix(piece);
        }
        bool fine = EXPECT_EQ(recorder.log, expected);
        const bool ended = !expected.empty() &&
                           (expected.back().starts_with("close ") || expected.back().starts_with("error "));
        fine = EXPECT_EQ(endpoint.reading(), !ended) && fine;
        fine = EXPECT_EQ(endpoint.close_received(), ended && expected.back()[0] == 'c') && fine;
        if (!fine) fail(__FILE__, __LINE__, "the above of " + quoted(stream) + " in " + printed(pieces));
      },
      random_count);
}

// The log written out by hand, which the model has to agree with.
void expect_events(const std::string& stream, const Log& expected) {
  expect_log(stream, expected);
  EXPECT_EQ(expected_log(stream, Role::kServer, kBytesMax), expected);
}
void expect_error(const std::string& stream, ProtocolError error, Log before = {}) {
  before.push_back(error_line(error));
  expect_events(stream, before);
}

std::string text(std::string_view payload, bool fin = true) {
  return client_frame((fin ? kFin : 0) | kTextFrame, payload);
}
std::string more(std::string_view payload, bool fin) {
  return client_frame((fin ? kFin : 0) | kContinuationFrame, payload);
}
std::string ping(std::string_view payload) {
  return client_frame(kFin | kPingFrame, payload);
}
std::string pong(std::string_view payload) {
  return client_frame(kFin | kPongFrame, payload);
}
std::string binary(std::string_view payload, bool fin = true) {
  return client_frame((fin ? kFin : 0) | kBinaryFrame, payload);
}
std::string close(std::string_view payload) {
  return client_frame(kFin | kCloseFrame, payload);
}

// --- Messages ---

TEST(reads_whole_messages) {
  expect_events(text("hello") + binary(std::string("\0\xff", 2)) + text("\xc3\xa9"),
                {"ascii hello", std::string("binary \0\xff", 9), "text \xc3\xa9"});
  for (const size_t size : {0, 1, 125, 126, 127, 300, 1000}) {
    const std::string payload(size, 'p');
    expect_events(text(payload) + binary(payload), {"ascii " + payload, "binary " + payload});
  }
}

TEST(reads_messages_of_64_bit_lengths) {
  const std::string payload(70'000, 'p');
  for (const size_t piece : {size_t{1'000}, size_t{65'546}, size_t{100'000}}) {
    Endpoint endpoint;
    Recorder recorder;
    const std::string stream = text(payload) + ping("");
    for (size_t at = 0; at < stream.size(); at += piece) {
      feed(endpoint, std::string_view(stream).substr(at, piece), recorder, Role::kServer, 70'000);
    }
    EXPECT_EQ(recorder.log, (Log{"ascii " + payload, "ping "}));
  }
}

TEST(reads_what_a_server_sends) {
  expect_log(frame(kFin | kTextFrame, "hello") + frame(kPingFrame | kFin, "p"), {"ascii hello", "ping p"},
             Role::kClient);
  expect_log(client_frame(kFin | kTextFrame, "hello"), {error_line(ProtocolError::kMaskedFrame)},
             Role::kClient);
}

TEST(joins_fragments) {
  expect_events(text("ab", false) + more("cd", false) + more("ef", true) + text("g"),
                {"ascii abcdef", "ascii g"});
  expect_events(binary("a", false) + more("b", true) + text("c", false) + more("d", true),
                {"binary ab", "ascii cd"});
}

TEST(joins_empty_fragments) {
  expect_events(text("", false) + more("", false) + more("", true), {"ascii "});
  expect_events(text("", false) + more("a", false) + more("", true), {"ascii a"});
  expect_events(text("a", false) + more("", false) + more("b", true), {"ascii ab"});
  expect_events(text("", false) + more("ab", true), {"ascii ab"});
  expect_events(text("", false) + more("\xc3\xa9", true) + text(""), {"text \xc3\xa9", "ascii "});
}

TEST(reads_control_frames_between_fragments) {
  expect_events(text("a", false) + ping("1") + more("b", false) + pong("2") + ping("") + more("c", true),
                {"ping 1", "pong 2", "ping ", "ascii abc"});
  expect_events(text("a", false) + close(close_payload(1000)), {"close 1000 "});
  const std::string longest(125, 'p');
  expect_events(ping(longest) + pong(longest), {"ping " + longest, "pong " + longest});
}

TEST(refuses_fragments_out_of_order) {
  expect_error(more("a", true), ProtocolError::kUnexpectedContinuation);
  expect_error(more("a", false), ProtocolError::kUnexpectedContinuation);
  expect_error(text("a") + more("b", true), ProtocolError::kUnexpectedContinuation, {"ascii a"});
  expect_error(text("a", false) + text("b"), ProtocolError::kExpectedContinuation);
  expect_error(text("", false) + binary("b", false), ProtocolError::kExpectedContinuation);
  expect_error(text("a", false) + more("b", true) + more("c", true), ProtocolError::kUnexpectedContinuation,
               {"ascii ab"});
}

// --- Text ---

TEST(refuses_text_that_is_none) {
  expect_error(text("\xff"), ProtocolError::kInvalidUtf8);
  expect_error(text("abc\xc3"), ProtocolError::kInvalidUtf8);
  expect_error(text("a", false) + more("\xed\xa0\x80", true), ProtocolError::kInvalidUtf8);
  expect_error(text("\xc3", false) + more("", true), ProtocolError::kInvalidUtf8);
  expect_error(text("", false) + more("\xc3", true), ProtocolError::kInvalidUtf8);
  // Of two halves, each of its own message, the second is not reached.
  expect_error(text("\xc3") + text("\xa9"), ProtocolError::kInvalidUtf8);
  expect_events(binary("\xff\xed\xa0\x80"), {"binary \xff\xed\xa0\x80"});
}

TEST(takes_code_points_that_fragments_split) {
  expect_events(
      text("a\xf0\x9f", false) + ping("") + more("\x98", false) + more("", false) + more("\x80z", true),
      {"ping ", "text a\xf0\x9f\x98\x80z"});
}

// The state of one message's text does not reach into the next.
TEST(begins_each_text_anew) {
  expect_events(
      text("\xc3\xa9") + text("a") + binary("\xc3") + text("b") + text("\xc3\xa9", false) + more("", true),
      {"text \xc3\xa9", "ascii a", "binary \xc3", "ascii b", "text \xc3\xa9"});
}

TEST(fails_wrong_text_at_once) {
  // Of a fragment that is not whole yet, and of a frame whose rest never comes.
  for (const char* wrong : {"ab\xff", "\xf4\x90", "\xed\xa0"}) {
    for (const int first : {kTextFrame, kFin | kTextFrame}) {
      const std::string stream = frame_header(first, 100, kKey) + masked(wrong, kKey);
      expect_error(stream, ProtocolError::kInvalidUtf8);
      expect_events(stream.substr(0, stream.size() - 1), {});
    }
  }
  // Before the control frame behind it.
  expect_error(text("\xff", false) + ping("") + more("", true), ProtocolError::kInvalidUtf8);
}

// --- Limits ---

TEST(refuses_what_is_too_big_at_its_header) {
  const std::string full(kBytesMax, 'a');
  expect_events(text(full), {"ascii " + full});
  expect_error(frame_header(0x82, kBytesMax + 1, kKey), ProtocolError::kMessageTooBig);
  expect_error(frame_header(0x02, 1ULL << 40, kKey), ProtocolError::kMessageTooBig);
  expect_error(frame_header(0x82, (1ULL << 63) - 1, kKey), ProtocolError::kMessageTooBig);
  expect_events(text("a", false) + more(full.substr(1), true), {"ascii " + full});
  expect_error(text("a", false) + frame_header(0x80, kBytesMax, kKey), ProtocolError::kMessageTooBig);
  expect_error(text(full, false) + more("", false) + frame_header(0x00, 1, kKey),
               ProtocolError::kMessageTooBig);
  // Each message has the whole limit for itself.
  expect_events(text(full) + text("", false) + more(full, true), {"ascii " + full, "ascii " + full});
  expect_log(text(""), {"ascii "}, Role::kServer, 0);
  expect_log(text("a"), {error_line(ProtocolError::kMessageTooBig)}, Role::kServer, 0);
}

void expect_with_fragments_max(uint32_t fragments_max, const std::string& stream, const Log& expected) {
  expect_log(stream, expected, Role::kServer, kBytesMax, 20, fragments_max);
  EXPECT_EQ(expected_log(stream, Role::kServer, kBytesMax, fragments_max), expected);
}

TEST(refuses_one_fragment_too_many_at_its_header) {
  const std::string error = error_line(ProtocolError::kTooManyFragments);
  const std::string three = text("a", false) + more("b", false) + more("c", true);
  expect_with_fragments_max(3, three, {"ascii abc"});
  expect_with_fragments_max(2, text("a", false) + more("b", false) + frame_header(0x80, 9, kKey), {error});
  expect_with_fragments_max(2, text("a", false) + more("b", true) + text("c"), {"ascii ab", "ascii c"});
  // A message in one frame is one fragment.
  expect_with_fragments_max(1, text("a") + binary("b"), {"ascii a", "binary b"});
  expect_with_fragments_max(1, text("a", false) + more("b", true), {error});
  // Empty ones count, control frames do not.
  expect_with_fragments_max(2, text("", false) + more("", false) + more("", true), {error});
  expect_with_fragments_max(2, text("a", false) + ping("") + pong("") + more("b", true),
                            {"ping ", "pong ", "ascii ab"});
  // Each message has the whole limit for itself.
  expect_with_fragments_max(3, three + three, {"ascii abc", "ascii abc"});
}

TEST(takes_any_number_of_fragments_without_a_limit) {
  for (const uint32_t fragments_max : {0u, limits::kFragmentsMax}) {
    Endpoint endpoint;
    Recorder recorder;
    feed(endpoint, text("", false), recorder, Role::kServer, kBytesMax, fragments_max);
    const std::string fragment = more("", false);
    for (uint32_t i = 1; i < limits::kFragmentsMax; ++i) {
      feed(endpoint, fragment, recorder, Role::kServer, kBytesMax, fragments_max);
    }
    EXPECT_EQ(recorder.log, Log());
    feed(endpoint, more("", true), recorder, Role::kServer, kBytesMax, fragments_max);
    EXPECT_EQ(recorder.log,
              Log{fragments_max == 0 ? "ascii " : error_line(ProtocolError::kTooManyFragments)});
  }
}

TEST(spends_no_memory_on_announced_bytes) {
  constexpr uint64_t kTerabyte = 1ULL << 40;
  constexpr size_t kPiece = 1'000;
  for (const int first : {kFin | kBinaryFrame, kBinaryFrame}) {
    Endpoint endpoint;
    Recorder recorder;
    const size_t before = allocated_bytes();
    feed(endpoint, frame_header(first, kTerabyte, kKey), recorder, Role::kServer, kTerabyte);
    EXPECT(allocated_bytes() - before < 1'000);
    const std::string piece(kPiece, 'p');
    for (size_t arrived = kPiece; arrived <= 200 * kPiece; arrived += kPiece) {
      feed(endpoint, piece, recorder, Role::kServer, kTerabyte);
      EXPECT(allocated_bytes() - before <= 6 * arrived + 1'000);
    }
    EXPECT_EQ(recorder.log, Log());
  }
}

// Else many small fragments would each move all that has come before.
TEST(grows_its_memory_in_steps_over_small_fragments) {
  Endpoint endpoint;
  Recorder recorder;
  feed(endpoint, binary("a", false), recorder, Role::kServer, 1 << 20);
  const std::string fragment = more("a", false);
  int growths = 0;
  size_t allocated = allocated_bytes();
  for (int i = 0; i < 10'000; ++i) {
    feed(endpoint, fragment, recorder, Role::kServer, 1 << 20);
    growths += allocated_bytes() != allocated;
    allocated = allocated_bytes();
  }
  EXPECT(growths < 20);
  feed(endpoint, more("", true), recorder, Role::kServer, 1 << 20);
  EXPECT_EQ(recorder.log, Log{"binary " + std::string(10'001, 'a')});
}

// As many fragments as the Autobahn testsuite's largest case has. What they cost is the growing of the memory
// they are gathered in: its steps are counted, and the bytes that they may have moved.
TEST(joins_65536_fragments_with_the_default_limits_in_few_steps) {
  constexpr size_t kCount = 65'536;
  const std::string part = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abc\xe2\x82\xac";
  Endpoint endpoint;
  Recorder recorder;
  size_t size = 0;
  recorder.look_at = [&](const Message& message) { size = message.payload.size(); };
  const MessageLimits defaults;
  const std::string fragment = more(part, false);
  size_t growths = 0;
  size_t moved = 0;
  size_t allocated = allocated_bytes();
  feed(endpoint, text(part, false), recorder, Role::kServer, defaults.bytes_max, defaults.fragments_max);
  for (size_t i = 2; i < kCount; ++i) {
    feed(endpoint, fragment, recorder, Role::kServer, defaults.bytes_max, defaults.fragments_max);
    if (allocated_bytes() == allocated) continue;
    ++growths;
    moved += (i - 1) * part.size();
    allocated = allocated_bytes();
  }
  feed(endpoint, more(part, true), recorder, Role::kServer, defaults.bytes_max, defaults.fragments_max);
  EXPECT_EQ(recorder.log.size(), 1);
  EXPECT_EQ(size, kCount * part.size());
  EXPECT(growths < 25);
  EXPECT(moved < 2 * size);
}

TEST(holds_no_memory_after_an_error) {
  const std::string payload(100'000, 'p');
  const std::string header = frame_header(kBinaryFrame, payload.size(), kKey);
  const std::string wrong = frame_header(kFin | kTextFrame, 1, kKey);
  Endpoint endpoint;
  Recorder recorder;
  const size_t before = allocated_bytes();
  feed(endpoint, header, recorder, Role::kServer, 1 << 20);
  feed(endpoint, payload, recorder, Role::kServer, 1 << 20);
  EXPECT(allocated_bytes() >= before + payload.size());
  feed(endpoint, wrong, recorder, Role::kServer, 1 << 20);
  EXPECT(allocated_bytes() < before + 1'000);
  EXPECT_EQ(recorder.log, Log{error_line(ProtocolError::kExpectedContinuation)});
}

// The connection outlives the close frame: it lingers.
TEST(holds_no_memory_after_a_close_within_a_message) {
  Endpoint endpoint;
  Recorder recorder;
  const std::string fragment = binary(std::string(100'000, 'p'), false);
  const std::string end = close("");
  const size_t before = allocated_bytes();
  feed(endpoint, fragment, recorder, Role::kServer, 1 << 20);
  EXPECT(allocated_bytes() >= before + 100'000);
  feed(endpoint, end, recorder, Role::kServer, 1 << 20);
  EXPECT(allocated_bytes() < before + 1'000);
  EXPECT_EQ(recorder.log, Log{"close 1005 "});
}

// --- Handing over ---

TEST(hands_over_the_memory_of_what_it_gathered) {
  Endpoint endpoint;
  Recorder recorder;
  MallocedBytes taken;
  recorder.look_at = [&](const Message& message) {
    if (!EXPECT(message.owned != nullptr)) return;
    EXPECT(message.owned->data() == message.payload.data());
    taken = message.owned->release();
  };
  const std::string stream = binary("first", false) + more(" second", true);
  feed(endpoint, stream, recorder);
  EXPECT_EQ(as_text({taken.get(), 12}), "first second");
  // The next message has memory of its own.
  const MallocedBytes first = std::move(taken);
  feed(endpoint, stream, recorder);
  EXPECT(taken.get() != first.get());
  EXPECT_EQ(recorder.log, (Log{"binary first second", "binary first second"}));
  EXPECT_EQ(as_text({first.get(), 12}), "first second");
}

TEST(a_message_received_in_parts_takes_exactly_its_size) {
  const std::string payload(100'000, 'p');
  const std::string stream = binary(payload);
  Endpoint endpoint;
  Recorder recorder;
  int messages = 0;
  recorder.look_at = [&](const Message& message) {
    ++messages;
    if (EXPECT(message.owned != nullptr)) EXPECT_EQ(message.owned->capacity(), payload.size());
  };
  for (size_t at = 0; at < stream.size(); at += 1'500) {
    feed(endpoint, std::string_view(stream).substr(at, 1'500), recorder, Role::kServer, payload.size());
  }
  EXPECT_EQ(messages, 1);
}

TEST(a_large_message_takes_spare_memory_that_fits) {
  constexpr size_t kSpare = 110'000;
  SpareMemory& spare = SpareMemory::of_thread();
  MallocedBytes block(static_cast<uint8_t*>(std::malloc(kSpare)));
  const uint8_t* data = block.get();
  spare.keep({std::move(block), kSpare});

  const std::string payload(100'000, 'p');
  const std::string stream = binary(payload) + binary(payload);
  Endpoint endpoint;
  Recorder recorder;
  std::vector<bool> used_it;
  recorder.look_at = [&](const Message& message) {
    if (EXPECT(message.owned != nullptr)) used_it.push_back(message.owned->data() == data);
  };
  for (size_t at = 0; at < stream.size(); at += 1'500) {
    feed(endpoint, std::string_view(stream).substr(at, 1'500), recorder, Role::kServer, payload.size());
  }
  EXPECT(used_it == (std::vector<bool>{true, false}));
  EXPECT_EQ(spare.size(), 0);
}

// As a connection does it: into the message where the endpoint asks for that, else into a buffer.
TEST(payload_may_be_received_where_it_stays) {
  std::string umlauts;
  while (umlauts.size() < 300'000) umlauts += "\xc3\xbc.";
  const std::string bytes(400'000, 'b');
  const std::string stream = text(umlauts) + ping("between") + client_frame(0x02, bytes) +
                             client_frame(0x80, bytes) + text("hello") +
                             client_frame(0x81, umlauts + "\xff" + umlauts) + text("late");
  for (size_t step : {1'000u, 65'537u, 200'000u, 262'144u}) {
    Endpoint endpoint;
    Recorder recorder;
    size_t direct = 0;
    for (size_t at = 0; at < stream.size();) {
      std::string_view rest = std::string_view(stream).substr(at, step);
      const MutableBytes room = endpoint.payload_room({1'000'000});
      if (room.empty()) {
        feed(endpoint, rest, recorder, Role::kServer, 1'000'000);
      } else {
        rest = rest.substr(0, room.size());
        copy_bytes(room.data(), as_bytes(rest).data(), rest.size());
        read_all_payload(endpoint, rest.size(), Role::kServer, {1'000'000}, nullptr, recorder);
        direct += rest.size();
      }
      at += rest.size();
    }
    EXPECT(direct > 400'000);
    const Log expected{message_line(true, false, umlauts), "ping between",
                       message_line(false, false, bytes + bytes), "ascii hello",
                       error_line(ProtocolError::kInvalidUtf8)};
    EXPECT(recorder.log == expected);
  }
}

TEST(a_whole_message_lies_in_the_receive_buffer) {
  Endpoint endpoint;
  Recorder recorder;
  GuardedBytes bytes(ping("") + text("hello"));
  recorder.look_at = [&](const Message& message) {
    EXPECT(message.owned == nullptr);
    EXPECT(message.payload.data() + message.payload.size() == bytes.bytes().data() + bytes.bytes().size());
  };
  read_all(endpoint, bytes.bytes(), Role::kServer, {kBytesMax}, nullptr, recorder);
  EXPECT_EQ(recorder.log, (Log{"ping ", "ascii hello"}));
}

// --- Closing ---

TEST(reads_close_frames) {
  expect_events(close(""), {"close 1005 "});
  expect_events(close(close_payload(1000)), {"close 1000 "});
  const std::string longest(limits::kCloseReasonMax, 'r');
  expect_events(close(close_payload(4999, longest)), {"close 4999 " + longest});
}

TEST(refuses_wrong_close_frames) {
  expect_error(close("\x03"), ProtocolError::kInvalidClosePayload);
  expect_error(close(close_payload(1005)), ProtocolError::kInvalidCloseCode);
  expect_error(close(close_payload(999, "why")), ProtocolError::kInvalidCloseCode);
  expect_error(close(close_payload(1000, "\xff")), ProtocolError::kInvalidUtf8);
}

TEST(reads_nothing_after_a_close_or_an_error) {
  expect_events(close(close_payload(1000)) + text("late") + close("") + "\xff\xff", {"close 1000 "});
  expect_error(text("\xff") + text("late") + close(""), ProtocolError::kInvalidUtf8);
  expect_error(frame_header(0x83, 0, kKey) + text("late"), ProtocolError::kReservedOpcode);
}

// Our own close frame does not end reading: the peer's messages go on until it answers (RFC 6455 §5.5.1).
TEST(reads_on_after_our_own_close) {
  Endpoint endpoint;
  Recorder recorder;
  EXPECT(!endpoint.close_sent());
  endpoint.note_close_sent();
  EXPECT(endpoint.close_sent());
  EXPECT(endpoint.reading());
  feed(endpoint, text("late") + close(close_payload(1000)), recorder);
  EXPECT_EQ(recorder.log, (Log{"ascii late", "close 1000 "}));
  EXPECT(endpoint.close_received());
}

TEST(stops_where_a_handler_says_so) {
  const std::string stream =
      ping("1") + text("2") + pong("3") + text("4", false) + more("4", true) + text("5");
  const Log all = {"ping 1", "ascii 2", "pong 3", "ascii 44", "ascii 5"};
  for (size_t stop_at = 1; stop_at <= all.size(); ++stop_at) {
    for_each_chunking(stream.size(), [&](const std::vector<size_t>& pieces) {
      Endpoint endpoint;
      Recorder recorder;
      recorder.after_each = [&] {
        if (recorder.log.size() == stop_at) endpoint.stop_reading();
      };
      std::string_view rest = stream;
      for (const size_t piece : pieces) {
        feed(endpoint, rest.substr(0, piece), recorder);
        rest.remove_prefix(piece);
      }
      EXPECT_EQ(recorder.log, Log(all.begin(), all.begin() + static_cast<long>(stop_at)));
      EXPECT(!endpoint.reading());
      EXPECT(!endpoint.close_received());
    });
  }
}

// --- Compression ---

std::string compressed_text(std::string_view payload, bool fin = true) {
  return client_frame((fin ? kFin : 0) | kCompressed | kTextFrame, payload);
}
std::string compressed_binary(std::string_view payload, bool fin = true) {
  return client_frame((fin ? kFin : 0) | kCompressed | kBinaryFrame, payload);
}

void expect_with(Compression compression, const std::string& stream, const Log& expected) {
  expect_log(stream, expected, Role::kServer, kBytesMax, 20, limits::kFragmentsMax, compression);
  EXPECT_EQ(expected_log(stream, Role::kServer, kBytesMax, limits::kFragmentsMax, compression), expected);
}
// Whether a window is taken over makes no difference here.
void expect_decompressed(const std::string& stream, const Log& expected) {
  expect_with(Compression::kTakeover, stream, expected);
  expect_with(Compression::kNoTakeover, stream, expected);
}
void expect_error_with_compression(const std::string& stream, ProtocolError error, Log before = {}) {
  before.push_back(error_line(error));
  expect_decompressed(stream, before);
}

TEST(reads_compressed_messages_and_others_between_them) {
  const std::string a_lot(900, 'a');
  expect_decompressed(
      compressed_text(deflated("hello")) + text("plain") + compressed_binary(deflated(a_lot)) +
          compressed_text(stored("")) + binary("\xff") + compressed_text(deflated("\xc3\xa9")),
      {"ascii hello", "ascii plain", "binary " + a_lot, "ascii ", "binary \xff", "text \xc3\xa9"});
}

TEST(takes_the_peers_window_over_or_not) {
  PlainDeflate peer;
  const std::string first = compressed_text(peer.compress("once and once more"));
  const std::string second = compressed_text(peer.compress("once and once more"));
  const std::string between = text("plain");
  expect_with(Compression::kTakeover, first + between + second,
              {"ascii once and once more", "ascii plain", "ascii once and once more"});
  expect_with(Compression::kNoTakeover, first + between + second,
              {"ascii once and once more", "ascii plain", error_line(ProtocolError::kInvalidCompression)});
}

TEST(reads_what_a_server_compresses) {
  const std::string hello("\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
  for (const Compression compression : {Compression::kTakeover, Compression::kNoTakeover}) {
    expect_log(frame(kFin | kCompressed | kTextFrame, hello) + frame(kFin | kTextFrame, "plain"),
               {"ascii Hello", "ascii plain"}, Role::kClient, kBytesMax, 20, limits::kFragmentsMax,
               compression);
  }
}

// The first is that of RFC 7692 §7.2.3.1.
TEST(joins_the_fragments_of_a_compressed_message) {
  const std::string hello("\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
  expect_decompressed(compressed_text(hello.substr(0, 3), false) + more(hello.substr(3), true),
                      {"ascii Hello"});
  expect_decompressed(compressed_text("", false) + ping("1") + more(hello.substr(0, 1), false) + pong("2") +
                          more(hello.substr(1), false) + ping("") + more("", true) + text("plain", false) +
                          more(" too", true) + compressed_binary(hello, false) + more("", true),
                      {"ping 1", "pong 2", "ping ", "ascii Hello", "ascii plain too", "binary Hello"});
}

TEST(refuses_a_misplaced_reserved_bit) {
  const std::string hello = deflated("hello");
  expect_error_with_compression(
      compressed_text(hello, false) + client_frame(kFin | kCompressed | kContinuationFrame, ""),
      ProtocolError::kMisplacedReservedBit1);
  expect_error_with_compression(
      text("hello", false) + client_frame(kFin | kCompressed | kContinuationFrame, hello),
      ProtocolError::kMisplacedReservedBit1);
  for (const int opcode : {kPingFrame, kPongFrame, kCloseFrame}) {
    expect_error_with_compression(text("a") + client_frame(kFin | kCompressed | opcode, ""),
                                  ProtocolError::kMisplacedReservedBit1, {"ascii a"});
  }
  for (const int bits : {0x10, 0x20, 0x30}) {
    expect_error_with_compression(client_frame(kFin | kTextFrame | bits, ""), ProtocolError::kReservedBits);
    expect_error_with_compression(client_frame(kFin | kCompressed | kTextFrame | bits, hello),
                                  ProtocolError::kReservedBits);
  }
}

TEST(refuses_compression_that_was_not_agreed_on) {
  expect_error(text("a") + compressed_text(deflated("hello")), ProtocolError::kReservedBit1, {"ascii a"});
}

TEST(refuses_what_cannot_be_decompressed) {
  for (const std::string& payload : {std::string(), std::string("\xff\xff"), deflated("hello").substr(1)}) {
    expect_error_with_compression(text("a") + compressed_text(payload) + text("b"),
                                  ProtocolError::kInvalidCompression, {"ascii a"});
    expect_error_with_compression(compressed_binary("", false) + more(payload, true),
                                  ProtocolError::kInvalidCompression);
  }
}

// Compressed bytes are no text, and need not look like it.
TEST(checks_text_when_it_is_decompressed) {
  expect_decompressed(compressed_text(deflated("a\xf0\x9f\x98\x80z")), {"text a\xf0\x9f\x98\x80z"});
  const std::string smile = stored("\xf0\x9f\x98\x80");
  expect_decompressed(
      compressed_text(smile.substr(0, 6), false) + more(smile.substr(6), true) + text("\xc3\xa9"),
      {"text \xf0\x9f\x98\x80", "text \xc3\xa9"});
  for (const char* wrong : {"\xff", "abc\xc3", "\xed\xa0\x80"}) {
    expect_error_with_compression(compressed_text(deflated(wrong)), ProtocolError::kInvalidUtf8);
    expect_error_with_compression(compressed_text("", false) + more(stored(wrong), true),
                                  ProtocolError::kInvalidUtf8);
    expect_decompressed(compressed_binary(deflated(wrong)), {std::string("binary ") + wrong});
  }
  // Of two halves the second does not make up for the first.
  expect_error_with_compression(compressed_text(deflated("\xc3")) + text("\xa9"),
                                ProtocolError::kInvalidUtf8);
}

TEST(limits_the_size_of_what_is_decompressed) {
  const std::string full(kBytesMax, 'f');
  expect_decompressed(compressed_text(deflated(full)) + text(full), {"ascii " + full, "ascii " + full});
  expect_error_with_compression(compressed_text(deflated(full + "f")), ProtocolError::kMessageTooBig);
  expect_error_with_compression(compressed_text(deflated(std::string(1'000'000, 'f'))),
                                ProtocolError::kMessageTooBig);
  expect_error_with_compression(compressed_text(deflated(full + "f"), false) + more("", true),
                                ProtocolError::kMessageTooBig);
  // Its fragments, which each are smaller.
  expect_error_with_compression(text("a", false) + more(full, true), ProtocolError::kMessageTooBig);
}

// What cannot be compressed may be longer on its way than it is.
TEST(takes_a_message_of_the_largest_size_that_compression_makes_longer) {
  std::string noise;
  std::mt19937_64 random = test_random();
  while (noise.size() < kBytesMax) noise += static_cast<char>(random());
  std::string payload;
  for (size_t at = 0; at < noise.size(); at += 100) {
    if (at != 0) payload += kDeflateTail;
    payload += stored(noise.substr(at, 100));
  }
  EXPECT(payload.size() > kBytesMax && payload.size() <= deflated_bytes_max(kBytesMax));
  expect_decompressed(compressed_binary(payload) + compressed_binary(payload.substr(0, 7), false) +
                          more(payload.substr(7), true),
                      {"binary " + noise, "binary " + noise});
}

TEST(refuses_a_compressed_message_that_is_too_big_at_its_header) {
  const uint64_t payload_max = deflated_bytes_max(kBytesMax);
  const int first = kFin | kCompressed | kBinaryFrame;
  expect_decompressed(frame_header(first, payload_max, kKey), {});
  expect_error_with_compression(frame_header(first, payload_max + 1, kKey), ProtocolError::kMessageTooBig);
  expect_error_with_compression(frame_header(first, (1ULL << 63) - 1, kKey), ProtocolError::kMessageTooBig);
  expect_error_with_compression(compressed_binary("a", false) + frame_header(0x80, payload_max, kKey),
                                ProtocolError::kMessageTooBig);
  // Of others the limit is what it was.
  expect_error_with_compression(frame_header(kFin | kBinaryFrame, kBytesMax + 1, kKey),
                                ProtocolError::kMessageTooBig);
}

// A bomb is no more than its payload until its last byte has come.
TEST(decompresses_only_what_has_come_whole) {
  constexpr size_t kSize = 4'000'000;
  Endpoint endpoint;
  Recorder recorder;
  Deflate deflate;
  bool owned = false;
  recorder.look_at = [&](const Message& message) {
    owned = message.owned != nullptr && message.owned->capacity() == kSize;
  };
  const std::string stream = compressed_binary(deflated(std::string(kSize, 'z')));
  EXPECT(stream.size() < 10'000);
  const size_t before = allocated_bytes();
  for (size_t at = 0; at + 1 < stream.size(); at += 100) {
    feed(endpoint, std::string_view(stream).substr(at, std::min<size_t>(100, stream.size() - 1 - at)),
         recorder, Role::kServer, kSize, limits::kFragmentsMax, deflate.get());
    EXPECT(allocated_bytes() - before < 6 * stream.size());
  }
  EXPECT_EQ(recorder.log, Log());
  feed(endpoint, stream.substr(stream.size() - 1), recorder, Role::kServer, kSize, limits::kFragmentsMax,
       deflate.get());
  EXPECT_EQ(recorder.log.size(), 1);
  EXPECT(owned);
}

TEST(a_compressed_payload_may_be_received_where_it_stays) {
  std::string bytes;
  std::mt19937_64 random = test_random();
  while (bytes.size() < 300'000) bytes += static_cast<char>(random());
  const std::string stream = compressed_binary(stored(bytes)) + compressed_binary(deflated("end"));
  const MessageLimits message_limits{bytes.size()};
  Endpoint endpoint;
  Recorder recorder;
  Deflate deflate;
  size_t direct = 0;
  for (std::string_view rest = stream; !rest.empty();) {
    const MutableBytes room = endpoint.payload_room(message_limits);
    const size_t size = std::min<size_t>(rest.size(), room.empty() ? 1'000 : room.size());
    if (room.empty()) {
      feed(endpoint, rest.substr(0, size), recorder, Role::kServer, message_limits.bytes_max,
           limits::kFragmentsMax, deflate.get());
    } else {
      copy_bytes(room.data(), as_bytes(rest).data(), size);
      read_all_payload(endpoint, size, Role::kServer, message_limits, deflate.get(), recorder);
      direct += size;
    }
    rest.remove_prefix(size);
  }
  EXPECT(direct > 200'000);
  EXPECT(recorder.log == (Log{"binary " + bytes, "binary end"}));
}

TEST(stops_behind_a_compressed_message_where_a_handler_says_so) {
  const std::string stream = compressed_text(deflated("one")) + compressed_text(deflated("two"), false) +
                             more("", true) + text("three");
  for (size_t stop_at = 1; stop_at <= 2; ++stop_at) {
    for_each_chunking(stream.size(), [&](const std::vector<size_t>& pieces) {
      Endpoint endpoint;
      Recorder recorder;
      Deflate deflate(Compression::kNoTakeover);
      recorder.after_each = [&] {
        if (recorder.log.size() == stop_at) endpoint.stop_reading();
      };
      std::string_view rest = stream;
      for (const size_t piece : pieces) {
        feed(endpoint, rest.substr(0, piece), recorder, Role::kServer, kBytesMax, limits::kFragmentsMax,
             deflate.get());
        rest.remove_prefix(piece);
      }
      EXPECT_EQ(recorder.log.size(), stop_at);
    });
  }
}

// --- Against the model ---

std::string random_text(size_t size, std::mt19937_64& random) {
  constexpr std::string_view kPoints[] = {"a",           "z", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                                          "\xed\x9f\xbf"};
  std::string all;
  const bool is_ascii = random() % 3 == 0;
  while (all.size() < size) all += kPoints[random() % (is_ascii ? 2 : std::size(kPoints))];
  return all;
}

// Messages cut at random places, compressed or not, control frames between them, and now and then a close.
std::string random_stream(Role role, std::mt19937_64& random, Compression compression = Compression::kNone) {
  std::string stream;
  PlainDeflate with_takeover;
  const auto add = [&](int first, std::string_view payload) {
    const std::string key = big_endian(random(), 4);
    stream += frame(first, payload, role == Role::kServer ? std::string_view(key) : std::string_view());
  };
  for (size_t count = 1 + random() % 6; count > 0; --count) {
    const bool is_text = random() % 2;
    constexpr size_t kSizes[] = {0, 1, 5, 30, 130, 600};
    std::string payload = random_text(kSizes[random() % std::size(kSizes)], random);
    const bool is_compressed = compression != Compression::kNone && random() % 4 != 0;
    if (is_compressed) {
      payload = compression == Compression::kTakeover ? with_takeover.compress(payload) : deflated(payload);
    }
    size_t at = 0;
    for (bool fin = false, is_first = true; !fin; is_first = false) {
      const size_t size = random() % 3 == 0 ? random() % (payload.size() - at + 1) : payload.size() - at;
      fin = at + size == payload.size() && random() % 4 != 0;
      const int opcode = is_first ? is_text ? kTextFrame : kBinaryFrame : kContinuationFrame;
      add((fin ? kFin : 0) | (is_first && is_compressed ? kCompressed : 0) | opcode,
          std::string_view(payload).substr(at, size));
      at += size;
      if (random() % 4 == 0) {
        add(kFin | (random() % 2 ? kPingFrame : kPongFrame), std::string(random() % 126, 'c'));
      }
    }
  }
  if (random() % 3 == 0) add(kFin | kCloseFrame, close_payload(1000, random_text(random() % 20, random)));
  if (random() % 3 == 0) add(kFin | kTextFrame, "behind");
  return stream;
}

constexpr Compression kCompressions[] = {Compression::kNone, Compression::kTakeover,
                                         Compression::kNoTakeover};

TEST(agrees_with_the_model_on_valid_streams) {
  std::mt19937_64 random = test_random();
  for (int i = 0; i < 600; ++i) {
    const Role role = i % 2 ? Role::kServer : Role::kClient;
    const Compression compression = kCompressions[i % 3];
    const std::string stream = random_stream(role, random, compression);
    const Log expected = expected_log(stream, role, 4'000, limits::kFragmentsMax, compression);
    for (const std::string& line : expected) EXPECT(!line.starts_with("error "));
    expect_log(stream, expected, role, 4'000, 8, limits::kFragmentsMax, compression);
  }
}

TEST(agrees_with_the_model_on_damaged_streams) {
  std::mt19937_64 random = test_random();
  int errors = 0;
  for (int i = 0; i < 2'100; ++i) {
    const Role role = i % 2 ? Role::kServer : Role::kClient;
    const Compression compression = kCompressions[i % 3];
    std::string stream = random_stream(role, random, compression);
    for (size_t count = 1 + random() % 2; count > 0; --count) {
      const size_t place = random() % stream.size();
      switch (random() % 4) {
        case 0:
          stream[place] = static_cast<char>(random());
          break;
        case 1:
          stream[place] = static_cast<char>(stream[place] ^ 1 << random() % 8);
          break;
        case 2:
          stream.insert(place, 1, static_cast<char>(random()));
          break;
        case 3:
          stream.erase(place, 1 + random() % 3);
          break;
      }
      if (stream.empty()) break;
    }
    const uint64_t bytes_max = random() % 2 ? 300 : 4'000;
    const uint32_t fragments_max = random() % 2 ? 2 : 0;
    const Log expected = expected_log(stream, role, bytes_max, fragments_max, compression);
    errors += !expected.empty() && expected.back().starts_with("error ");
    if (!stream.empty()) expect_log(stream, expected, role, bytes_max, 5, fragments_max, compression);
  }
  EXPECT(errors > 300);
}

// Streams that are mostly headers, so that rare ones are met.
TEST(agrees_with_the_model_on_streams_of_small_random_frames) {
  std::mt19937_64 random = test_random();
  constexpr int kFirstBytes[] = {0x81, 0x01, 0x80, 0x00, 0x82, 0x02, 0x89, 0x8A, 0x88};
  for (int i = 0; i < 3'000; ++i) {
    std::string stream;
    for (size_t count = 1 + random() % 8; count > 0; --count) {
      const int first =
          random() % 30 ? kFirstBytes[random() % (random() % 5 ? 8 : 9)] : static_cast<int>(random() % 256);
      std::string payload;
      for (size_t size = random() % 4; size > 0; --size) {
        constexpr std::string_view kBytes = "ab\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x03\xe8";
        payload += random() % 3 ? 'a' : kBytes[random() % kBytes.size()];
      }
      stream += client_frame(first, payload);
    }
    expect_log(stream, expected_log(stream, Role::kServer, 5), Role::kServer, 5, 4);
  }
}

}  // namespace
}  // namespace ntyws
