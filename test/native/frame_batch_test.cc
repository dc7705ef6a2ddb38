#include "session/frame_batch.h"

#include <algorithm>
#include <string>
#include <vector>

#include "frames.h"
#include "testing.h"

namespace ntyws {
namespace {

using testing::frame;
using testing::kFin;

std::string bytes_of(const FrameBatch& batch) {
  std::string all;
  for (size_t i = 0; i < batch.piece_count(); ++i) {
    const iovec& piece = batch.piece(i).bytes;
    all.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  }
  EXPECT_EQ(batch.size(), all.size());
  return all;
}

TEST(begins_empty) {
  FrameBatch batch;
  EXPECT(batch.empty());
  EXPECT(batch.has_room());
  EXPECT_EQ(batch.size(), 0);
  EXPECT_EQ(batch.message_count(), 0);
}

TEST(joins_small_frames_in_one_piece) {
  FrameBatch batch;
  std::string expected;
  for (int i = 0; i < 20; ++i) {
    // The payload may change as soon as it has been added.
    std::string payload = "message " + std::to_string(i);
    expected += frame(kFin | testing::kTextFrame, payload);
    batch.add(Opcode::kText, as_bytes(payload));
    payload.assign(payload.size(), '!');
  }
  batch.add(Opcode::kPing, as_bytes("p"));
  batch.add(Opcode::kBinary, {});
  expected += frame(kFin | testing::kPingFrame, "p") + frame(kFin | testing::kBinaryFrame, "");
  EXPECT_EQ(batch.piece_count(), 1);
  EXPECT_EQ(bytes_of(batch), expected);
  EXPECT_EQ(batch.message_count(), 21);
}

TEST(counts_a_fragmented_message_at_its_end) {
  FrameBatch batch;
  batch.add(Opcode::kText, as_bytes("a"), FrameBatch::kNotRetainable, false);
  batch.add(Opcode::kPing, {});
  batch.add(Opcode::kContinuation, as_bytes("b"), FrameBatch::kNotRetainable, false);
  EXPECT_EQ(batch.message_count(), 0);
  batch.add(Opcode::kContinuation, as_bytes("c"));
  EXPECT_EQ(batch.message_count(), 1);
  EXPECT_EQ(bytes_of(batch), frame(0x01, "a") + frame(0x89, "") + frame(0x00, "b") + frame(0x80, "c"));
}

TEST(sends_large_payloads_from_where_they_lie) {
  const std::string small(FrameBatch::kPayloadCopiedMax, 's');
  const std::string large(FrameBatch::kPayloadCopiedMax + 1, 'l');
  FrameBatch batch;
  batch.add(Opcode::kBinary, as_bytes(small), 5);
  batch.add(Opcode::kBinary, as_bytes(large), 6);
  batch.add(Opcode::kText, as_bytes("tail"), 7);
  if (!EXPECT_EQ(batch.piece_count(), 3)) return;
  EXPECT_EQ(batch.piece(0).payload_index, FrameBatch::kNotRetainable);
  EXPECT_EQ(batch.piece(1).payload_index, 6);
  EXPECT(batch.piece(1).bytes.iov_base == large.data());
  EXPECT_EQ(batch.piece(2).payload_index, FrameBatch::kNotRetainable);
  EXPECT(bytes_of(batch) == frame(0x82, small) + frame(0x82, large) + frame(0x81, "tail"));
}

TEST(tells_when_it_is_full) {
  std::mt19937_64 random = testing::test_random();
  const std::string memory(200'000, 'm');
  constexpr size_t kSizes[] = {0, 100, FrameBatch::kPayloadCopiedMax, FrameBatch::kPayloadCopiedMax + 1,
                               100'000};
  for (size_t kind = 0; kind <= std::size(kSizes); ++kind) {
    FrameBatch batch;
    std::string expected;
    size_t count = 0;
    // As many as it has room for, of one size or of all.
    for (; batch.has_room() && count < 40'000; ++count) {
      const size_t size = kSizes[kind < std::size(kSizes) ? kind : random() % std::size(kSizes)];
      const std::string_view payload = std::string_view(memory).substr(0, size);
      batch.add(Opcode::kBinary, as_bytes(payload));
      expected += frame(0x82, payload);
    }
    EXPECT(!batch.has_room());
    EXPECT(batch.piece_count() <= FrameBatch::kPiecesMax);
    EXPECT(bytes_of(batch) == expected);
    EXPECT_EQ(batch.message_count(), count);
    batch.clear();
    EXPECT(batch.empty() && batch.has_room());
    EXPECT_EQ(batch.size() + batch.message_count(), 0);
    batch.add(Opcode::kText, as_bytes("again"));
    EXPECT_EQ(bytes_of(batch), frame(0x81, "again"));
  }
}

// --- Compressed ---

ByteBuffer buffer_of(std::string_view bytes) {
  ByteBuffer buffer;
  buffer.append(as_bytes(bytes));
  return buffer;
}

constexpr int kCompressedText = kFin | testing::kCompressed | testing::kTextFrame;
constexpr int kCompressedBinary = kFin | testing::kCompressed | testing::kBinaryFrame;

TEST(copies_small_compressed_payloads) {
  const std::string small(FrameBatch::kPayloadCopiedMax, 's');
  FrameBatch batch;
  batch.add(Opcode::kText, as_bytes("before"));
  batch.add_compressed(Opcode::kText, buffer_of("a"));
  batch.add_compressed(Opcode::kBinary, buffer_of(small));
  batch.add(Opcode::kText, as_bytes("behind"));
  EXPECT_EQ(batch.piece_count(), 1);
  EXPECT_EQ(batch.message_count(), 4);
  EXPECT(batch.take_owned(0) == nullptr);
  EXPECT(bytes_of(batch) == frame(0x81, "before") + frame(kCompressedText, "a") +
                                frame(kCompressedBinary, small) + frame(0x81, "behind"));
}

TEST(sends_large_compressed_payloads_from_where_they_lie) {
  const std::string large(FrameBatch::kPayloadCopiedMax + 1, 'l');
  FrameBatch batch;
  ByteBuffer payload = buffer_of(large);
  const uint8_t* const where = payload.data();
  batch.add_compressed(Opcode::kText, std::move(payload));
  batch.add(Opcode::kText, as_bytes("behind"));
  if (!EXPECT_EQ(batch.piece_count(), 3)) return;
  EXPECT(batch.piece(1).bytes.iov_base == where);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(batch.piece(i).payload_index, FrameBatch::kNotRetainable);
  const std::string expected = frame(kCompressedText, large) + frame(0x81, "behind");
  EXPECT(bytes_of(batch) == expected);
  EXPECT_EQ(batch.message_count(), 2);
  // Taken, it outlives the batch.
  EXPECT(batch.take_owned(0) == nullptr && batch.take_owned(2) == nullptr);
  const std::unique_ptr<Retained> kept = batch.take_owned(1);
  EXPECT(kept != nullptr);
  EXPECT(batch.take_owned(1) == nullptr);
  const iovec piece = batch.piece(1).bytes;
  batch.clear();
  EXPECT_EQ(std::string_view(static_cast<const char*>(piece.iov_base), piece.iov_len) == large, true);
}

TEST(compressed_payloads_fill_it_too) {
  FrameBatch batch;
  std::string expected;
  size_t count = 0;
  const std::string large(FrameBatch::kPayloadCopiedMax + 1, 'l');
  for (; batch.has_room() && count < 1'000; ++count) {
    batch.add_compressed(Opcode::kText, buffer_of(large));
    expected += frame(kCompressedText, large);
  }
  EXPECT(count > 2 && !batch.has_room());
  EXPECT(batch.piece_count() <= FrameBatch::kPiecesMax);
  EXPECT(bytes_of(batch) == expected);
  // What nobody has taken is freed.
  batch.clear();
  EXPECT(batch.empty() && batch.has_room());
  batch.add(Opcode::kText, as_bytes("again"));
  EXPECT_EQ(bytes_of(batch), frame(0x81, "again"));
}

// --- Masked ---

struct Unmasked {
  int first;
  std::string payload;
  std::string key;
  bool operator==(const Unmasked&) const = default;
};

std::vector<Unmasked> unmasked(std::string_view bytes) {
  std::vector<Unmasked> frames;
  while (bytes.size() >= 6) {
    const uint8_t length = static_cast<uint8_t>(bytes[1]);
    if (!EXPECT(length & 0x80)) break;
    const uint8_t* at = as_bytes(bytes).data();
    const size_t size = (length & 0x7F) < 126    ? length & 0x7F
                        : (length & 0x7F) == 126 ? load_be16(at + 2)
                                                 : load_be64(at + 2);
    const size_t header_size = size < 126 ? 6 : size < 65536 ? 8 : 14;
    const std::string_view key = bytes.substr(header_size - 4, 4);
    frames.push_back({at[0], testing::masked(bytes.substr(header_size, size), key), std::string(key)});
    bytes.remove_prefix(header_size + size);
  }
  EXPECT(bytes.empty());
  return frames;
}

TEST(masks_each_frame_with_a_key_of_its_own_and_leaves_the_payload_alone) {
  RandomPool keys;
  FrameBatch batch;
  batch.mask_with(&keys);
  const std::string large(FrameBatch::kPayloadCopiedMax + 1, 'l');
  const std::string larger(100'001, 'L');
  const std::string before = large;
  const std::vector<std::string> payloads = {"",    "short", "short", std::string(126, 'm'),
                                             large, larger,  "tail"};
  for (const std::string& payload : payloads) batch.add(Opcode::kBinary, as_bytes(payload), 3);
  EXPECT_EQ(batch.message_count(), payloads.size());
  EXPECT_EQ(large, before);
  const std::vector<Unmasked> frames = unmasked(bytes_of(batch));
  if (!EXPECT_EQ(frames.size(), payloads.size())) return;
  std::vector<std::string> seen;
  for (size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(frames[i].first, 0x82);
    EXPECT(frames[i].payload == payloads[i]);
    EXPECT(std::find(seen.begin(), seen.end(), frames[i].key) == seen.end());
    seen.push_back(frames[i].key);
  }
  // Nobody else's memory is in it.
  for (size_t i = 0; i < batch.piece_count(); ++i) {
    EXPECT_EQ(batch.piece(i).payload_index, FrameBatch::kNotRetainable);
  }
}

TEST(masks_compressed_payloads) {
  RandomPool keys;
  FrameBatch batch;
  batch.mask_with(&keys);
  const std::vector<std::string> payloads = {"a", std::string(FrameBatch::kPayloadCopiedMax, 's'),
                                             std::string(FrameBatch::kPayloadCopiedMax + 1, 'l'),
                                             std::string(100'000, 'L'), "end"};
  for (const std::string& payload : payloads) batch.add_compressed(Opcode::kText, buffer_of(payload));
  EXPECT_EQ(batch.message_count(), payloads.size());
  const std::vector<Unmasked> frames = unmasked(bytes_of(batch));
  if (!EXPECT_EQ(frames.size(), payloads.size())) return;
  for (size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(frames[i].first, kCompressedText);
    EXPECT(frames[i].payload == payloads[i]);
    EXPECT(i == 0 || frames[i].key != frames[i - 1].key);
  }
}

TEST(says_when_there_is_no_memory_for_a_masked_copy) {
  RandomPool keys;
  FrameBatch batch;
  batch.mask_with(&keys);
  batch.add(Opcode::kText, as_bytes("fits"));
  EXPECT(!batch.lacks_memory());
  const uint8_t byte = 0;
  batch.add(Opcode::kBinary, {&byte, size_t{5} << 30});  // more than any copy may have; it is not read
  EXPECT(batch.lacks_memory());
  batch.add(Opcode::kText, as_bytes("behind"));
  EXPECT(batch.lacks_memory());
  batch.clear();
  EXPECT(!batch.lacks_memory());
}

TEST(gives_masked_memory_away) {
  RandomPool keys;
  FrameBatch batch;
  batch.mask_with(&keys);
  const std::string large(50'000, 'l');
  batch.add(Opcode::kContinuation, as_bytes(large), 0, false);
  if (!EXPECT_EQ(batch.piece_count(), 2)) return;
  EXPECT(batch.take_owned(0) == nullptr);
  const std::unique_ptr<Retained> kept = batch.take_owned(1);
  if (!EXPECT(kept != nullptr)) return;
  const iovec piece = batch.piece(1).bytes;
  const std::vector<Unmasked> frames = unmasked(bytes_of(batch));
  batch.clear();
  const std::string_view bytes(static_cast<const char*>(piece.iov_base), piece.iov_len);
  EXPECT_EQ(frames[0].first, 0x00);
  EXPECT(testing::masked(bytes, frames[0].key) == large);
  EXPECT_EQ(batch.message_count(), 0);
  // The next connection's are bare again.
  batch.mask_with(nullptr);
  batch.add(Opcode::kText, as_bytes("bare"));
  EXPECT_EQ(bytes_of(batch), frame(0x81, "bare"));
}

}  // namespace
}  // namespace ntyws
