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
  Slot* slot = reactor.attach(std::move(fd), std::move(owner), EPOLLIN);
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
      if (!admit()) return refuse();
      if (server_opening().server.options().asks_upgrade) return events().on_upgrade(*this, ask_upwards());
      return accept(request.first_protocol(), {});
    case OpeningRequest::Status::kNoUpgrade:
      if (server_opening().server.options().asks_request) return events().on_request(*this, ask_upwards());
      request.refuse_plain_request();
      return refuse();
    case OpeningRequest::Status::kRefused:
      return refuse();
  }
}

// Whether there is room for one more connection; if not, the request says so.
bool Connection::admit() {
  if (server_opening().server.is_full()) {
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
  group_.session().reactor.cancel_timer(*slot_);
  set_phase(Phase::kDeciding);
  const ServerOpening& opening = server_opening();
  return {opening.server.id(), opening.peer, opening.local_port, opening.request.head(),
          tls_ ? std::optional(tls_->report()) : std::nullopt};
}

void Connection::accept(std::string_view protocol, std::string_view extra_headers) {
  if (phase_ == Phase::kGone || !opening_ ||
      server_opening().request.status() != OpeningRequest::Status::kUpgrade)
    return;
  if (server_opening().server.is_full()) {  // others were faster
    server_opening().request.refuse_for_load();
    return refuse();
  }
  // Not open yet: a connection whose response cannot be sent never was.
  send_bytes(as_bytes(server_opening().request.acceptance(protocol, extra_headers)));
  if (phase_ == Phase::kGone) return;
  const std::unique_ptr<Opening> owner = std::move(opening_);
  ServerOpening& opening = static_cast<ServerOpening&>(*owner);
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

void Connection::refuse() {
  respond(server_opening().request.refusal());
}

void Connection::respond(std::string_view response) {
  if (phase_ == Phase::kGone || !opening_) return;
  note_unopened({});
  const std::unique_ptr<Opening> opening = std::move(opening_);  // the response may be its own
  send_bytes(as_bytes(response));
  linger();
}

}  // namespace ntyws
