#include "protocol/opening_response.h"

#include "base/limits.h"
#include "protocol/opening_handshake.h"

namespace ntyws {
namespace {

constexpr int kSwitchingProtocols = 101;

bool is_interim(int status) {
  return status / 100 == 1 && status != kSwitchingProtocols;
}

bool is_in_list(std::string_view item, std::string_view list) {
  while (!list.empty()) {
    if (take_list_item(list) == item) return true;
  }
  return false;
}

}  // namespace

OpeningResponse::Status OpeningResponse::add(Bytes bytes) {
  if (status_ != Status::kPartial) return status_;
  if (body_) {
    body_->add(bytes);
    return body_->complete() ? fail(error_) : status_;
  }
  bytes_.append(bytes);
  return parse();
}

OpeningResponse::Status OpeningResponse::parse() {
  HeadStatus parsed = parser_->parse(bytes_.bytes().subspan(head_begin_));
  while (parsed == HeadStatus::kComplete && is_interim(parser_->head().status)) {
    // RFC 9110 §15.2: any number of interim responses may come first. With the head they keep to its limit.
    head_begin_ += parser_->size();
    parser_.emplace(HeadKind::kResponse, head_bytes_max_ - head_begin_, header_count_max_);
    parsed = parser_->parse(bytes_.bytes().subspan(head_begin_));
  }
  switch (parsed) {
    case HeadStatus::kPartial:
      return status_;
    case HeadStatus::kMalformed:
      return fail(OpeningError::kMalformed);
    case HeadStatus::kTooLong:
      return fail(OpeningError::kTooLong);
    case HeadStatus::kComplete:
      return judge();
  }
  return status_;
}

// The head is whole.
OpeningResponse::Status OpeningResponse::judge() {
  const HttpHead& head = parser_->head();
  if (head.version_major != 1) return fail(OpeningError::kMalformed);
  has_head_ = true;
  const bool is_tunnel = asked_.key.empty();
  if (is_tunnel ? head.status / 100 == 2 : head.status == kSwitchingProtocols) {
    if (!is_tunnel) error_ = check_acceptance();
    if (error_ != OpeningError::kNone) return fail(error_);
    return status_ = Status::kAccepted;
  }
  error_ = is_tunnel ? OpeningError::kProxyRefused : OpeningError::kRefused;
  body_ = std::make_unique<HttpBody>(head, limits::kRefusalBodyMax);
  body_->add(rest());
  return body_->complete() ? fail(error_) : status_;
}

// RFC 6455 §4.1, and what browsers and the npm package ws ask beyond it: a client that offers subprotocols
// gets one of them.
OpeningError OpeningResponse::check_acceptance() {
  const HttpHead& head = parser_->head();
  if (head.version_minor == 0) return OpeningError::kMalformed;
  if (head.count("upgrade") != 1 || !equals_ignoring_case(head.find("upgrade"), "websocket")) {
    return OpeningError::kUpgradeField;
  }
  if (!head.has_token("connection", "upgrade")) return OpeningError::kConnectionField;
  if (head.count("sec-websocket-accept") != 1 ||
      head.find("sec-websocket-accept") != accept_value(asked_.key)) {
    return OpeningError::kAcceptField;
  }
  const OpeningError extensions = check_extensions();
  return extensions == OpeningError::kNone ? check_protocol() : extensions;
}

OpeningError OpeningResponse::check_extensions() {
  DeflateAgreement agreement;
  switch (judge_deflate_answer(parser_->head(), asked_.deflate ? &*asked_.deflate : nullptr, agreement)) {
    case DeflateVerdict::kNone:
      break;
    case DeflateVerdict::kAgreed:
      deflate_ = agreement;
      break;
    case DeflateVerdict::kNotOffered:
      return OpeningError::kExtension;
    case DeflateVerdict::kInvalid:
      return OpeningError::kExtensionField;
  }
  return OpeningError::kNone;
}

OpeningError OpeningResponse::check_protocol() const {
  const HttpHead& head = parser_->head();
  const std::string_view chosen = head.find("sec-websocket-protocol");
  if (head.count("sec-websocket-protocol") == 0) {
    return asked_.protocols.empty() ? OpeningError::kNone : OpeningError::kNoProtocol;
  }
  const bool was_offered = head.count("sec-websocket-protocol") == 1 && is_in_list(chosen, asked_.protocols);
  return was_offered && !chosen.empty() ? OpeningError::kNone : OpeningError::kProtocolNotOffered;
}

OpeningResponse::Status OpeningResponse::end(OpeningError without_response) {
  return fail(body_ ? error_ : without_response);
}

OpeningResponse::Status OpeningResponse::fail(OpeningError error) {
  error_ = error;
  status_ = Status::kFailed;
  return status_;
}

}  // namespace ntyws
