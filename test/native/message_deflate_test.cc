#include "protocol/message_deflate.h"

#include <optional>
#include <string>
#include <vector>

#include "base/spare_memory.h"
#include "plain_deflate.h"
#include "testing.h"

namespace ntyws {
namespace {

using namespace ntyws::testing;

constexpr uint64_t kSizeMax = 1'000'000;
const std::string kMessage =
    "It is a truth universally acknowledged, that a message that is sent twice, that a message that is sent "
    "twice, is shorter the second time, and shorter still the third time.";

std::string compress(MessageDeflate& deflate, std::string_view message) {
  return std::string(as_text(deflate.compress(as_bytes(message)).bytes()));
}

std::string decompress(MessageDeflate& deflate, std::string_view payload,
                       ProtocolError expected = ProtocolError::kNone, uint64_t size_max = kSizeMax) {
  ByteBuffer message;
  EXPECT_EQ(deflate.decompress(as_bytes(payload), size_max, message), expected);
  return std::string(as_text(message.bytes()));
}

// Both ends of a connection, which share streams with whoever else is in the process.
struct Ends {
  Ends(const DeflateAgreement& agreement, SharedDeflateStreams& shared, const DeflateOptions& options = {})
      : server(agreement, Role::kServer, options, shared),
        client(agreement, Role::kClient, options, shared) {}
  MessageDeflate server;
  MessageDeflate client;
};

const DeflateOptions kOptions;

std::vector<DeflateAgreement> all_takeovers(uint8_t server_bits = 15, uint8_t client_bits = 15) {
  std::vector<DeflateAgreement> agreements;
  for (const bool server : {false, true}) {
    for (const bool client : {false, true}) agreements.push_back({server, client, server_bits, client_bits});
  }
  return agreements;
}

TEST(each_side_takes_its_own_window_over_or_not) {
  for (const DeflateAgreement& agreement : all_takeovers()) {
    SharedDeflateStreams shared;
    Ends ends(agreement, shared, kOptions);
    const auto expect_sent = [&](MessageDeflate& from, MessageDeflate& to, bool no_takeover) {
      const std::string first = compress(from, kMessage);
      EXPECT_EQ(decompress(to, first), kMessage);
      const std::string second = compress(from, kMessage);
      EXPECT_EQ(decompress(to, second), kMessage);
      if (no_takeover) EXPECT_EQ(second, first);
      if (!no_takeover) EXPECT(second.size() < first.size() / 4);
    };
    expect_sent(ends.server, ends.client, agreement.server_no_context_takeover);
    expect_sent(ends.client, ends.server, agreement.client_no_context_takeover);
  }
}

TEST(each_side_keeps_to_its_own_window) {
  std::string far;
  while (far.size() < 3'000) far += std::to_string(far.size() * 7'919) + ",";
  far = far + far + far;
  for (const DeflateAgreement& agreement : all_takeovers(8, 14)) {
    SharedDeflateStreams shared;
    Ends ends(agreement, shared, kOptions);
    const std::string from_server = compress(ends.server, far);
    const std::string from_client = compress(ends.client, far);
    EXPECT(from_client.size() < from_server.size() / 2);
    EXPECT(PlainInflate(8).decompress(from_server) == far);
    EXPECT(!PlainInflate(8).decompress(from_client).has_value());
    EXPECT(PlainInflate(14).decompress(from_client) == far);
    EXPECT(decompress(ends.client, from_server) == far);
    EXPECT(decompress(ends.server, from_client) == far);
  }
}

TEST(the_level_is_that_of_the_options) {
  std::string prose;
  while (prose.size() < 10'000) prose += kMessage.substr(prose.size() % 97, 3 + prose.size() % 41);
  SharedDeflateStreams shared;
  const DeflateOptions fast{.level = 1, .mem_level = 8};
  const DeflateOptions thorough{.level = 9, .mem_level = 8};
  for (const DeflateAgreement& agreement : all_takeovers()) {
    MessageDeflate one(agreement, Role::kServer, fast, shared);
    MessageDeflate nine(agreement, Role::kServer, thorough, shared);
    EXPECT(compress(nine, prose) == PlainDeflate(15, 9, 8).compress(prose));
    EXPECT(compress(one, prose) == PlainDeflate(15, 1, 8).compress(prose));
  }
}

TEST(compresses_from_the_threshold_on) {
  SharedDeflateStreams shared;
  const DeflateOptions options{.threshold = 100};
  const MessageDeflate deflate({}, Role::kServer, options, shared);
  EXPECT(!deflate.compresses(0));
  EXPECT(!deflate.compresses(99));
  EXPECT(deflate.compresses(100));
  const DeflateOptions all{.threshold = 0};
  EXPECT(MessageDeflate({}, Role::kClient, all, shared).compresses(0));
}

TEST(says_why_a_payload_is_refused) {
  for (const DeflateAgreement& agreement : all_takeovers()) {
    SharedDeflateStreams shared;
    for (const bool is_server : {true, false}) {
      const auto refuse = [&](std::string_view payload, ProtocolError error, uint64_t size_max) {
        Ends ends(agreement, shared, kOptions);
        decompress(is_server ? ends.server : ends.client, payload, error, size_max);
      };
      refuse("\xff\xff", ProtocolError::kInvalidCompression, kSizeMax);
      refuse("", ProtocolError::kInvalidCompression, kSizeMax);
      refuse(deflated(kMessage), ProtocolError::kNone, kMessage.size());
      refuse(deflated(kMessage), ProtocolError::kMessageTooBig, kMessage.size() - 1);
    }
  }
}

// Where nothing is taken over, one connection's messages pass through the same streams as another's.
TEST(messages_of_many_connections_do_not_mix) {
  std::mt19937_64 random = test_random();
  SharedDeflateStreams shared;
  std::vector<std::unique_ptr<Ends>> connections;
  for (const DeflateAgreement& agreement : all_takeovers(15, 10)) {
    connections.push_back(std::make_unique<Ends>(agreement, shared, kOptions));
    connections.push_back(std::make_unique<Ends>(agreement, shared, kOptions));
  }
  for (int i = 0; i < 1'000; ++i) {
    Ends& ends = *connections[random() % connections.size()];
    const std::string message = std::to_string(random()) + kMessage.substr(random() % 20) + kMessage;
    const bool to_client = random() % 2;
    MessageDeflate& from = to_client ? ends.server : ends.client;
    const std::string payload = compress(from, message);
    if (!EXPECT(!payload.empty())) continue;
    // In between, somebody else's is refused.
    if (random() % 8 == 0) {
      MessageDeflate bad({true, true, 15, 15}, Role::kServer, kOptions, shared);
      decompress(bad, "\xf2\x48\xff", ProtocolError::kInvalidCompression);
      decompress(bad, deflated(message), ProtocolError::kMessageTooBig, 10);
    }
    EXPECT_EQ(decompress(to_client ? ends.client : ends.server, payload), message);
  }
}

TEST(counts_what_was_decompressed) {
  SharedDeflateStreams shared;
  Ends ends({}, shared, kOptions);
  const uint64_t half = limits::kInflatedBytesPerTurn / 2;
  const std::string payload = deflated(std::string(half, 'h'));
  EXPECT(shared.may_inflate(1));
  ByteBuffer message;
  EXPECT_EQ(ends.server.decompress(as_bytes(payload), half, message), ProtocolError::kNone);
  EXPECT(shared.may_inflate(1));
  // Of one that is too long, too.
  MessageDeflate other({}, Role::kClient, kOptions, shared);
  ByteBuffer cut_off;
  EXPECT_EQ(other.decompress(as_bytes(payload), half - 1, cut_off), ProtocolError::kMessageTooBig);
  EXPECT(!shared.may_inflate(1));
  EXPECT(shared.may_inflate(2));
}

TEST(a_large_message_takes_exactly_its_size) {
  SharedDeflateStreams shared;
  Ends ends({}, shared, kOptions);
  for (const size_t size : {SpareMemory::kBlockMin, size_t{1'000'000}}) {
    ByteBuffer message;
    EXPECT_EQ(
        ends.server.decompress(as_bytes(deflated(std::string(size, 'l'))), limits::kMessageBytesMax, message),
        ProtocolError::kNone);
    EXPECT_EQ(message.size(), size);
    EXPECT_EQ(message.capacity(), size);
  }
}

}  // namespace
}  // namespace ntyws
