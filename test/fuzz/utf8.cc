// Input: the seed of the split, then text or what is none.
#include "protocol/utf8.h"

#include "base/check.h"
#include "fuzz_target.h"
#include "input.h"
#include "utf8_model.h"

namespace ntyws {
namespace {

using fuzz::Copy;
using fuzz::take_byte;
using testing::begins_text;

bool holds_ascii_only(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte < 0x80; });
}

// How many bytes a validator takes that is given one at a time.
size_t accepted_size(Bytes text) {
  Utf8Validator validator;
  size_t size = 0;
  while (size < text.size() && validator.push(text.subspan(size, 1))) ++size;
  return size;
}

FUZZ_TARGET(utf8)(Bytes input) {
  const uint8_t seed = take_byte(input);
  const std::string_view text = as_text(input);

  Copy whole(input);
  Utf8Validator at_once;
  const bool begins = at_once.push(whole.bytes());
  NTYWS_CHECK(begins == begins_text(text, false));
  NTYWS_CHECK((begins && at_once.complete()) == begins_text(text, true));
  Utf8Validator plainly;
  NTYWS_CHECK(plainly.push_plain(whole.bytes()) == begins && plainly.complete() == at_once.complete());
  NTYWS_CHECK(is_ascii(whole.bytes()) == holds_ascii_only(input));

  // Refused at the very byte from which on no text can follow.
  const size_t accepted = accepted_size(input);
  NTYWS_CHECK((accepted == input.size()) == begins);
  NTYWS_CHECK(begins_text(text.substr(0, accepted), false));
  NTYWS_CHECK(begins || !begins_text(text.substr(0, accepted + 1), false));

  Utf8Validator in_pieces;
  size_t at = 0;
  for (const size_t size : fuzz::pieces(input.size(), seed)) {
    const bool fine = in_pieces.push(Copy(input.subspan(at, size)).bytes());
    at += size;
    NTYWS_CHECK(fine == (at <= accepted));
    if (!fine) break;
    NTYWS_CHECK(in_pieces.complete() == begins_text(text.substr(0, at), true));
  }

  // A validator that is reset has forgotten everything.
  in_pieces.reset();
  NTYWS_CHECK(in_pieces.complete() && in_pieces.push(input) == begins);
}

}  // namespace
}  // namespace ntyws
