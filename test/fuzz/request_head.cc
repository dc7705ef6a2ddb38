// Input: an option byte (odd: small limits), the seed of the split, then what may be the head of a request.
#include "base/check.h"
#include "base/limits.h"
#include "fuzz_target.h"
#include "input.h"
#include "protocol/http_head.h"

namespace ntyws {
namespace {

using fuzz::Copy;

struct Limits {
  size_t head_bytes_max;
  size_t header_count_max;
};
constexpr Limits kRealLimits = {limits::kHeadBytesMax, limits::kHeaderCountMax};
constexpr Limits kSmallLimits = {100, 3};

// --- The model: takes a whole head apart by its line breaks ---

bool consists_of(std::string_view text, bool (*fits)(uint8_t)) {
  return std::all_of(text.begin(), text.end(), [fits](char c) { return fits(static_cast<uint8_t>(c)); });
}
bool is_token(std::string_view text) {
  return !text.empty() && text.find_first_not_of(
                              "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
}
bool is_target(std::string_view text) {
  return !text.empty() && consists_of(text, [](uint8_t byte) { return byte >= 0x21 && byte <= 0x7E; });
}
bool is_version(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' &&
         is_digit(text[7]);
}
bool is_value(std::string_view text) {
  return consists_of(text, [](uint8_t byte) { return byte == '\t' || (byte >= 0x20 && byte != 0x7F); });
}

struct ModelHead {
  size_t size = 0;  // 0 when there is no valid head
  std::string_view method;
  std::string_view target;
  std::string_view version;
  std::vector<HeaderField> fields;
};

ModelHead model_of(std::string_view text, const Limits& limits) {
  text = text.substr(0, limits.head_bytes_max);
  const std::string_view before_head = text.starts_with("\r\n") ? text.substr(0, 2) : std::string_view();
  std::string_view rest = text.substr(before_head.size());
  const size_t end = rest.find("\r\n\r\n");
  if (end == std::string_view::npos) return {};
  ModelHead head;
  head.size = before_head.size() + end + 4;
  rest = rest.substr(0, end + 2);
  const auto take_until = [&rest](std::string_view mark) {
    const size_t at = rest.find(mark);
    const std::string_view taken = rest.substr(0, at);
    rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + mark.size());
    return taken;
  };
  head.method = take_until(" ");
  head.target = take_until(" ");
  head.version = take_until("\r\n");
  if (!is_token(head.method) || !is_target(head.target) || !is_version(head.version)) return {};
  while (!rest.empty()) {
    const std::string_view line = take_until("\r\n");
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return {};
    std::string_view value = line.substr(colon + 1);
    if (!is_token(line.substr(0, colon)) || !is_value(value)) return {};
    while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
    while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
    head.fields.push_back({line.substr(0, colon), value});
  }
  if (head.fields.size() > limits.header_count_max) return {};
  return head;
}

void check_against_model(const HeadParser& parser, const ModelHead& model, Bytes bytes) {
  const HttpHead& head = parser.head();
  NTYWS_CHECK(parser.size() == model.size);
  NTYWS_CHECK(as_text(bytes).substr(parser.begin()).starts_with(model.method));
  NTYWS_CHECK(head.method == model.method && head.target == model.target);
  NTYWS_CHECK(head.version_major == model.version[5] - '0' && head.version_minor == model.version[7] - '0');
  NTYWS_CHECK(head.fields.size() == model.fields.size());
  const std::string_view text = as_text(bytes);
  const auto lies_within = [text](std::string_view view) {
    return view.empty() ||
           (view.data() >= text.data() && view.data() + view.size() <= text.data() + text.size());
  };
  NTYWS_CHECK(lies_within(head.method) && lies_within(head.target));
  for (size_t i = 0; i < head.fields.size(); ++i) {
    NTYWS_CHECK(head.fields[i].name == model.fields[i].name);
    NTYWS_CHECK(head.fields[i].value == model.fields[i].value);
    NTYWS_CHECK(lies_within(head.fields[i].name) && lies_within(head.fields[i].value));
    NTYWS_CHECK(head.count(head.fields[i].name) >= 1);
    NTYWS_CHECK(head.has_token(head.fields[i].name, "websocket") || head.fields[i].value != "websocket");
  }
}

// --- Running ---

FUZZ_TARGET(request_head)(Bytes input) {
  const Limits& limits = fuzz::take_byte(input) % 2 ? kSmallLimits : kRealLimits;
  const uint8_t seed = fuzz::take_byte(input);
  const ModelHead model = model_of(as_text(input), limits);

  Copy whole(input);
  HeadParser at_once(HeadKind::kRequest, limits.head_bytes_max, limits.header_count_max);
  const HeadStatus status = at_once.parse(whole.bytes());
  NTYWS_CHECK((status == HeadStatus::kComplete) == (model.size != 0));
  NTYWS_CHECK(status != HeadStatus::kPartial || input.size() < limits.head_bytes_max);
  NTYWS_CHECK(at_once.parse(whole.bytes()) == status);
  if (status == HeadStatus::kComplete) check_against_model(at_once, model, whole.bytes());

  // Byte by byte, the verdict falls at one place and stays.
  HeadParser by_bytes(HeadKind::kRequest, limits.head_bytes_max, limits.header_count_max);
  size_t decided = 0;
  while (decided < input.size() && by_bytes.parse(input.first(decided + 1)) == HeadStatus::kPartial)
    ++decided;
  NTYWS_CHECK(by_bytes.parse(input) == status);
  NTYWS_CHECK((decided == input.size()) == (status == HeadStatus::kPartial));
  if (status == HeadStatus::kComplete) NTYWS_CHECK(decided + 1 == model.size);

  // In pieces, each time all bytes so far at another place, the former place gone.
  HeadParser in_pieces(HeadKind::kRequest, limits.head_bytes_max, limits.header_count_max);
  Copy so_far;
  HeadStatus status_so_far = HeadStatus::kPartial;
  size_t size = 0;
  for (const size_t piece : fuzz::pieces(input.size(), static_cast<uint8_t>(seed | 2))) {
    size += piece;
    Copy more(input.first(size));
    so_far = std::move(more);
    status_so_far = in_pieces.parse(so_far.bytes());
    NTYWS_CHECK((status_so_far == HeadStatus::kPartial) == (size <= decided));
    if (status_so_far != HeadStatus::kPartial) break;
  }
  NTYWS_CHECK(status_so_far == status);
  if (status == HeadStatus::kComplete) check_against_model(in_pieces, model, so_far.bytes());
}

}  // namespace
}  // namespace ntyws
