// The opening handshake of a connection that was accepted: from its first byte to open, answered or refused.
#include "session/connection_opening.h"

#include <cerrno>

#include "base/clock.h"

namespace ntyws {

Connection::ServerOpening& Connection::server_opening() {
  return static_cast<ServerOpening&>(*opening_);
}

void Connection::start(Server& server, UniqueFd fd, const Address& peer, uint16_t local_port) {
  auto opening = std::make_unique<ServerOpening>(server, peer, local_port);
  std::unique_ptr<Connection> owner(new Connection(server, std::move(opening)));
  Connection* connection = owner.get();
  Reactor& reactor = server.session().reactor;
  Slot* slot = reactor.attach(std::move(fd), std::move(owner), EPOLLIN, SlotKind::kConnection);
  if (!slot) return;  // and the connection is gone
  connection->slot_ = slot;
  if (!server.tls_contexts().empty()) {
    connection->tls_ = std::make_unique<TlsSession>(server.tls_contexts(), *server.session().tls_buffers);
  }
  server.add(*connection);
  reactor.set_timer(*slot, server.options().handshake_timeout_ms);
}

void Connection::read_request(MutableBytes room) {
  OpeningRequest& request = server_opening().request;
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
  OpeningRequest& request = server_opening().request;
  switch (request.status()) {
    case OpeningRequest::Status::kPartial:
      return;
    case OpeningRequest::Status::kUpgrade:
      if (is_misdirected()) return refuse_misdirected();
      if (!admit()) return refuse();
      if (server_opening().server.options().asks_upgrade) return events().on_upgrade(*this, ask_upwards());
      return accept_upgrade(request.first_protocol(), {});
    case OpeningRequest::Status::kNoUpgrade:
      if (is_misdirected()) return refuse_misdirected();
      if (server_opening().server.options().asks_request) return events().on_request(*this, ask_upwards());
      request.refuse_plain_request();
      return refuse();
    case OpeningRequest::Status::kRefused:
      return refuse();
  }
}

// Whether the request is for a host that TLS was not spoken for.
bool Connection::is_misdirected() {
  if (!tls_) return false;
  const OpeningRequest& request = server_opening().request;
  const std::string_view target_host = request.target_host();
  return !tls_->serves_host(request.host()) || (!target_host.empty() && !tls_->serves_host(target_host));
}

// Whether there is room for one more connection; if not, the request says so.
bool Connection::admit() {
  server_opening().place = server_opening().server.take_place();
  if (!server_opening().place) {
    server_opening().request.refuse_for_load();
    return false;
  }
  uint32_t connections_max = server_opening().server.options().connections_per_address_max;
  if (connections_max == 0) return true;
  address_share_ = server_opening().server.address_counts().take(server_opening().peer, connections_max);
  if (!address_share_) server_opening().request.refuse_for_load_of_address();
  return address_share_ != nullptr;
}

RequestReport Connection::ask_upwards() {
  const ServerOpening& opening = server_opening();
  const uint32_t timeout_ms = opening.server.options().upgrade_timeout_ms;
  if (timeout_ms != 0) {
    group_.session().reactor.set_timer(*slot_, timeout_ms);
  } else {
    group_.session().reactor.cancel_timer(*slot_);
  }
  set_phase(Phase::kDeciding);
  return {opening.server.id(), opening.peer, opening.local_port, opening.request.head(),
          tls_ ? std::optional(tls_->report()) : std::nullopt};
}

void Connection::accept(std::string_view protocol, std::string_view extra_headers) {
  if (phase_ != Phase::kDeciding || server_opening().request.status() != OpeningRequest::Status::kUpgrade)
    return;
  phase_ = Phase::kHandshake;
  accept_upgrade(protocol, extra_headers);
}

void Connection::respond(std::string_view response) {
  if (phase_ != Phase::kDeciding) return;
  phase_ = Phase::kHandshake;
  send_response(response);
}

// No answer has come in time. RFC 9110 §15.6.4: 503, as the request was complete, and it is the server that
// is late; 408 would say that the client was, and clients may send the request again on their own for it.
void Connection::refuse_undecided() {
  const SlotHandle handle = this->handle();
  phase_ = Phase::kHandshake;
  server_opening().request.refuse_undecided();
  refuse();
  events().on_undecided(handle, Undecided::kTimeout);
}

void Connection::accept_upgrade(std::string_view protocol, std::string_view extra_headers) {
  // Not open yet: a connection whose response cannot be sent never was.
  send_bytes(as_bytes(server_opening().request.acceptance(protocol, extra_headers)));
  if (phase_ == Phase::kGone) return;
  const std::unique_ptr<Opening> owner = std::move(opening_);
  ServerOpening& opening = static_cast<ServerOpening&>(*owner);
  opening.place.reset();  // it counts as open from now on
  open({opening.server.id(), opening.peer, opening.local_port, protocol}, opening.request.deflate(),
       opening.request.rest());
}

// `deflate`: what was agreed on, if anything. `rest` is what came behind the head: frames already.
void Connection::open(const OpenReport& report, const std::optional<DeflateAgreement>& deflate,
                      MutableBytes rest) {
  group_.session().reactor.cancel_timer(*slot_);
  ++group_.stats().accepted;
  ++group_.stats().open;
  phase_ = Phase::kOpen;
  opened_ms_ = last_sign_ms_ = static_cast<uint32_t>(monotonic_ms());
  watch_liveness();
  if (deflate) {
    deflate_ = std::make_unique<MessageDeflate>(*deflate, role(), *group_.connection_options().deflate,
                                                group_.session().deflate_streams);
  }
  const ReceiveRateLimits& rates = group_.connection_options().receive_rate_limits;
  if (rates.messages_per_second != 0 || rates.bytes_per_second != 0) {
    receive_rate_ = std::make_unique<ReceiveRate>(rates, monotonic_ms());
  }
  events().on_open(*this, report);
  if (phase_ != Phase::kOpen) return;
  update_interest();
  if (rest.empty()) return;
  // Not here: this may be called for thousands of connections while nothing can be delivered.
  has_unread_ = true;
  group_.session().unread.add(*this, rest);
}

// The connection ends, or is about to, without having been open. A plain request that is answered is no
// refusal.
void Connection::note_unopened(const CloseReport& report) {
  if (!opening_) return;
  if (role() == Role::kClient) return fail_dial(report);
  if (server_opening().request.status() != OpeningRequest::Status::kNoUpgrade) ++group_.stats().refused;
  if (tls_) report_tls_error(report.system_error);
}

void Connection::refuse_for_time() {
  // There is no way to say it.
  if (tls_ && !tls_->was_open()) return end({close_code::kAbnormal, {}, ProtocolError::kNone, ETIMEDOUT});
  server_opening().request.refuse_for_time();
  refuse();
}

void Connection::refuse_misdirected() {
  server_opening().request.refuse_misdirected();
  refuse();
}

void Connection::refuse() {
  send_response(server_opening().request.refusal());
}

void Connection::send_response(std::string_view response) {
  note_unopened({});
  const std::unique_ptr<Opening> opening = std::move(opening_);  // the response may be its own
  send_bytes(as_bytes(response));
  linger();
}

}  // namespace ntyws
