// The opening request of a new connection, from its first byte to the word on what to do with it: accept the
// upgrade, answer a plain request, or refuse with a response that is ready to send.
#pragma once

#include <string>
#include <string_view>

#include "base/byte_buffer.h"
#include "protocol/deflate_negotiation.h"
#include "protocol/http_head.h"

namespace ntyws {

class OpeningRequest {
 public:
  // `deflate` outlives it; null for no compression.
  OpeningRequest(size_t head_bytes_max, size_t header_count_max, const DeflateOptions* deflate = nullptr)
      : head_bytes_max_(head_bytes_max),
        deflate_(deflate),
        parser_(HeadKind::kRequest, head_bytes_max, header_count_max) {}

  enum class Status : uint8_t {
    kPartial,    // call add() again
    kUpgrade,    // a valid opening handshake
    kNoUpgrade,  // a valid GET that asks for no WebSocket
    kRefused,    // refusal() is the answer
  };

  // Takes bytes as they came. What is behind the head is kept too, see rest(): room() is how many bytes are
  // worth receiving.
  Status add(Bytes bytes);
  size_t room() const { return head_bytes_max_ - bytes_.size(); }
  Status status() const { return status_; }

  // The whole response for kRefused.
  const std::string& refusal() const { return refusal_; }
  // Refusals for reasons of the caller's.
  void refuse_plain_request();
  void refuse_misdirected();  // a host that is not served on this connection
  void refuse_for_time();
  void refuse_undecided();
  void refuse_for_load();             // too many connections in all
  void refuse_for_load_of_address();  // too many from one address

  // Of a complete request. The views are valid as long as this object.
  Bytes head() const { return bytes_.bytes().first(parser_.size()).subspan(parser_.begin()); }
  MutableBytes rest() { return bytes_.bytes().subspan(parser_.size()); }
  // Whom it is for, with the port if there is one: the Host field, and the target if that is a whole URL
  // (RFC 9112 §3.2.2 prefers it; others may not). Empty where there is none.
  std::string_view host() const { return parser_.head().find("host"); }
  std::string_view target_host() const;
  // The first subprotocol offered, or nothing.
  std::string_view first_protocol() const;
  // What acceptance() says of compression; nothing: there will be none.
  const std::optional<DeflateAgreement>& deflate() const { return deflate_answer_.agreement; }
  // The whole 101 response. `extra_headers` are whole lines.
  std::string acceptance(std::string_view protocol, std::string_view extra_headers) const;

 private:
  Status judge();
  void refuse(int status, std::string_view extra_headers, std::string_view reason);

  const size_t head_bytes_max_;
  const DeflateOptions* const deflate_;
  ByteBuffer bytes_;  // of the connection so far; the parser's views point here
  HeadParser parser_;
  Status status_ = Status::kPartial;
  std::string_view key_;
  DeflateAnswer deflate_answer_;
  std::string refusal_;
};

}  // namespace ntyws
