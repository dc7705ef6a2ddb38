// Parses the head of an HTTP/1.1 request or response: strictly, within bounds, and on any chunking. Never
// allocates beyond its list of fields; the caller keeps the bytes, which all views point into.
#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace ntyws {

struct HeaderField {
  std::string_view name;   // as sent; compare with equals_ignoring_case
  std::string_view value;  // without the white space around it
};

enum class HeadKind : uint8_t { kRequest, kResponse };

struct HttpHead {
  std::string_view method;  // of a request
  std::string_view target;
  int status = 0;  // of a response; what its phrase says means nothing
  int version_major = 0;
  int version_minor = 0;
  std::vector<HeaderField> fields;

  // How many fields have this name.
  size_t count(std::string_view name) const;
  // The first field of this name, or an empty view.
  std::string_view find(std::string_view name) const;
  // Whether any field of this name has the token in its comma-separated list, in any case (RFC 9110 §5.6.1).
  bool has_token(std::string_view name, std::string_view token) const;
};

enum class HeadStatus : uint8_t {
  kPartial,    // call again with more bytes
  kComplete,   // head() is whole, size() bytes long
  kMalformed,  // to a request 400 is the answer
  kTooLong,    // 431: more than head_bytes_max bytes or header_count_max fields
};

// Linear work, however the bytes are chunked: none is scanned twice. Says kMalformed at the first byte that
// is wrong (of a TLS hello, say, the very first). One empty line before a request is skipped (RFC 9112 §2.2);
// a response may leave out its phrase and the space before it.
class HeadParser {
 public:
  HeadParser(HeadKind kind, size_t head_bytes_max, size_t header_count_max)
      : head_bytes_max_(head_bytes_max),
        header_count_max_(header_count_max),
        kind_(kind),
        state_(kind == HeadKind::kRequest ? State::kStart : State::kVersion) {}

  // `bytes` are all bytes of the connection so far: the same ones as at the last call, and maybe more. They
  // may have moved in memory between calls; once kComplete is returned they must stay, as head() views them.
  // A status other than kPartial is final: further calls return it again.
  HeadStatus parse(Bytes bytes);

  const HttpHead& head() const { return head_; }
  // Where the first line begins: behind the empty line that may come before a request.
  size_t begin() const { return method_.begin; }
  // All bytes up to the head's end, the empty lines around it included; what follows belongs to the next
  // layer.
  size_t size() const { return scanned_; }

 private:
  // What the next byte belongs to.
  enum class State : uint8_t {
    kStart,
    kStartLf,
    kMethodStart,
    kMethod,
    kTarget,
    kVersion,
    kStatus,
    kPhrase,
    kLineLf,
    kFieldStart,
    kName,
    kValue,
    kEndLf,
  };

  // A part of the head by its place, which moving the bytes does not change.
  struct Range {
    size_t begin = 0;
    size_t end = 0;
  };
  struct FieldRanges {
    Range name;
    Range value;
  };

  HeadStatus scan(Bytes bytes);
  bool take_version_byte(uint8_t byte);
  bool take_status_byte(uint8_t byte);
  void make_views(std::string_view text);

  const size_t head_bytes_max_;
  const size_t header_count_max_;
  HeadStatus status_ = HeadStatus::kPartial;
  const HeadKind kind_;
  State state_;
  size_t scanned_ = 0;      // bytes already looked at
  size_t token_begin_ = 0;  // of what is being scanned; token_begin_ <= scanned_
  Range method_;
  Range target_;
  std::vector<FieldRanges> fields_;
  HttpHead head_;
};

// Whether it may stand in a token (RFC 9110 §5.6.2).
bool is_token_char(char c);

bool equals_ignoring_case(std::string_view a, std::string_view b);

// Takes the first item off a comma-separated list and returns it without the white space around it; it may be
// empty (RFC 9110 §5.6.1).
std::string_view take_list_item(std::string_view& list);

}  // namespace ntyws
