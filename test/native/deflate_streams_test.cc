#include "protocol/deflate_streams.h"

#include <string>
#include <vector>

#include "allocated_bytes.h"
#include "base/limits.h"
#include "guarded_bytes.h"
#include "plain_deflate.h"
#include "testing.h"

namespace ntyws {
namespace {

using namespace ntyws::testing;

using Result = Inflater::Result;

constexpr DeflaterSettings kSettings{15, 6, 8};
constexpr uint64_t kMiB = 1024 * 1024;

// --- Data ---

// Words of a small vocabulary: near repetitions and far ones.
std::string random_prose(size_t size, std::mt19937_64& random) {
  constexpr std::string_view kLetters = "etaoin shrdlu";
  std::vector<std::string> words(300);
  for (std::string& word : words) {
    for (size_t left = 2 + random() % 9; left > 0; --left) word += kLetters[random() % kLetters.size()];
  }
  std::string prose;
  while (prose.size() < size) prose += words[random() % words.size()] + " ";
  prose.resize(size);
  return prose;
}

std::string random_bytes(size_t size, std::mt19937_64& random) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

std::string from_hex(std::string hex) {
  std::erase(hex, ' ');
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

// --- Running ---

// From before a guard page: zlib has no sanitizer in it.
std::string compress(Deflater& deflater, std::string_view message) {
  return std::string(as_text(deflater.compress(GuardedBytes(message).bytes()).bytes()));
}

struct Decompressed {
  Result result;
  std::string message;
};
Decompressed decompress(Inflater& inflater, std::string_view payload, uint64_t size_max = kMiB) {
  ByteBuffer message;
  const Result result = inflater.decompress(GuardedBytes(payload).bytes(), size_max, message);
  EXPECT(message.size() <= size_max + 1);
  return {result, std::string(as_text(message.bytes()))};
}

void expect_message(Inflater& inflater, std::string_view payload, std::string_view expected) {
  const Decompressed got = decompress(inflater, payload);
  EXPECT_EQ(got.result, Result::kDone);
  EXPECT(got.message == expected);
}

// Compressed by ours, decompressed by ours and by plain zlib; both with windows of just the size agreed on.
void expect_round_trips(const DeflaterSettings& settings, const std::vector<std::string>& messages) {
  Deflater deflater(settings);
  Inflater inflater(settings.window_bits);
  PlainInflate plain(settings.window_bits);
  for (const std::string& message : messages) {
    const std::string payload = compress(deflater, message);
    if (!EXPECT(!payload.empty() && payload.size() < message.size())) continue;
    expect_message(inflater, payload, message);
    EXPECT(plain.decompress(payload) == message);
  }
}

// --- Both ways ---

TEST(messages_come_back_through_windows_of_each_size) {
  std::mt19937_64 random = test_random();
  for (uint8_t bits = 8; bits <= 15; ++bits) {
    std::vector<std::string> messages;
    for (const size_t size : {300, 100'000, 40, 1'000, 20'000}) {
      messages.push_back(random_prose(size, random) + "the end, the end, the end, the end");
    }
    for (const uint8_t level : {uint8_t{1}, uint8_t{3}, uint8_t{6}, uint8_t{9}}) {
      expect_round_trips({bits, level, 8}, messages);
    }
  }
}

TEST(messages_come_back_at_each_level_and_memory_level) {
  std::mt19937_64 random = test_random();
  const std::string prose = random_prose(30'000, random);
  for (uint8_t level = 1; level <= 9; ++level) {
    for (uint8_t mem_level = 1; mem_level <= 9; ++mem_level) {
      expect_round_trips({12, level, mem_level}, {prose, prose.substr(100, 5'000), std::string(70'000, 'z')});
    }
  }
}

TEST(a_message_beyond_what_sizes_can_say_is_not_compressed) {
  Deflater deflater(kSettings);
  const uint8_t byte = 0;
  EXPECT(deflater.compress({&byte, size_t{5} << 30}).empty());  // it is not read
  EXPECT(!deflater.compress(as_bytes(std::string(1000, 'a'))).empty());
}

TEST(messages_of_each_size_come_back) {
  std::mt19937_64 random = test_random();
  Deflater deflater({9, 6, 1});
  Inflater inflater(9);
  const std::string prose = random_prose(70'000, random);
  int compressed = 0;
  // About 16 KiB, there is less room at first.
  for (size_t size = 1; size < 70'000; size += size < 600 || (size > 16'300 && size < 16'500) ? 1 : 997) {
    const std::string_view message = std::string_view(prose).substr(0, size);
    const std::string payload = compress(deflater, message);
    if (payload.empty()) continue;
    ++compressed;
    expect_message(inflater, payload, message);
  }
  EXPECT(compressed > 500);
}

TEST(a_higher_level_makes_it_smaller) {
  std::mt19937_64 random = test_random();
  const std::string prose = random_prose(50'000, random);
  Deflater fast({15, 1, 8});
  Deflater thorough({15, 9, 8});
  EXPECT(compress(thorough, prose).size() < compress(fast, prose).size());
}

TEST(a_window_that_is_taken_over_makes_the_same_message_small) {
  std::mt19937_64 random = test_random();
  const std::string prose = random_prose(2'000, random);
  Deflater deflater(kSettings);
  const size_t first = compress(deflater, prose).size();
  EXPECT(compress(deflater, prose).size() < first / 10);
  deflater.reset();
  EXPECT_EQ(compress(deflater, prose).size(), first);
}

TEST(a_reset_inflater_has_an_empty_window) {
  Deflater deflater(kSettings);
  Inflater inflater(15);
  const std::string message(1'000, 'm');
  const std::string first = compress(deflater, message);
  const std::string second = compress(deflater, message);
  expect_message(inflater, first, message);
  expect_message(inflater, second, message);
  inflater.reset();
  EXPECT_EQ(decompress(inflater, second).result, Result::kInvalid);
  inflater.reset();
  expect_message(inflater, first, message);
}

// --- RFC 7692 §7.2.3 ---

TEST(reads_the_examples_of_the_rfc) {
  // §7.2.3.1: one block; §7.2.3.2: and again, by the window.
  Inflater inflater(15);
  expect_message(inflater, from_hex("f248cdc9c90700"), "Hello");
  expect_message(inflater, from_hex("f200110000"), "Hello");
  // §7.2.3.3: a stored block; §7.2.3.5: two blocks; §7.2.3.6: an empty one.
  expect_message(inflater, from_hex("000500faff48656c6c6f00"), "Hello");
  expect_message(inflater, from_hex("f248050000 00ffffcac9c90700"), "Hello");
  expect_message(inflater, from_hex("00"), "");
  expect_message(inflater, from_hex("f200110000"), "Hello");
}

// §7.2.3.4: the last block of the stream, as it says, but not of the connection.
TEST(reads_on_behind_the_end_of_a_stream) {
  for (const uint8_t bits : {uint8_t{8}, uint8_t{15}}) {
    Inflater inflater(bits);
    expect_message(inflater, from_hex("f348cdc9c9070000"), "Hello");
    expect_message(inflater, from_hex("f348cdc9c9070000"), "Hello");
    expect_message(inflater, from_hex("f248cdc9c90700"), "Hello");
    // The window is still the same.
    expect_message(inflater, from_hex("f348cdc9c9070000"), "Hello");
    expect_message(inflater, from_hex("f200110000"), "Hello");
    // Several ends within one message.
    expect_message(inflater, from_hex("f348cdc9c90700 f348cdc9c90700 f248cdc9c90700"), "HelloHelloHello");
  }
}

// §7.2.1 lets the empty block at the end be the last of its stream: what is left of it then has a bit set.
TEST(reads_a_stream_that_ends_with_its_message) {
  Inflater inflater(15);
  expect_message(inflater, from_hex("01"), "");
  expect_message(inflater, from_hex("f248cdc9c90704"), "Hello");
  expect_message(inflater, from_hex("f248050000 00ffffcac9c90704"), "Hello");
  expect_message(inflater, from_hex("000500faff48656c6c6f01"), "Hello");
  expect_message(inflater, from_hex("f200110000"), "Hello");
}

// --- What compression would make longer ---

TEST(leaves_what_does_not_get_shorter) {
  std::mt19937_64 random = test_random();
  for (const size_t size : {1, 5, 100, 1'000, 16'384, 16'385, 40'000, 200'000}) {
    const std::string prose = random_prose(1'000, random);
    for (const uint8_t bits : {uint8_t{8}, uint8_t{12}, uint8_t{15}}) {
      Deflater deflater({bits, 6, 8});
      PlainInflate plain(bits);
      EXPECT(plain.decompress(compress(deflater, prose)) == prose);
      EXPECT_EQ(compress(deflater, random_bytes(size, random)), "");
      // What the other side has not seen is not in the window.
      EXPECT(plain.decompress(compress(deflater, prose)) == prose);
    }
  }
}

TEST(leaves_an_empty_message) {
  Deflater deflater(kSettings);
  EXPECT_EQ(compress(deflater, ""), "");
  Inflater inflater(15);
  expect_message(inflater, compress(deflater, "hello hello hello hello"), "hello hello hello hello");
}

TEST(takes_no_more_memory_than_the_message_while_it_compresses) {
  std::mt19937_64 random = test_random();
  for (const std::string& message : {random_bytes(300'000, random), random_prose(300'000, random)}) {
    Deflater deflater(kSettings);
    const ByteBuffer payload = deflater.compress(as_bytes(message));
    EXPECT(payload.capacity() <= message.size() + 16);
  }
}

TEST(deflate_never_makes_more_than_it_is_said_to) {
  std::mt19937_64 random = test_random();
  for (int level = 0; level <= 9; ++level) {
    for (int mem_level = 1; mem_level <= 9; ++mem_level) {
      for (const int bits : {9, 12, 15}) {
        PlainDeflate plain(bits, level, mem_level);
        for (const size_t size : {0, 1, 2, 7, 60, 127, 128, 1'000, 20'000}) {
          EXPECT(plain.compress(random_bytes(size, random)).size() <= deflated_bytes_max(size));
        }
      }
    }
  }
  for (const size_t size : {0, 1, 100, 65'535, 65'536, 200'000}) {
    EXPECT(stored(random_bytes(size, random)).size() <= deflated_bytes_max(size));
  }
}

// --- What is invalid ---

TEST(refuses_payloads_that_are_cut_off_anywhere) {
  std::mt19937_64 random = test_random();
  Inflater inflater(15);
  for (const std::string& payload : {deflated(random_prose(700, random)), deflated(std::string(5'000, 'z')),
                                     from_hex("f348cdc9c9070000")}) {
    for (size_t size = 0; size < payload.size(); ++size) {
      inflater.reset();
      if (!EXPECT_EQ(decompress(inflater, payload.substr(0, size)).result, Result::kInvalid)) {
        fail(__FILE__, __LINE__, "the above of " + std::to_string(size) + " bytes of " + quoted(payload));
      }
    }
    inflater.reset();
    EXPECT_EQ(decompress(inflater, payload).result, Result::kDone);
  }
}

TEST(refuses_what_is_no_deflate) {
  Inflater inflater(15);
  for (const char* hex : {
           "06",                      // a block of the fourth kind
           "000500faf048656c6c6f00",  // a stored block whose length is not said twice
           "f2001100",                // the end of a block is missing
           "02100000",                // refers to what is before the first byte
           "ffffffff", "48656c6c6f",
           "f248cdc9c9070078",            // more behind the end, but no block
           "789cf248cdc9c907000000ffff",  // with zlib's own header
           "f348cdc9c90700",              // the end of a stream without a block behind it
       }) {
    inflater.reset();
    if (!EXPECT_EQ(decompress(inflater, from_hex(hex)).result, Result::kInvalid)) {
      fail(__FILE__, __LINE__, std::string("the above of ") + hex);
    }
  }
  inflater.reset();
  expect_message(inflater, from_hex("f248cdc9c90700"), "Hello");
}

TEST(agrees_with_plain_zlib_on_damaged_payloads) {
  std::mt19937_64 random = test_random();
  int invalid = 0;
  for (int i = 0; i < 3'000; ++i) {
    const std::string prose = random_prose(1 + random() % 300, random);
    std::string payload = deflated(prose);
    for (size_t count = 1 + random() % 3; count > 0; --count) {
      payload[random() % payload.size()] ^= static_cast<char>(1 << random() % 8);
    }
    const uint64_t size_max = random() % 4 == 0 ? prose.size() - 1 : prose.size();
    const std::optional<std::string> expected = PlainInflate().decompress(payload, size_max);
    Inflater inflater(15);
    const Decompressed got = decompress(inflater, payload, size_max);
    const Result result = !expected                     ? Result::kInvalid
                          : expected->size() > size_max ? Result::kTooLong
                                                        : Result::kDone;
    EXPECT_EQ(got.result, result);
    if (result == Result::kDone) EXPECT(got.message == *expected);
    invalid += result == Result::kInvalid;
  }
  EXPECT(invalid > 300);
}

// --- What is too long ---

TEST(takes_a_message_of_just_the_size_allowed) {
  Inflater inflater(15);
  for (const size_t size : {0, 1, 2, 63, 64, 65, 91, 92, 93, 1'000, 65'535, 65'536, 100'000}) {
    const std::string message(size, 'm');
    for (const std::string& payload : {deflated(message), stored(message)}) {
      inflater.reset();
      const Decompressed got = decompress(inflater, payload, size);
      EXPECT_EQ(got.result, Result::kDone);
      EXPECT(got.message == message);
      inflater.reset();
      if (size > 0) EXPECT_EQ(decompress(inflater, payload, size - 1).result, Result::kTooLong);
    }
  }
}

// What is wrong behind the limit is not looked at.
TEST(a_message_that_is_too_long_is_so_before_it_is_wrong) {
  Inflater inflater(15);
  std::string payload = stored(std::string(1'000, 'm'));
  payload.back() = '\x06';  // a block of the fourth kind
  EXPECT_EQ(decompress(inflater, payload, 999).result, Result::kTooLong);
  inflater.reset();
  EXPECT_EQ(decompress(inflater, payload, 1'000).result, Result::kInvalid);
}

TEST(a_bomb_takes_no_more_memory_than_a_message_may) {
  PlainDeflate plain(15, 9);
  std::string payload;
  for (int i = 0; i < 100; ++i) {
    payload += plain.compress(std::string(kMiB, '\0')) + std::string(kDeflateTail);
  }
  EXPECT(payload.size() < 200'000);
  Inflater inflater(15);
  ByteBuffer message;
  const size_t before = allocated_bytes();
  EXPECT_EQ(inflater.decompress(as_bytes(payload), kMiB, message), Result::kTooLong);
  constexpr size_t kWindow = 32 * 1024;
  EXPECT(allocated_bytes() - before <= kMiB + kWindow + 1'000);
  EXPECT_EQ(message.size(), kMiB + 1);
}

// A small payload takes little, whatever is allowed.
TEST(memory_grows_with_what_comes) {
  Inflater inflater(15);
  ByteBuffer message;
  EXPECT_EQ(inflater.decompress(as_bytes(stored("hello")), 1024 * kMiB, message), Result::kDone);
  EXPECT(message.capacity() < 200);
}

// --- Shared ---

TEST(shared_streams_are_the_same_for_the_same_settings_and_empty) {
  SharedDeflateStreams shared;
  const std::string message(1'000, 'm');
  Deflater& deflater = shared.deflater({15, 6, 8});
  const std::string payload = compress(deflater, message);
  EXPECT(&shared.deflater({15, 6, 8}) == &deflater);
  EXPECT_EQ(compress(shared.deflater({15, 6, 8}), message), payload);
  for (const DeflaterSettings& other : {DeflaterSettings{14, 6, 8}, {15, 5, 8}, {15, 6, 7}}) {
    Deflater& its = shared.deflater(other);
    EXPECT(&its != &deflater);
    EXPECT(its.settings() == other);
  }
  EXPECT(&shared.deflater({15, 6, 8}) == &deflater);

  Inflater& inflater = shared.inflater();
  expect_message(inflater, from_hex("f248cdc9c90700"), "Hello");
  EXPECT(&shared.inflater() == &inflater);
  EXPECT_EQ(decompress(shared.inflater(), from_hex("f200110000")).result, Result::kInvalid);
  expect_message(shared.inflater(), from_hex("f248cdc9c90700"), "Hello");
}

TEST(one_message_goes_on_alone_when_the_memory_is_full) {
  InflatingMemory memory;
  const int first = 1;
  const int second = 2;
  EXPECT(memory.may_grow(&first) && memory.may_grow(&second));
  memory.add(limits::kInflatingBytesMax);
  EXPECT(memory.may_grow(&first));
  EXPECT(!memory.may_grow(&second));
  EXPECT(memory.may_grow(&first));
  memory.add(1'000'000);
  // The other has its turn when the first is done, though there is no less than before.
  memory.leave(&first, 1'000'000);
  EXPECT(memory.may_grow(&second));
  EXPECT(!memory.may_grow(&first));
  memory.leave(&second, limits::kInflatingBytesMax);
  EXPECT(memory.may_grow(&first) && memory.may_grow(&second));
}

}  // namespace
}  // namespace ntyws
