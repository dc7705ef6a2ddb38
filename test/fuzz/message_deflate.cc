// Input: an option byte (takeovers, role, how much is hostile), the window bits of both sides, level and
// memory level, the size of the messages; then messages that go there and back, and behind them a payload as
// a peer may send it.
#include "protocol/message_deflate.h"

#include "allocated_bytes.h"
#include "base/check.h"
#include "fuzz_target.h"
#include "input.h"

namespace ntyws {
namespace {

using fuzz::Copy;

constexpr uint64_t kSizeMax = 3'000;
// Of zlib for one stream that decompresses: its window and its tables.
constexpr size_t kInflaterBytes = 48 * 1024;

struct Ends {
  Ends(const DeflateAgreement& agreement, const DeflateOptions& options, SharedDeflateStreams& shared)
      : server(agreement, Role::kServer, options, shared),
        client(agreement, Role::kClient, options, shared) {}
  MessageDeflate server;
  MessageDeflate client;
};

// What one end compresses is shorter, and comes out of the other as it was.
void check_round_trip(MessageDeflate& from, MessageDeflate& to, Bytes message) {
  const ByteBuffer payload = from.compress(Copy(message).bytes());
  if (payload.empty()) return;
  NTYWS_CHECK(payload.size() < message.size());
  ByteBuffer back;
  NTYWS_CHECK(to.decompress(Copy(payload.bytes()).bytes(), message.size(), back) == ProtocolError::kNone);
  NTYWS_CHECK(as_text(back.bytes()) == as_text(message));
}

void check_hostile(const DeflateAgreement& agreement, Role role, const DeflateOptions& options,
                   SharedDeflateStreams& shared, Bytes payload) {
  MessageDeflate victim(agreement, role, options, shared);
  Copy copy(payload);
  // Twice, as the first one may have changed the window of the second.
  for (int i = 0; i < 2; ++i) {
    ByteBuffer message;
    const size_t before = testing::allocated_bytes();
    const ProtocolError error = victim.decompress(copy.bytes(), kSizeMax, message);
    NTYWS_CHECK(testing::allocated_bytes() <= before + kSizeMax + 1 + kInflaterBytes);
    NTYWS_CHECK(as_text(copy.bytes()) == as_text(payload));
    if (error == ProtocolError::kNone) {
      NTYWS_CHECK(message.size() <= kSizeMax);
      continue;
    }
    NTYWS_CHECK(error == ProtocolError::kInvalidCompression || error == ProtocolError::kMessageTooBig);
    NTYWS_CHECK(message.size() <= kSizeMax + 1);
    NTYWS_CHECK((message.size() == kSizeMax + 1) == (error == ProtocolError::kMessageTooBig));
    break;
  }
}

FUZZ_TARGET(message_deflate)(Bytes input) {
  const uint8_t flags = fuzz::take_byte(input);
  const uint8_t bits = fuzz::take_byte(input);
  const uint8_t levels = fuzz::take_byte(input);
  const size_t size_max = 1 + fuzz::take_byte(input) * 8;
  const DeflateAgreement agreement{.server_no_context_takeover = (flags & 1) != 0,
                                   .client_no_context_takeover = (flags & 2) != 0,
                                   .server_max_window_bits = static_cast<uint8_t>(8 + bits % 8),
                                   .client_max_window_bits = static_cast<uint8_t>(8 + bits / 8 % 8)};
  DeflateOptions options;
  options.level = static_cast<uint8_t>(1 + levels % 9);
  options.mem_level = static_cast<uint8_t>(1 + levels / 9 % 9);
  const Role victim = (flags & 4) != 0 ? Role::kServer : Role::kClient;
  const size_t hostile_size = input.size() * (flags / 8 % 4) / 3;
  const Bytes hostile = input.last(hostile_size);
  Bytes honest = input.first(input.size() - hostile_size);

  SharedDeflateStreams shared;
  Ends ends(agreement, options, shared);
  for (bool to_client = true; !honest.empty(); to_client = !to_client) {
    const Bytes message = honest.first(std::min(size_max, honest.size()));
    honest = honest.subspan(message.size());
    check_round_trip(to_client ? ends.server : ends.client, to_client ? ends.client : ends.server, message);
  }
  check_hostile(agreement, victim, options, shared, hostile);
  // Nobody else notices.
  constexpr std::string_view kMessage = "once more and once more and once more and once more and once more";
  check_round_trip(ends.server, ends.client, as_bytes(kMessage));
  check_round_trip(ends.client, ends.server, as_bytes(kMessage));
}

}  // namespace
}  // namespace ntyws
