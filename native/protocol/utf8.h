// Checks UTF-8 as its bytes arrive (RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF).
#pragma once

#include "base/bytes.h"

namespace ntyws {

class Utf8Validator {
 public:
  // False as soon as the bytes so far cannot begin any valid text; after that the validator is spent.
  bool push(Bytes bytes);

  // The same without SIMD: the oracle that tests hold the fast one against.
  bool push_plain(Bytes bytes);

  // Whether the text may end here, that is, not within a code point.
  bool complete() const { return state_ == 0; }

  void reset() { state_ = 0; }

 private:
  bool push_long(Bytes bytes);

  uint8_t state_ = 0;
};

// Whether every byte is below 0x80.
bool is_ascii(Bytes bytes);

}  // namespace ntyws
