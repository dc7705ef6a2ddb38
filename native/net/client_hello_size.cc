#include "net/client_hello_size.h"

#include "base/limits.h"

namespace ntyws {
namespace {

// RFC 8446 §5.1, §4: the type of the record, its version and length; the type of the message and its length.
constexpr uint8_t kRecordHeaderBytes = 5;
constexpr uint8_t kHandshakeRecord = 22;
constexpr uint8_t kMessageHeaderBytes = 4;

}  // namespace

bool ClientHelloSize::admit(Bytes ciphertext) {
  for (const uint8_t byte : ciphertext) {
    if (is_done_) break;
    if (!admit(byte)) return false;
  }
  return true;
}

// The header of the message may be spread over several records.
bool ClientHelloSize::admit(uint8_t byte) {
  if (record_left_ == 0) {
    if (record_header_seen_ == 0) is_done_ = byte != kHandshakeRecord;
    ++record_header_seen_;
    if (record_header_seen_ == kRecordHeaderBytes - 1) record_length_high_ = byte;
    if (record_header_seen_ == kRecordHeaderBytes) {
      record_left_ = static_cast<uint16_t>(record_length_high_ << 8 | byte);
      record_header_seen_ = 0;
    }
    return true;
  }
  --record_left_;
  if (hello_header_seen_ > 0) hello_size_ = hello_size_ << 8 | byte;
  is_done_ = ++hello_header_seen_ == kMessageHeaderBytes;
  return hello_size_ <= limits::kClientHelloBytesMax || !is_done_;
}

}  // namespace ntyws
