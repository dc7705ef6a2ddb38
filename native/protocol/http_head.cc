#include "protocol/http_head.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace ntyws {
namespace {

// Which bytes may stand where, one bit for each place.
enum CharClass : uint8_t {
  kTokenChar = 1,   // method and field names (RFC 9110 §5.6.2)
  kTargetChar = 2,  // visible ASCII
  kValueChar = 4,   // visible ASCII, space, tab, and obs-text (RFC 9110 §5.5)
};

constexpr std::array<uint8_t, 256> make_classes() {
  std::array<uint8_t, 256> classes{};
  for (size_t byte = 0; byte < classes.size(); ++byte) {
    const auto c = static_cast<unsigned char>(byte);
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    const bool digit = c >= '0' && c <= '9';
    const bool mark =
        std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
    const bool visible = c > 0x20 && c < 0x7F;
    uint8_t bits = 0;
    if (letter || digit || mark) bits |= kTokenChar;
    if (visible) bits |= kTargetChar;
    if (visible || c == ' ' || c == '\t' || c >= 0x80) bits |= kValueChar;
    classes[byte] = bits;
  }
  return classes;
}
constexpr std::array<uint8_t, 256> kClasses = make_classes();

bool is(CharClass char_class, uint8_t byte) {
  return (kClasses[byte] & char_class) != 0;
}

// The first place from `at` on whose byte is not of the class.
size_t skip(Bytes bytes, size_t at, CharClass char_class) {
  while (at < bytes.size() && is(char_class, bytes[at])) ++at;
  return at;
}

// "d" stands for a digit.
constexpr std::string_view kVersionPattern = "HTTP/d.d";
constexpr size_t kMajorIndex = 5;
constexpr size_t kMinorIndex = 7;
constexpr size_t kStatusDigits = 3;

bool is_digit(uint8_t byte) {
  return byte >= '0' && byte <= '9';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace

HeadStatus HeadParser::parse(Bytes bytes) {
  if (status_ != HeadStatus::kPartial) return status_;
  // The limit is applied by not looking further, so that it counts alike on any chunking.
  status_ = scan(bytes.first(std::min(bytes.size(), head_bytes_max_)));
  if (status_ == HeadStatus::kPartial && scanned_ == head_bytes_max_) status_ = HeadStatus::kTooLong;
  if (status_ == HeadStatus::kComplete) make_views(as_text(bytes));
  return status_;
}

// Each state consumes as far as it can, and ends on a byte of another state or at the end of the bytes.
HeadStatus HeadParser::scan(Bytes bytes) {
  while (scanned_ < bytes.size()) {
    const uint8_t byte = bytes[scanned_];
    switch (state_) {
      case State::kStart:
        if (byte == '\r') {
          state_ = State::kStartLf;
          ++scanned_;
        } else {
          state_ = State::kMethodStart;
        }
        break;

      case State::kStartLf:
        if (byte != '\n') return HeadStatus::kMalformed;
        state_ = State::kMethodStart;
        ++scanned_;
        break;

      case State::kMethodStart:
        if (!is(kTokenChar, byte)) return HeadStatus::kMalformed;
        token_begin_ = scanned_;
        state_ = State::kMethod;
        break;

      case State::kMethod:
        scanned_ = skip(bytes, scanned_, kTokenChar);
        if (scanned_ == bytes.size()) break;
        if (bytes[scanned_] != ' ') return HeadStatus::kMalformed;
        method_ = {token_begin_, scanned_};
        token_begin_ = ++scanned_;
        state_ = State::kTarget;
        break;

      case State::kTarget:
        scanned_ = skip(bytes, scanned_, kTargetChar);
        if (scanned_ == bytes.size()) break;
        if (bytes[scanned_] != ' ' || scanned_ == token_begin_) return HeadStatus::kMalformed;
        target_ = {token_begin_, scanned_};
        token_begin_ = ++scanned_;
        state_ = State::kVersion;
        break;

      case State::kVersion:
        if (!take_version_byte(byte)) return HeadStatus::kMalformed;
        ++scanned_;
        break;

      case State::kStatus:
        if (!take_status_byte(byte)) return HeadStatus::kMalformed;
        ++scanned_;
        break;

      case State::kPhrase:
        scanned_ = skip(bytes, scanned_, kValueChar);
        if (scanned_ == bytes.size()) break;
        if (bytes[scanned_] != '\r') return HeadStatus::kMalformed;
        state_ = State::kLineLf;
        ++scanned_;
        break;

      case State::kLineLf:
        if (byte != '\n') return HeadStatus::kMalformed;
        state_ = State::kFieldStart;
        ++scanned_;
        break;

      case State::kFieldStart:
        if (byte == '\r') {
          state_ = State::kEndLf;
          ++scanned_;
          break;
        }
        // White space here would fold the line before: obsolete, and refused like any other byte.
        if (!is(kTokenChar, byte)) return HeadStatus::kMalformed;
        if (fields_.size() == header_count_max_) return HeadStatus::kTooLong;
        token_begin_ = scanned_;
        state_ = State::kName;
        break;

      case State::kName:
        scanned_ = skip(bytes, scanned_, kTokenChar);
        if (scanned_ == bytes.size()) break;
        if (bytes[scanned_] != ':') return HeadStatus::kMalformed;
        fields_.push_back({.name = {token_begin_, scanned_}, .value = {}});
        ++scanned_;
        state_ = State::kValue;
        token_begin_ = scanned_;
        break;

      case State::kValue:
        scanned_ = skip(bytes, scanned_, kValueChar);
        if (scanned_ == bytes.size()) break;
        if (bytes[scanned_] != '\r') return HeadStatus::kMalformed;
        fields_.back().value = {token_begin_, scanned_};
        ++scanned_;
        state_ = State::kLineLf;
        break;

      case State::kEndLf:
        if (byte != '\n') return HeadStatus::kMalformed;
        ++scanned_;
        return HeadStatus::kComplete;
    }
  }
  return HeadStatus::kPartial;
}

// A byte of the version, or the one behind it. False: it is wrong.
bool HeadParser::take_version_byte(uint8_t byte) {
  const size_t index = scanned_ - token_begin_;
  if (index == kVersionPattern.size()) {
    const bool is_request = kind_ == HeadKind::kRequest;
    state_ = is_request ? State::kLineLf : State::kStatus;
    token_begin_ = scanned_ + 1;
    return byte == (is_request ? '\r' : ' ');
  }
  if (index != kMajorIndex && index != kMinorIndex) {
    return byte == static_cast<uint8_t>(kVersionPattern[index]);
  }
  (index == kMajorIndex ? head_.version_major : head_.version_minor) = byte - '0';
  return is_digit(byte);
}

// The same for the three digits of a status.
bool HeadParser::take_status_byte(uint8_t byte) {
  const size_t index = scanned_ - token_begin_;
  if (index == kStatusDigits) {
    state_ = byte == '\r' ? State::kLineLf : State::kPhrase;
    return byte == '\r' || byte == ' ';
  }
  head_.status = head_.status * 10 + (byte - '0');
  return is_digit(byte) && !(index == 0 && byte == '0');
}

void HeadParser::make_views(std::string_view text) {
  const auto view = [text](Range range) { return text.substr(range.begin, range.end - range.begin); };
  head_.method = view(method_);
  head_.target = view(target_);
  head_.fields.reserve(fields_.size());
  for (const FieldRanges& field : fields_) {
    head_.fields.push_back({.name = view(field.name), .value = trimmed(view(field.value))});
  }
}

size_t HttpHead::count(std::string_view name) const {
  return static_cast<size_t>(std::count_if(fields.begin(), fields.end(), [name](const HeaderField& field) {
    return equals_ignoring_case(field.name, name);
  }));
}

std::string_view HttpHead::find(std::string_view name) const {
  for (const HeaderField& field : fields) {
    if (equals_ignoring_case(field.name, name)) return field.value;
  }
  return {};
}

bool HttpHead::has_token(std::string_view name, std::string_view token) const {
  for (const HeaderField& field : fields) {
    if (!equals_ignoring_case(field.name, name)) continue;
    for (std::string_view list = field.value; !list.empty();) {
      if (equals_ignoring_case(take_list_item(list), token)) return true;
    }
  }
  return false;
}

bool is_token_char(char c) {
  return is(kTokenChar, static_cast<uint8_t>(c));
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view take_list_item(std::string_view& list) {
  const size_t comma = list.find(',');
  const std::string_view item = trimmed(list.substr(0, comma));
  list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  return item;
}

}  // namespace ntyws
