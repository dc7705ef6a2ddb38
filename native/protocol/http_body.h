// The body of an HTTP response, taken out of its framing and kept up to a limit (RFC 9112 §6). For reading
// why something was refused: a body that is broken or too long is cut off there, which is no error.
#pragma once

#include <string>

#include "protocol/http_head.h"

namespace ntyws {

class HttpBody {
 public:
  HttpBody(const HttpHead& head, size_t bytes_max);

  // Takes what came behind the head, on any chunking. Without a length it goes on to the connection's end.
  void add(Bytes bytes);
  // There is no more of it, or no more is kept.
  bool complete() const { return state_ == State::kComplete; }
  std::string_view text() const { return text_; }

 private:
  enum class State : uint8_t {
    kToEnd,
    kCounted,  // left_ more bytes
    kChunkSize,
    kChunkExtension,
    kChunkData,  // left_ more bytes
    kChunkCr,
    kChunkLf,
    kComplete,
  };

  size_t keep(Bytes bytes, uint64_t most);
  void add_chunk_byte(uint8_t byte);

  const size_t bytes_max_;
  State state_ = State::kToEnd;
  uint64_t left_ = 0;
  int size_digits_ = 0;  // of the chunk's size, so far
  std::string text_;
};

}  // namespace ntyws
