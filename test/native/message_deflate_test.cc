#include "protocol/message_deflate.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "allocated_bytes.h"
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

// How often it went on until the message was done.
struct InParts {
  size_t steps = 0;
  ProtocolError error = ProtocolError::kNone;
  ByteBuffer message;
};

InParts decompress_in_parts(MessageDeflate& deflate, std::string_view payload, uint64_t size_max = kSizeMax,
                            uint32_t share = limits::kReadShare) {
  InParts result;
  ByteBuffer kept;
  kept.append(as_bytes(payload));
  deflate.begin(std::move(kept));
  while (deflate.is_decompressing()) {
    ReadShare left{share};
    ++result.steps;
    if (auto error = deflate.go_on(size_max, left, result.message)) result.error = *error;
  }
  return result;
}

std::string random_text(size_t size) {
  std::mt19937_64 random = test_random();
  std::string text;
  while (text.size() < size) text += "abcdefgh"[random() % 8];
  return text;
}

TEST(in_parts_is_the_same_as_at_once) {
  const std::string text = random_text(100'000);
  for (const DeflateAgreement& agreement : all_takeovers()) {
    SharedDeflateStreams shared;
    Ends ends(agreement, shared, kOptions);
    for (int i = 0; i < 3; ++i) {
      const InParts got = decompress_in_parts(ends.server, compress(ends.client, text + std::to_string(i)));
      EXPECT_EQ(got.error, ProtocolError::kNone);
      EXPECT(as_text(got.message.bytes()) == text + std::to_string(i));
      EXPECT(got.steps > 10);
    }
  }
}

TEST(faults_show_in_parts_too) {
  SharedDeflateStreams shared;
  Ends ends({}, shared, kOptions);
  const std::string payload = compress(ends.client, random_text(100'000));
  EXPECT_EQ(decompress_in_parts(ends.server, payload, 99'999).error, ProtocolError::kMessageTooBig);
  for (const size_t damaged_at : {size_t{0}, payload.size() / 2, payload.size() - 1}) {
    Ends others({}, shared, kOptions);
    std::string damaged = payload.substr(0, damaged_at) + "\xff\xff\xff\xff";
    EXPECT_EQ(decompress_in_parts(others.server, damaged).error, ProtocolError::kInvalidCompression);
  }
}

// 16 MiB of blocks without a byte in them, each of them 5 bytes: nothing comes of it, but time.
TEST(what_becomes_nothing_takes_of_the_share_too) {
  SharedDeflateStreams shared;
  Ends ends({}, shared, kOptions);
  std::string payload;
  while (payload.size() < 1024 * 1024) payload += std::string("\0\0\0\xff\xff", 5);
  payload += '\0';  // and the last, as a message ends
  const InParts got = decompress_in_parts(ends.server, payload);
  EXPECT_EQ(got.error, ProtocolError::kNone);
  EXPECT(got.message.empty());
  EXPECT(got.steps >= payload.size() / (32 * (limits::kReadShare + 32)));
}

TEST(what_becomes_much_takes_of_the_share_too) {
  SharedDeflateStreams shared;
  Ends ends({}, shared, kOptions);
  const std::string payload = deflated(std::string(8 * 1024 * 1024, 'z'));
  const InParts got = decompress_in_parts(ends.server, payload, UINT32_MAX);
  EXPECT_EQ(got.message.size(), size_t{8 * 1024 * 1024});
  EXPECT(got.steps >= 8);
}

// Were all to grow together, none would come to its end within the memory that there is.
TEST(bombs_share_their_memory_and_each_comes_to_its_end) {
  constexpr size_t kSize = 16 * 1024 * 1024;
  const std::string payload = deflated(std::string(kSize, 'b'));
  SharedDeflateStreams shared;
  std::vector<std::unique_ptr<MessageDeflate>> bombs;
  for (int i = 0; i < 12; ++i) {
    bombs.push_back(std::make_unique<MessageDeflate>(DeflateAgreement{}, Role::kServer, kOptions, shared));
    ByteBuffer kept;
    kept.append(as_bytes(payload));
    bombs.back()->begin(std::move(kept));
  }
  const size_t before = allocated_bytes();
  size_t peak = 0;
  size_t done = 0;
  while (done < bombs.size()) {
    for (const auto& bomb : bombs) {
      if (!bomb->is_decompressing() || !bomb->may_go_on()) continue;
      ReadShare share;
      ByteBuffer message;
      if (bomb->go_on(kSize, share, message)) {
        EXPECT_EQ(message.size(), kSize);
        ++done;
      }
      peak = std::max(peak, allocated_bytes() - before);
    }
  }
  EXPECT(peak < 2 * (limits::kInflatingBytesMax + kSize));  // capacity doubles
}

// One that goes on alone is given up: the others are not kept waiting.
TEST(a_message_given_up_leaves_its_memory) {
  constexpr size_t kSize = 16 * 1024 * 1024;
  const std::string payload = deflated(std::string(kSize, 'b'));
  SharedDeflateStreams shared;
  std::vector<std::unique_ptr<MessageDeflate>> bombs;
  for (int i = 0; i < 8; ++i) {
    bombs.push_back(std::make_unique<MessageDeflate>(DeflateAgreement{}, Role::kServer, kOptions, shared));
    ByteBuffer kept;
    kept.append(as_bytes(payload));
    bombs.back()->begin(std::move(kept));
  }
  const auto is_held = [](const auto& bomb) { return !bomb->may_go_on(); };
  for (size_t i = 0; std::ranges::none_of(bombs, is_held); i = (i + 1) % bombs.size()) {
    ReadShare share;
    ByteBuffer message;
    bombs[i]->go_on(kSize, share, message);
  }
  // One of them has it to itself now.
  const auto alone = std::ranges::find_if_not(bombs, is_held);
  EXPECT_EQ(std::ranges::count_if(bombs, is_held), static_cast<ptrdiff_t>(bombs.size()) - 1);
  (*alone)->give_up();
  bombs.erase(alone);
  EXPECT(std::ranges::count_if(bombs, is_held) < static_cast<ptrdiff_t>(bombs.size()));
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
