// The answer to an opening request of ours, from its first byte to the word on it: the connection is open, or
// why not. Also the answer of a proxy that was asked for a tunnel.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/byte_buffer.h"
#include "base/limits.h"
#include "protocol/deflate_negotiation.h"
#include "protocol/http_body.h"
#include "protocol/http_head.h"
#include "protocol/opening_error.h"

namespace ntyws {

class OpeningResponse {
 public:
  // What was asked for; the answer is held against it.
  struct Asked {
    std::string key;        // Sec-WebSocket-Key; empty when a proxy was asked for a tunnel (RFC 9110 §9.3.6)
    std::string protocols;  // offered: a comma-separated list
    std::optional<DeflateOptions> deflate = {};  // offered
  };

  OpeningResponse(Asked asked, size_t head_bytes_max, size_t header_count_max)
      : asked_(std::move(asked)),
        head_bytes_max_(head_bytes_max),
        header_count_max_(header_count_max),
        parser_(std::in_place, HeadKind::kResponse, head_bytes_max, header_count_max) {}

  enum class Status : uint8_t {
    kPartial,   // call add() again, or end()
    kAccepted,  // rest() belongs to the WebSocket, or to the tunnel
    kFailed,    // error() says why
  };

  // Takes bytes as they came: room() says how many are worth receiving. A refusal is complete when its body
  // is.
  Status add(Bytes bytes);
  size_t room() const { return body_ ? limits::kRefusalBodyMax : head_bytes_max_ - bytes_.size(); }
  // There is no more: the peer has ended the connection, or too much time has passed.
  Status end(OpeningError without_response);

  Status status() const { return status_; }
  OpeningError error() const { return error_; }

  // Of an answer whose head was valid; else 0 and empty. The views are valid as long as this object.
  int http_status() const { return has_head_ ? parser_->head().status : 0; }
  Bytes head() const { return bytes_.bytes().subspan(head_begin_).first(has_head_ ? parser_->size() : 0); }
  std::string_view body() const { return body_ ? body_->text() : std::string_view(); }
  // The subprotocol chosen, or nothing.
  std::string_view protocol() const { return parser_->head().find("sec-websocket-protocol"); }
  // What was agreed; nothing: there will be no compression.
  const std::optional<DeflateAgreement>& deflate() const { return deflate_; }
  MutableBytes rest() { return bytes_.bytes().subspan(head_begin_ + parser_->size()); }

 private:
  Status parse();
  Status judge();
  Status fail(OpeningError error);
  OpeningError check_acceptance();
  OpeningError check_protocol() const;
  OpeningError check_extensions();

  const Asked asked_;
  const size_t head_bytes_max_;
  const size_t header_count_max_;
  ByteBuffer bytes_;  // interim responses, the head, and what came with it; the parser's views point here
  size_t head_begin_ = 0;
  std::optional<HeadParser> parser_;
  bool has_head_ = false;
  std::unique_ptr<HttpBody> body_;  // of a refusal
  std::optional<DeflateAgreement> deflate_;
  Status status_ = Status::kPartial;
  OpeningError error_ = OpeningError::kNone;
};

}  // namespace ntyws
