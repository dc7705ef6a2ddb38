// Input: what may be the payload of a close frame. It is parsed, and taken for a code and a reason to write.
#include "protocol/close_payload.h"

#include "base/check.h"
#include "fuzz_target.h"
#include "input.h"
#include "utf8_model.h"

namespace ntyws {
namespace {

using fuzz::Copy;
using testing::begins_text;

// RFC 6455 §7.4.1 and what IANA has registered since; 3000 to 4999 are anybody's.
bool may_be_sent(int code) {
  switch (code) {
    case 1000:
    case 1001:
    case 1002:
    case 1003:
    case 1007:
    case 1008:
    case 1009:
    case 1010:
    case 1011:
    case 1012:
    case 1013:
    case 1014:
      return true;
    default:
      return code / 1000 == 3 || code / 1000 == 4;
  }
}

ProtocolError expected_error(std::string_view payload, int code) {
  if (payload.empty()) return ProtocolError::kNone;
  if (payload.size() == 1) return ProtocolError::kInvalidClosePayload;
  if (!may_be_sent(code)) return ProtocolError::kInvalidCloseCode;
  return begins_text(payload.substr(2), true) ? ProtocolError::kNone : ProtocolError::kInvalidUtf8;
}

void check_parsing(Bytes input, int code) {
  Copy copy(input);
  const ClosePayload close = parse_close_payload(copy.bytes());
  NTYWS_CHECK(close.error == expected_error(as_text(input), code));
  if (close.error != ProtocolError::kNone) return;
  NTYWS_CHECK(close.code == (input.empty() ? close_code::kNoStatus : code));
  NTYWS_CHECK(close.reason == (input.empty() ? std::string_view() : as_text(input.subspan(2))));
  if (!close.reason.empty()) NTYWS_CHECK(close.reason.data() == as_text(copy.bytes()).data() + 2);
}

void check_writing(uint16_t code, Bytes reason) {
  const auto out = std::make_unique<uint8_t[]>(limits::kControlPayloadMax);
  Copy copy(reason);
  const size_t size = write_close_payload(out.get(), code, as_text(copy.bytes()));
  NTYWS_CHECK(size <= limits::kControlPayloadMax);
  if (code == close_code::kNoStatus) {
    NTYWS_CHECK(size == 0);
    return;
  }
  NTYWS_CHECK(size >= 2 && out[0] == code >> 8 && out[1] == (code & 0xFF));
  const std::string_view written = as_text({out.get() + 2, size - 2});
  NTYWS_CHECK(as_text(reason).starts_with(written));
  if (reason.size() <= limits::kCloseReasonMax) NTYWS_CHECK(written.size() == reason.size());
  if (!begins_text(as_text(reason), true)) return;
  // Cut between code points, and by no more than one that did not fit.
  NTYWS_CHECK(begins_text(written, true));
  if (written.size() < reason.size()) NTYWS_CHECK(written.size() + 4 > limits::kCloseReasonMax);
  const ClosePayload again = parse_close_payload({out.get(), size});
  NTYWS_CHECK((again.error == ProtocolError::kNone) == may_be_sent(code));
  if (may_be_sent(code)) NTYWS_CHECK(again.code == code && again.reason == written);
}

FUZZ_TARGET(close_payload)(Bytes input) {
  const int code = input.size() < 2 ? 0 : input[0] << 8 | input[1];
  check_parsing(input, code);
  if (input.size() >= 2) check_writing(static_cast<uint16_t>(code), input.subspan(2));
}

}  // namespace
}  // namespace ntyws
