#include "protocol/mask.h"

#include <string>
#include <vector>

#include "guarded_bytes.h"
#include "testing.h"

namespace ntyws {
namespace {

using testing::GuardedBytes;

constexpr size_t kSizeMax = 300;
constexpr size_t kAlignments = 64;

std::vector<uint8_t> random_bytes(size_t size, std::mt19937_64& random) {
  std::vector<uint8_t> bytes(size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  return bytes;
}

std::vector<uint8_t> plainly_masked(Bytes bytes, uint32_t key) {
  std::vector<uint8_t> masked(bytes.size());
  apply_mask_plain(masked.data(), bytes.data(), bytes.size(), key);
  return masked;
}

TEST(masks_the_rfcs_example) {
  // RFC 6455 §5.7: "Hello", masked with 37 fa 21 3d.
  uint32_t key;
  std::memcpy(&key, "\x37\xfa\x21\x3d", 4);
  for (const auto mask : {apply_mask, apply_mask_plain}) {
    uint8_t to[5];
    mask(to, as_bytes("Hello").data(), 5, key);
    EXPECT_EQ(as_text(to), "\x7f\x9f\x4d\x51\x58");
    mask(to, to, 5, key);
    EXPECT_EQ(as_text(to), "Hello");
  }
}

TEST(agrees_with_the_plain_one_in_place_at_all_sizes_and_alignments) {
  std::mt19937_64 random = testing::test_random();
  const std::vector<uint8_t> original = random_bytes(kAlignments + kSizeMax + 8, random);
  for (size_t alignment = 0; alignment < kAlignments; ++alignment) {
    for (size_t size = 0; size <= kSizeMax; ++size) {
      const auto key = static_cast<uint32_t>(random());
      alignas(64) uint8_t memory[kAlignments + kSizeMax + 8];
      std::memcpy(memory, original.data(), sizeof memory);
      apply_mask(memory + alignment, memory + alignment, size, key);
      EXPECT_EQ(Bytes(memory + alignment, size),
                Bytes(plainly_masked({original.data() + alignment, size}, key)));
      // Neighbours stay.
      EXPECT_EQ(Bytes(memory, alignment), Bytes(original).first(alignment));
      EXPECT_EQ(Bytes(memory).subspan(alignment + size), Bytes(original).subspan(alignment + size));
    }
  }
}

TEST(agrees_with_the_plain_one_when_it_copies) {
  std::mt19937_64 random = testing::test_random();
  const std::vector<uint8_t> from = random_bytes(kAlignments + kSizeMax, random);
  const std::vector<uint8_t> same = from;
  for (size_t from_at = 0; from_at < kAlignments; from_at += 7) {
    for (size_t to_at = 0; to_at < kAlignments; to_at += 5) {
      for (size_t size = 0; size <= kSizeMax; ++size) {
        const auto key = static_cast<uint32_t>(random());
        alignas(64) uint8_t to[kAlignments + kSizeMax];
        apply_mask(to + to_at, from.data() + from_at, size, key);
        EXPECT_EQ(Bytes(to + to_at, size), Bytes(plainly_masked({from.data() + from_at, size}, key)));
      }
    }
  }
  EXPECT(from == same);
}

TEST(stays_before_guard_pages) {
  std::mt19937_64 random = testing::test_random();
  for (size_t size = 0; size <= kSizeMax; ++size) {
    const auto key = static_cast<uint32_t>(random());
    const std::vector<uint8_t> bytes = random_bytes(size, random);
    GuardedBytes from((Bytes(bytes)));
    GuardedBytes to((Bytes(bytes)));
    apply_mask(to.bytes().data(), from.bytes().data(), size, key);
    EXPECT_EQ(to.bytes(), Bytes(plainly_masked(bytes, key)));
    apply_mask(to.bytes().data(), to.bytes().data(), size, key);
    EXPECT_EQ(to.bytes(), Bytes(bytes));
  }
}

TEST(masks_in_pieces_with_the_key_advanced) {
  std::mt19937_64 random = testing::test_random();
  for (int i = 0; i < 2000; ++i) {
    auto key = static_cast<uint32_t>(random());
    std::vector<uint8_t> bytes = random_bytes(random() % 500, random);
    const std::vector<uint8_t> expected = plainly_masked(bytes, key);
    for (size_t at = 0; at < bytes.size();) {
      const size_t size = std::min<size_t>(bytes.size() - at, random() % 100);
      apply_mask(bytes.data() + at, bytes.data() + at, size, key);
      key = advance_masking_key(key, size);
      at += size;
    }
    EXPECT_EQ(Bytes(bytes), Bytes(expected));
  }
}

TEST(advances_the_key_by_bytes_in_memory) {
  uint32_t key;
  std::memcpy(&key, "abcd", 4);
  const auto advanced = [&](size_t size) {
    const uint32_t next = advance_masking_key(key, size);
    return std::string(reinterpret_cast<const char*>(&next), 4);
  };
  EXPECT_EQ(advanced(0), "abcd");
  EXPECT_EQ(advanced(1), "bcda");
  EXPECT_EQ(advanced(2), "cdab");
  EXPECT_EQ(advanced(3), "dabc");
  EXPECT_EQ(advanced(4), "abcd");
  EXPECT_EQ(advanced((1ULL << 40) + 3), "dabc");
}

}  // namespace
}  // namespace ntyws
