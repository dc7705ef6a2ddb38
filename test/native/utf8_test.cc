// The oracle here works from whole byte strings and the numbers they stand for; the validator from ranges of
// single bytes. They share nothing.
#include "protocol/utf8.h"

#include <string>

#include "chunkings.h"
#include "guarded_bytes.h"
#include "testing.h"

namespace ntyws {
namespace {

using testing::GuardedBytes;

// The shortest form of a code point, which need not be valid itself.
std::string encoded(uint32_t point) {
  const auto tail = [point](int shift) { return static_cast<char>(0x80 | ((point >> shift) & 0x3F)); };
  if (point < 0x80) return {static_cast<char>(point)};
  if (point < 0x800) return {static_cast<char>(0xC0 | (point >> 6)), tail(0)};
  if (point < 0x10000) return {static_cast<char>(0xE0 | (point >> 12)), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | (point >> 18)), tail(12), tail(6), tail(0)};
}

bool is_scalar(uint32_t point) {
  return point <= 0x10FFFF && !(point >= 0xD800 && point <= 0xDFFF);
}

// Decodes what any number of bytes might mean, encodes it again, and compares.
bool oracle(std::string_view text) {
  while (!text.empty()) {
    const auto lead = static_cast<uint8_t>(text[0]);
    const size_t size = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (text.size() < size) return false;
    uint32_t point = size == 1 ? lead : lead & (0x7Fu >> size);
    for (size_t i = 1; i < size; ++i) point = (point << 6) | (static_cast<uint8_t>(text[i]) & 0x3F);
    if (!is_scalar(point) || encoded(point) != text.substr(0, size)) return false;
    text.remove_prefix(size);
  }
  return true;
}

bool valid_alone(std::string_view text) {
  Utf8Validator validator;
  return validator.push(as_bytes(text)) && validator.complete();
}

// Both alone and with text behind, as code points are read in one go where four bytes are there.
bool valid(std::string_view text) {
  char longer[16] = "aaaaaaaaaaaaaaa";
  std::memcpy(longer, text.data(), text.size());
  const bool alone = valid_alone(text);
  if (valid_alone({longer, text.size() + 4}) != alone) testing::fail(__FILE__, __LINE__, "one verdict");
  return alone;
}

constexpr std::string_view kTexts[] = {
    "",
    "plain ASCII that is longer than one block of the fast path",
    "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",  // from RFC 3629's family of examples
    "a\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",  // each form's ends
    "sixteen bytes 16\xf0\x9f\x98\x80sixteen bytes 16\xed\x9f\xbf\xee\x80\x80",
    "\xef\xbb\xbf with a byte order mark",
};

constexpr std::string_view kWrongTexts[] = {
    "\x80",
    "\xbf",
    "\xc0\x80",
    "\xc1\xbf",
    "\xe0\x9f\xbf",
    "\xed\xa0\x80",
    "\xed\xbf\xbf",
    "\xf0\x8f\xbf\xbf",
    "\xf4\x90\x80\x80",
    "\xf5\x80\x80\x80",
    "\xfe",
    "\xff",
    "\xc2\x41",
    "\xe1\x80\x41",
    "\xf1\x80\x80\x41",
    "\xe1\x80\xc2",
    "\xf8\x88\x80\x80\x80",
    "\xc2\x80\x80",
    "a text of ASCII that runs over blocks, then \xed\xa0\x80 and more ASCII after it",
};

TEST(takes_exactly_the_scalar_values) {
  for (uint32_t point = 0; point < 0x200000; ++point) {
    const std::string text = encoded(point);
    if (valid(text) != is_scalar(point))
      testing::fail(__FILE__, __LINE__, "code point " + std::to_string(point));
  }
}

TEST(agrees_with_the_oracle_on_all_short_sequences) {
  std::string text;
  const auto check = [&] {
    if (valid(text) != oracle(text))
      testing::fail(__FILE__, __LINE__, "agreement on " + testing::quoted(text));
  };
  for (uint32_t bits = 0; bits < 0x1000000; ++bits) {
    text = {static_cast<char>(bits >> 16), static_cast<char>(bits >> 8), static_cast<char>(bits)};
    check();
    if (bits < 0x10000) text.erase(0, 1), check();
    if (bits < 0x100) text.erase(0, 1), check();
  }
}

TEST(agrees_with_the_oracle_on_four_byte_forms) {
  std::string text(4, '\0');
  constexpr uint8_t kEdges[] = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
  for (int lead = 0xE8; lead < 0x100; ++lead) {
    for (int second = 0; second < 0x100; ++second) {
      for (const uint8_t third : kEdges) {
        for (const uint8_t fourth : kEdges) {
          text = {static_cast<char>(lead), static_cast<char>(second), static_cast<char>(third),
                  static_cast<char>(fourth)};
          if (valid(text) != oracle(text)) {
            testing::fail(__FILE__, __LINE__, "agreement on " + testing::quoted(text));
          }
        }
      }
    }
  }
}

TEST(takes_texts_in_any_pieces) {
  for (const std::string_view text : kTexts) {
    EXPECT(oracle(text));
    testing::for_each_chunking(text.size(), [&](const std::vector<size_t>& pieces) {
      Utf8Validator validator;
      std::string_view rest = text;
      for (const size_t piece : pieces) {
        EXPECT(validator.push(GuardedBytes(rest.substr(0, piece)).bytes()));
        rest.remove_prefix(piece);
        // Complete exactly where the text so far is one.
        EXPECT_EQ(validator.complete(), oracle(text.substr(0, text.size() - rest.size())));
      }
      EXPECT(validator.complete());
    });
    for (size_t first = 0; first <= text.size(); ++first) {
      Utf8Validator validator;
      EXPECT(validator.push(as_bytes(text.substr(0, first))));
      EXPECT(validator.push(as_bytes(text.substr(first))));
      EXPECT(validator.complete());
    }
  }
}

TEST(refuses_wrong_texts_in_any_pieces_and_stays_spent) {
  for (const std::string_view text : kWrongTexts) {
    EXPECT(!oracle(text));
    testing::for_each_chunking(text.size(), [&](const std::vector<size_t>& pieces) {
      Utf8Validator validator;
      std::string_view rest = text;
      bool fine = true;
      for (const size_t piece : pieces) {
        const bool still_fine = validator.push(GuardedBytes(rest.substr(0, piece)).bytes());
        EXPECT(fine || !still_fine);
        fine = still_fine;
        rest.remove_prefix(piece);
      }
      EXPECT(!fine);
      EXPECT(!validator.complete());
      EXPECT(!validator.push(as_bytes("a")));
      EXPECT(!validator.push({}));
      validator.reset();
      EXPECT(validator.push(as_bytes("a")) && validator.complete());
    });
  }
}

// A peer that sends a wrong byte is failed then, not at the end of its message.
TEST(refuses_at_the_first_byte_that_cannot_be) {
  for (const char* prefix : {"\x80", "\xc0", "\xc1", "\xe0\x9f", "\xed\xa0", "\xf0\x8f", "\xf4\x90", "\xf5",
                             "\xe1\x80\x7f", "\xf1\xc0"}) {
    const std::string_view text = prefix;
    Utf8Validator validator;
    EXPECT(validator.push(as_bytes(text.substr(0, text.size() - 1))));
    EXPECT(!validator.push(as_bytes(text.substr(text.size() - 1))));
  }
}

TEST(knows_a_text_that_is_cut) {
  for (const char* cut : {"\xc2", "\xe0", "\xe0\xa0", "\xf0", "\xf0\x90", "\xf0\x90\x80", "\xed\x9f",
                          "\xf4\x8f", "sixteen bytes 16\xf1\x80"}) {
    Utf8Validator validator;
    EXPECT(validator.push(GuardedBytes(std::string_view(cut)).bytes()));
    EXPECT(!validator.complete());
  }
}

TEST(finds_a_wrong_byte_at_every_place_of_a_long_text) {
  for (size_t size = 1; size < 200; ++size) {
    EXPECT(valid_alone(std::string(size, 'a')));
    for (size_t place = 0; place < size; ++place) {
      std::string text(size, 'a');
      text[place] = '\x80';
      Utf8Validator validator;
      EXPECT(!validator.push(GuardedBytes(text).bytes()));
    }
  }
}

TEST(is_ascii_at_all_alignments) {
  std::string text(240, 'a');
  for (size_t begin = 0; begin < 33; ++begin) {
    for (size_t size = 0; size < 200; ++size) {
      EXPECT(is_ascii(as_bytes(text).subspan(begin, size)));
      for (const size_t place : {begin, begin + size / 2, begin + size - 1}) {
        if (size == 0) continue;
        text[place] = '\x80';
        EXPECT(!is_ascii(as_bytes(text).subspan(begin, size)));
        text[place] = '\x7f';
        EXPECT(is_ascii(as_bytes(text).subspan(begin, size)));
      }
      // Neighbours do not count.
      text[begin + size] = '\xff';
      if (begin != 0) text[begin - 1] = '\xff';
      EXPECT(is_ascii(as_bytes(text).subspan(begin, size)));
      text.assign(text.size(), 'a');
    }
  }
}

TEST(is_ascii_looks_at_every_byte_and_none_beyond) {
  EXPECT(is_ascii({}));
  for (size_t size = 1; size < 200; ++size) {
    GuardedBytes bytes(std::string(size, 'a'));
    EXPECT(is_ascii(bytes.bytes()));
    for (size_t place = 0; place < size; ++place) {
      bytes.bytes()[place] = 0xFF;
      EXPECT(!is_ascii(bytes.bytes()));
      bytes.bytes()[place] = 'a';
    }
  }
}

}  // namespace
}  // namespace ntyws
