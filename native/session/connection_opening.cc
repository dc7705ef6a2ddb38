// A connection's opening handshake: from its first byte to open, answered or refused.
#include <string>

#include "base/clock.h"
#include "session/connection.h"
#include "session/server.h"

namespace ntyws {

void Connection::read_request(MutableBytes room) {
  OpeningRequest& request = opening_->request;
  IoResult got = receive_bytes(room, request.room());
  if (got.status == IoStatus::kEnd || got.status == IoStatus::kError) {
    return end({close_code::kAbnormal, {}, ProtocolError::kNone, got.error});
  }
  if (got.status == IoStatus::kDone) {
    request.add(room.first(got.size));
    answer_request();
  }
  if (tls_) [[unlikely]]
    see_to_tls();
}

void Connection::answer_request() {
  OpeningRequest& request = opening_->request;
  switch (request.status()) {
    case OpeningRequest::Status::kPartial:
      return;
    case OpeningRequest::Status::kUpgrade:
      if (!admit()) return refuse();
      if (opening_->server.options().asks_upgrade) return events().on_upgrade(*this, ask_upwards());
      return accept(request.first_protocol(), {});
    case OpeningRequest::Status::kNoUpgrade:
      if (opening_->server.options().asks_request) return events().on_request(*this, ask_upwards());
      request.refuse_plain_request();
      return refuse();
    case OpeningRequest::Status::kRefused:
      return refuse();
  }
}

// Whether there is room for one more connection; if not, the request says so.
bool Connection::admit() {
  if (opening_->server.is_full()) {
    opening_->request.refuse_for_load();
    return false;
  }
  uint32_t connections_max = opening_->server.options().connections_per_address_max;
  if (connections_max == 0) return true;
  address_share_ = opening_->server.address_counts().take(opening_->peer, connections_max);
  if (!address_share_) opening_->request.refuse_for_load_of_address();
  return address_share_ != nullptr;
}

RequestReport Connection::ask_upwards() {
  group_.session().reactor.cancel_timer(*slot_);
  set_phase(Phase::kDeciding);
  return {opening_->server.id(), opening_->peer, opening_->local_port, opening_->request.head(),
          tls_ ? std::optional(tls_->report()) : std::nullopt};
}

void Connection::accept(std::string_view protocol, std::string_view extra_headers) {
  if (phase_ == Phase::kGone || !opening_ || opening_->request.status() != OpeningRequest::Status::kUpgrade)
    return;
  if (opening_->server.is_full()) {  // others were faster
    opening_->request.refuse_for_load();
    return refuse();
  }
  group_.session().reactor.cancel_timer(*slot_);
  // Not open yet: a connection whose response cannot be sent never was.
  send_bytes(as_bytes(opening_->request.acceptance(protocol, extra_headers)));
  if (phase_ == Phase::kGone) return;
  std::unique_ptr<Opening> opening = std::move(opening_);
  ++group_.stats().accepted;
  ++group_.stats().open;
  phase_ = Phase::kOpen;
  opened_ms_ = last_sign_ms_ = static_cast<uint32_t>(monotonic_ms());
  watch_liveness();
  const ReceiveRateLimits& rates = group_.connection_options().receive_rate_limits;
  if (rates.messages_per_second != 0 || rates.bytes_per_second != 0) {
    receive_rate_ = std::make_unique<ReceiveRate>(rates, monotonic_ms());
  }
  events().on_open(*this, {opening->server.id(), opening->peer, opening->local_port, protocol});
  if (phase_ != Phase::kOpen) return;
  update_interest();
  // What came behind the head are frames already.
  MutableBytes rest = opening->request.rest();
  if (!rest.empty()) receive_frames(rest, false);
}

// A plain request that is answered is none.
void Connection::note_refused() {
  if (opening_ && opening_->request.status() != OpeningRequest::Status::kNoUpgrade) ++group_.stats().refused;
}

void Connection::refuse() {
  respond(opening_->request.refusal());
}

void Connection::respond(std::string_view response) {
  if (phase_ == Phase::kGone || !opening_) return;
  note_refused();
  std::unique_ptr<Opening> opening = std::move(opening_);  // the response may be its own
  send_bytes(as_bytes(response));
  linger();
}

}  // namespace ntyws
