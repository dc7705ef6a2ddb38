#include "protocol/close_payload.h"

#include "protocol/utf8.h"

namespace ntyws {

bool is_valid_close_code(uint16_t code) {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code != 1004 && code != close_code::kNoStatus &&
         code != close_code::kAbnormal;
}

ClosePayload parse_close_payload(Bytes payload) {
  ClosePayload close;
  if (payload.empty()) return close;
  if (payload.size() == 1) {
    close.error = ProtocolError::kInvalidClosePayload;
    return close;
  }
  close.code = load_be16(payload.data());
  if (!is_valid_close_code(close.code)) {
    close.error = ProtocolError::kInvalidCloseCode;
    return close;
  }
  Bytes reason = payload.subspan(2);
  Utf8Validator utf8;
  if (!utf8.push(reason) || !utf8.complete()) {
    close.error = ProtocolError::kInvalidUtf8;
    return close;
  }
  close.reason = as_text(reason);
  return close;
}

size_t write_close_payload(uint8_t* out, uint16_t code, std::string_view reason) {
  if (code == close_code::kNoStatus) return 0;
  size_t size = reason.size();
  if (size > limits::kCloseReasonMax) {
    size = limits::kCloseReasonMax;
    while (size > 0 && (static_cast<uint8_t>(reason[size]) & 0xC0) == 0x80) --size;
  }
  store_be16(out, code);
  copy_bytes(out + 2, as_bytes(reason).data(), size);
  return 2 + size;
}

}  // namespace ntyws
