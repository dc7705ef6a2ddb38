// Held against the plain validator, which the texts of utf8_test.cc, being short, hold against an oracle.
#include "protocol/utf8_avx2.h"

#include <string>
#include <vector>

#include "guarded_bytes.h"
#include "protocol/utf8.h"
#include "testing.h"

namespace ntyws {
namespace {

using testing::GuardedBytes;

constexpr size_t kSizeMax = 200;

bool same_verdict(Bytes text) {
  Utf8Validator validator;
  Utf8Validator plain;
  return validator.push(text) == plain.push_plain(text) && validator.complete() == plain.complete();
}

// 2-byte code points, so that every block has work to do, over as many bytes as are wanted.
std::string filler(size_t size) {
  std::string text(size % 2, 'a');
  while (text.size() < size) text += "\xc3\xa9";
  return text;
}

// Any code point of any form, often enough a first or last one of its form.
std::string random_text(size_t size, std::mt19937_64& random) {
  constexpr std::string_view kPoints[] = {
      "a",
      "\x7f",
      "\xc2\x80",
      "\xdf\xbf",
      "\xe0\xa0\x80",
      "\xe2\x82\xac",
      "\xed\x9f\xbf",
      "\xee\x80\x80",
      "\xef\xbf\xbf",
      "\xf0\x90\x80\x80",
      "\xf0\x9f\x98\x80",
      "\xf4\x8f\xbf\xbf",
      "a run of ASCII that fills more than one of the blocks, also when it begins in mid-block"};
  std::string text;
  while (text.size() < size) text += kPoints[random() % std::size(kPoints)];
  return text;
}

TEST(agrees_on_four_bytes_around_the_end_of_a_block) {
  constexpr uint8_t kEdges[] = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2,
                                0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF};
  for (const std::string& around : {std::string(70, 'a'), filler(70)}) {
    std::string text = around;
    size_t at = 28;
    for (const uint8_t first : kEdges) {
      for (const uint8_t second : kEdges) {
        for (const uint8_t third : kEdges) {
          for (const uint8_t fourth : kEdges) {
            const uint8_t bytes[] = {first, second, third, fourth};
            text.replace(at, 4, as_text(bytes));
            if (!same_verdict(as_bytes(text))) testing::fail(__FILE__, __LINE__, testing::quoted(text));
            text.replace(at, 4, around, at, 4);
            at = at == 34 ? 28 : at + 2;
          }
        }
      }
    }
  }
}

TEST(agrees_on_every_pair_of_bytes) {
  std::string text = filler(70);
  for (int pair = 0; pair < 0x10000; ++pair) {
    text[31] = static_cast<char>(pair >> 8);
    text[32] = static_cast<char>(pair);
    if (!same_verdict(as_bytes(text))) testing::fail(__FILE__, __LINE__, testing::quoted(text));
  }
}

TEST(agrees_on_texts_with_a_wrong_byte_at_every_place) {
  std::mt19937_64 random = testing::test_random();
  for (size_t size = 0; size <= kSizeMax; ++size) {
    std::string text = random_text(size, random).substr(0, size);  // perhaps cut within a code point
    GuardedBytes guarded(text);
    EXPECT(same_verdict(guarded.bytes()));
    for (size_t place = 0; place < size; ++place) {
      const auto was = static_cast<uint8_t>(text[place]);
      for (const uint8_t byte : {0x41, 0x80, 0xBF, 0xC3, 0xE0, 0xED, 0xF4, 0xFF}) {
        guarded.bytes()[place] = byte;
        EXPECT(same_verdict(guarded.bytes()));
      }
      guarded.bytes()[place] = was;
    }
  }
}

TEST(agrees_in_two_pieces_cut_anywhere) {
  std::mt19937_64 random = testing::test_random();
  for (int i = 0; i < 40; ++i) {
    std::string text = random_text(kSizeMax, random);
    if (i % 2 == 1) text[random() % text.size()] = static_cast<char>(random());
    for (size_t cut = 0; cut <= text.size(); ++cut) {
      GuardedBytes first(text.substr(0, cut));
      GuardedBytes second(text.substr(cut));
      Utf8Validator validator;
      Utf8Validator plain;
      EXPECT_EQ(validator.push(first.bytes()), plain.push_plain(first.bytes()));
      EXPECT_EQ(validator.complete(), plain.complete());
      EXPECT_EQ(validator.push(second.bytes()), plain.push_plain(second.bytes()));
      EXPECT_EQ(validator.complete(), plain.complete());
    }
  }
}

#if defined(__x86_64__)

// What is left to the plain validator is small: without this the tests above would pass were it everything.
TEST(gets_to_the_end_and_to_the_fault) {
  if (!__builtin_cpu_supports("avx2")) return;
  std::mt19937_64 random = testing::test_random();
  for (size_t size = 64; size <= kSizeMax; ++size) {
    std::string text = random_text(size, random);
    const size_t prefix_size = valid_prefix_size_avx2(as_bytes(text));
    EXPECT(prefix_size <= text.size() && prefix_size + 36 > text.size());

    const size_t place = random() % text.size();
    text[place] = '\xff';
    const size_t faultless_size = valid_prefix_size_avx2(as_bytes(text));
    EXPECT(faultless_size <= place && faultless_size + 36 > place);
  }
}

TEST(ends_its_part_between_code_points) {
  if (!__builtin_cpu_supports("avx2")) return;
  for (const std::string_view point : {"a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) {
    std::string text;
    while (text.size() < kSizeMax) text += point;
    for (size_t size = 0; size <= text.size(); ++size) {
      EXPECT_EQ(valid_prefix_size_avx2(as_bytes(text).first(size)) % point.size(), 0u);
    }
  }
}

#endif

}  // namespace
}  // namespace ntyws
