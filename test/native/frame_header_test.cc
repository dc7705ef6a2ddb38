#include "protocol/frame_header.h"

#include <string>

#include "base/limits.h"
#include "frames.h"
#include "guarded_bytes.h"
#include "testing.h"

namespace ntyws {
namespace {

using testing::frame_header;
using testing::GuardedBytes;
using testing::kFin;
using testing::kKey;

constexpr uint64_t kBorders[] = {
    0, 1, 125, 126, 127, 65535, 65536, 1ULL << 31, 1ULL << 32, (1ULL << 32) + 1, (1ULL << 63) - 1};

std::string_view key_for(Role role) {
  return role == Role::kServer ? kKey : std::string_view();
}

struct Parsed {
  HeaderStatus status;
  FrameHeader header;
  ProtocolError error;
};

Parsed parse(std::string_view bytes, Role role, bool compression = false) {
  Parsed parsed{};
  parsed.status =
      parse_frame_header(GuardedBytes(bytes).bytes(), role, compression, parsed.header, parsed.error);
  return parsed;
}

// The header is partial at every byte but the last, and the same with more behind it.
void expect_header(const std::string& bytes, Role role, Opcode opcode, bool fin, uint64_t payload_size) {
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(parse(bytes.substr(0, size), role).status, HeaderStatus::kPartial);
  }
  for (const char* behind : {"", "\xff", "more bytes, more than any header has"}) {
    const Parsed parsed = parse(bytes + behind, role);
    if (!EXPECT_EQ(parsed.status, HeaderStatus::kComplete)) {
      testing::fail(__FILE__, __LINE__, "a header in " + testing::quoted(bytes));
      return;
    }
    EXPECT_EQ(parsed.header.fin, fin);
    EXPECT_EQ(parsed.header.opcode, opcode);
    EXPECT_EQ(parsed.header.size, bytes.size());
    EXPECT_EQ(parsed.header.payload_size, payload_size);
    uint32_t key = 0;
    if (role == Role::kServer) std::memcpy(&key, kKey.data(), 4);
    EXPECT_EQ(parsed.header.masking_key, key);
  }
}

// Bad with its first `known_at` bytes and any more, partial with fewer.
void expect_bad(const std::string& bytes, Role role, ProtocolError error, size_t known_at) {
  for (size_t size = 0; size <= bytes.size(); ++size) {
    const Parsed parsed = parse(bytes.substr(0, size), role);
    const HeaderStatus expected = size < known_at ? HeaderStatus::kPartial : HeaderStatus::kBad;
    bool fine = EXPECT_EQ(parsed.status, expected);
    if (expected == HeaderStatus::kBad) fine = EXPECT_EQ(parsed.error, error) && fine;
    if (!fine) {
      testing::fail(__FILE__, __LINE__, "the above of " + testing::quoted(bytes.substr(0, size)));
    }
  }
}

TEST(reads_all_lengths_in_both_roles) {
  for (const Role role : {Role::kServer, Role::kClient}) {
    for (const uint64_t size : kBorders) {
      for (const bool fin : {false, true}) {
        for (const Opcode opcode : {Opcode::kContinuation, Opcode::kText, Opcode::kBinary}) {
          const int first = (fin ? kFin : 0) | static_cast<int>(opcode);
          expect_header(frame_header(first, size, key_for(role)), role, opcode, fin, size);
        }
      }
    }
    for (const uint64_t size : {0, 1, 124, 125}) {
      for (const Opcode opcode : {Opcode::kClose, Opcode::kPing, Opcode::kPong}) {
        expect_header(frame_header(kFin | static_cast<int>(opcode), size, key_for(role)), role, opcode, true,
                      size);
      }
    }
  }
}

TEST(refuses_lengths_longer_than_needed) {
  for (const Role role : {Role::kServer, Role::kClient}) {
    const std::string mask_bit(1, role == Role::kServer ? '\x80' : '\0');
    const auto header = [&](int length, uint64_t value, int size) {
      return "\x82" + std::string(1, static_cast<char>(mask_bit[0] | length)) +
             testing::big_endian(value, size) + std::string(key_for(role));
    };
    for (const uint64_t value : {0, 1, 125}) {
      expect_bad(header(126, value, 2), role, ProtocolError::kLengthNotMinimal, 4);
      expect_bad(header(127, value, 8), role, ProtocolError::kLengthNotMinimal, 10);
    }
    for (const uint64_t value : {126, 65535}) {
      expect_bad(header(127, value, 8), role, ProtocolError::kLengthNotMinimal, 10);
    }
    for (const uint64_t value : {1ULL << 63, ~0ULL, (1ULL << 63) + 5}) {
      expect_bad(header(127, value, 8), role, ProtocolError::kLengthTopBit, 10);
    }
  }
}

TEST(refuses_reserved_bits) {
  for (const Role role : {Role::kServer, Role::kClient}) {
    for (const int opcode : {0x0, 0x1, 0x2, 0x8, 0x9, 0xA, 0x3, 0xF}) {
      for (int bits = 0x10; bits <= 0x70; bits += 0x10) {
        expect_bad(frame_header(kFin | bits | opcode, 5, key_for(role)), role,
                   bits == 0x40 ? ProtocolError::kReservedBit1 : ProtocolError::kReservedBits, 2);
      }
    }
  }
}

// With compression agreed on, RSV1 may be set, on the first frame of a message only (RFC 7692 §6).
TEST(reads_reserved_bit_1_with_compression) {
  for (const Role role : {Role::kServer, Role::kClient}) {
    for (const int opcode : {0x0, 0x1, 0x2, 0x8, 0x9, 0xA}) {
      const bool begins = opcode == 1 || opcode == 2;
      for (const int fin : {0, kFin}) {
        if (opcode > 2 && fin == 0) continue;
        const std::string bare = frame_header(fin | opcode, 5, key_for(role));
        EXPECT_EQ(parse(bare, role, true).status, HeaderStatus::kComplete);
        EXPECT(!parse(bare, role, true).header.compressed);
        const Parsed parsed =
            parse(frame_header(fin | testing::kCompressed | opcode, 5, key_for(role)), role, true);
        EXPECT_EQ(parsed.status, begins ? HeaderStatus::kComplete : HeaderStatus::kBad);
        if (begins) EXPECT(parsed.header.compressed && parsed.header.fin == (fin != 0));
        if (!begins) EXPECT_EQ(parsed.error, ProtocolError::kMisplacedReservedBit1);
      }
    }
  }
}

TEST(refuses_other_reserved_bits_with_compression) {
  for (const Role role : {Role::kServer, Role::kClient}) {
    for (const int opcode : {0x0, 0x1, 0x2, 0x8, 0x3}) {
      for (const int bits : {0x10, 0x20, 0x30, 0x50, 0x60, 0x70}) {
        const Parsed parsed = parse(frame_header(kFin | bits | opcode, 5, key_for(role)), role, true);
        EXPECT_EQ(parsed.status, HeaderStatus::kBad);
        EXPECT_EQ(parsed.error, ProtocolError::kReservedBits);
      }
    }
    // The opcode is looked at before the place.
    const Parsed parsed = parse(frame_header(kFin | 0x43, 5, key_for(role)), role, true);
    EXPECT_EQ(parsed.status, HeaderStatus::kBad);
    EXPECT_EQ(parsed.error, ProtocolError::kReservedOpcode);
  }
}

// A new header does not see what the last one left in the caller's variable.
TEST(clears_the_mark_of_compression) {
  FrameHeader header{};
  header.compressed = true;
  ProtocolError error;
  EXPECT_EQ(parse_frame_header(as_bytes("\x81\x01"), Role::kClient, true, header, error),
            HeaderStatus::kComplete);
  EXPECT(!header.compressed);
}

TEST(refuses_reserved_opcodes) {
  for (const Role role : {Role::kServer, Role::kClient}) {
    for (const int opcode : {0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF}) {
      for (const int fin : {0, kFin}) {
        expect_bad(frame_header(fin | opcode, 300, key_for(role)), role, ProtocolError::kReservedOpcode, 2);
      }
    }
  }
}

TEST(demands_a_mask_of_clients_and_forbids_it_to_servers) {
  for (const uint64_t size : {0, 126, 65536}) {
    expect_bad(frame_header(0x82, size), Role::kServer, ProtocolError::kUnmaskedFrame, 2);
    expect_bad(frame_header(0x82, size, kKey), Role::kClient, ProtocolError::kMaskedFrame, 2);
  }
}

TEST(refuses_fragmented_and_long_control_frames) {
  for (const Role role : {Role::kServer, Role::kClient}) {
    for (const int opcode : {0x8, 0x9, 0xA}) {
      expect_bad(frame_header(opcode, 0, key_for(role)), role, ProtocolError::kFragmentedControl, 2);
      for (const uint64_t size : {126, 65535, 65536}) {
        expect_bad(frame_header(kFin | opcode, size, key_for(role)), role, ProtocolError::kLongControl, 2);
      }
    }
  }
}

TEST(keeps_every_key_as_it_lies_in_memory) {
  std::mt19937_64 random = testing::test_random();
  for (int i = 0; i < 100; ++i) {
    const std::string key = testing::big_endian(random(), 4);
    const Parsed parsed = parse(frame_header(0x81, 3, key), Role::kServer);
    EXPECT_EQ(as_text({reinterpret_cast<const uint8_t*>(&parsed.header.masking_key), 4}), key);
  }
}

// A new header does not see what the last one left in the caller's variable.
TEST(clears_the_key_of_bare_frames) {
  FrameHeader header{};
  header.masking_key = 0x12345678;
  ProtocolError error;
  EXPECT_EQ(parse_frame_header(as_bytes("\x81\x01"), Role::kClient, false, header, error),
            HeaderStatus::kComplete);
  EXPECT_EQ(header.masking_key, 0);
}

TEST(writes_what_it_reads) {
  for (const uint64_t size : kBorders) {
    for (const bool fin : {false, true}) {
      for (const Opcode opcode : {Opcode::kContinuation, Opcode::kText, Opcode::kBinary}) {
        GuardedBytes out(std::string(limits::kFrameHeaderMax, '\xee'));
        const size_t header_size = write_frame_header(out.bytes().data(), opcode, fin, size);
        const std::string expected = frame_header((fin ? kFin : 0) | static_cast<int>(opcode), size);
        EXPECT_EQ(out.bytes().first(header_size), expected);
        expect_header(expected, Role::kClient, opcode, fin, size);
      }
    }
  }
}

TEST(writes_the_mark_of_compression) {
  uint32_t key;
  std::memcpy(&key, kKey.data(), sizeof key);
  for (const uint64_t size : kBorders) {
    for (const bool compressed : {false, true}) {
      const int first = kFin | (compressed ? testing::kCompressed : 0) | testing::kTextFrame;
      uint8_t out[limits::kFrameHeaderMax];
      const size_t bare_size = write_frame_header(out, Opcode::kText, true, size, compressed);
      EXPECT_EQ(Bytes(out, bare_size), frame_header(first, size));
      const size_t masked_size = write_masked_frame_header(out, Opcode::kText, true, size, key, compressed);
      EXPECT_EQ(Bytes(out, masked_size), frame_header(first, size, kKey));
    }
  }
}

TEST(writes_masked_control_frames) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{125}}) {
    const std::string payload(size, 'p');
    uint8_t out[kControlFrameMax];
    uint32_t key;
    std::memcpy(&key, testing::kKey.data(), sizeof key);
    const size_t written = write_masked_control_frame(out, Opcode::kPing, as_bytes(payload), key);
    EXPECT_EQ(Bytes(out, written), testing::client_frame(testing::kFin | testing::kPingFrame, payload));
  }
}

}  // namespace
}  // namespace ntyws
