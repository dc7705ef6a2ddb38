#include "protocol/http_body.h"

#include <algorithm>

namespace ntyws {
namespace {

constexpr int kSizeDigitsMax = 8;  // hexadecimal; more is beyond any limit of ours

int hex_value(uint8_t byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  const int letter = byte | 0x20;
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

}  // namespace

HttpBody::HttpBody(const HttpHead& head, size_t bytes_max) : bytes_max_(bytes_max) {
  const std::string_view length = head.find("content-length");
  if (head.status < 200 || head.status == 204 || head.status == 304) {
    state_ = State::kComplete;
  } else if (head.has_token("transfer-encoding", "chunked")) {
    state_ = State::kChunkSize;
  } else if (!length.empty() && length.find_first_not_of("0123456789") == std::string_view::npos) {
    for (const char digit : length) {
      left_ = std::min<uint64_t>(left_ * 10 + static_cast<uint64_t>(digit - '0'), bytes_max);
    }
    state_ = left_ == 0 ? State::kComplete : State::kCounted;
  }
}

void HttpBody::add(Bytes bytes) {
  while (!bytes.empty() && !complete()) {
    size_t used = 1;
    switch (state_) {
      case State::kToEnd:
        used = keep(bytes, bytes.size());
        break;
      case State::kCounted:
        used = keep(bytes, left_);
        left_ -= used;
        if (left_ == 0) state_ = State::kComplete;
        break;
      case State::kChunkData:
        used = keep(bytes, left_);
        left_ -= used;
        if (left_ == 0 && !complete()) state_ = State::kChunkCr;
        break;
      default:
        add_chunk_byte(bytes[0]);
    }
    bytes = bytes.subspan(used);
  }
}

// What is between the data of chunks.
void HttpBody::add_chunk_byte(uint8_t byte) {
  switch (state_) {
    case State::kChunkSize:
      if (const int value = hex_value(byte); value >= 0 && ++size_digits_ <= kSizeDigitsMax) {
        left_ = left_ * 16 + static_cast<uint64_t>(value);
        return;
      }
      state_ = size_digits_ == 0 || size_digits_ > kSizeDigitsMax ? State::kComplete : State::kChunkExtension;
      [[fallthrough]];
    case State::kChunkExtension:
      if (byte != '\n' || complete()) return;
      size_digits_ = 0;
      state_ = left_ == 0 ? State::kComplete : State::kChunkData;  // trailers are of no interest
      return;
    case State::kChunkCr:
      state_ = byte == '\r' ? State::kChunkLf : State::kComplete;
      return;
    case State::kChunkLf:
      state_ = byte == '\n' ? State::kChunkSize : State::kComplete;
      return;
    default:
      return;
  }
}

size_t HttpBody::keep(Bytes bytes, uint64_t most) {
  const size_t size =
      static_cast<size_t>(std::min<uint64_t>({bytes.size(), most, bytes_max_ - text_.size()}));
  text_ += as_text(bytes.first(size));
  if (text_.size() == bytes_max_) state_ = State::kComplete;
  return size;
}

}  // namespace ntyws
