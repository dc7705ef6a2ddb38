// The opening handshake of a connection that was dialled: from its first byte to open, or to the failure of
// its dial.
#include <algorithm>

#include "session/connection_opening.h"
#include "session/dialer.h"

namespace ntyws {
namespace {

uint16_t local_port_of(int fd) {
  Address local;
  ::getsockname(fd, local.raw(), local.raw_size());
  return local.port();
}

}  // namespace

Dial& Connection::dial() {
  return static_cast<ClientOpening&>(*opening_).dial;
}

Connection& Connection::adopt_dialled(Dial& dial, Slot& slot) {
  Dialer& dialer = dial.dialer();
  std::unique_ptr<Connection> owner(new Connection(dialer, std::make_unique<ClientOpening>(dial)));
  Connection& connection = *owner;
  connection.slot_ = &slot;
  dialer.session().reactor.hand_over(slot, std::move(owner), SlotKind::kConnection);
  dialer.add(connection);
  connection.update_interest();
  return connection;
}

void Connection::advance_dial() {
  if (dial().next_step() != Dial::Step::kTls) return send_bytes(as_bytes(dial().take_request()));
  tls_ = dial().take_tls();
  tls_->start();
  send_tls_output();
  if (phase_ != Phase::kGone && tls_->state() == TlsSession::State::kFailed) end_for_tls();
}

void Connection::read_response(MutableBytes room) {
  const bool was_secure = !tls_ || tls_->state() != TlsSession::State::kHandshake;
  IoResult got =
      receive_bytes(room, was_secure ? std::min(dial().response().room(), room.size()) : room.size());
  if (phase_ == Phase::kGone) return;
  if (got.status == IoStatus::kError)
    return end({close_code::kAbnormal, {}, ProtocolError::kNone, got.error});
  if (!was_secure && tls_->state() == TlsSession::State::kOpen) advance_dial();
  if (phase_ == Phase::kGone) return;
  if (got.status == IoStatus::kDone) dial().response().add(room.first(got.size));
  if (got.status == IoStatus::kEnd) dial().response().end(OpeningError::kEnded);
  judge_response();
  if (tls_) [[unlikely]]
    see_to_tls();
}

void Connection::judge_response() {
  switch (dial().response().status()) {
    case OpeningResponse::Status::kPartial:
      return;
    case OpeningResponse::Status::kFailed:
      return end_opening();
    case OpeningResponse::Status::kAccepted:
      break;
  }
  if (dial().next_step() != Dial::Step::kNone) return advance_dial();
  const std::unique_ptr<Dial> opened = dial().dialer().take(dial().id());
  opening_.reset();
  OpeningResponse& response = opened->response();
  open({opened->id(), opened->peer(), local_port_of(slot_->fd.get()), response.protocol(), response.head(),
        tls_ ? std::optional(tls_->report()) : std::nullopt},
       response.deflate(), response.rest());
}

void Connection::end_opening() {
  end({close_code::kAbnormal, {}});
}

// The dial ends with the connection: by its response, if that has said anything, or by what TLS says.
void Connection::fail_dial(const CloseReport& report) {
  Dial& failed = dial();
  opening_.reset();
  OpeningResponse& response = failed.response();
  const bool tls_failed = tls_ && tls_->state() == TlsSession::State::kFailed;
  const bool tls_ended = tls_ && tls_->state() == TlsSession::State::kPeerEnded;
  if (response.status() == OpeningResponse::Status::kPartial) {
    response.end(tls_failed ? OpeningError::kTls : tls_ended ? OpeningError::kEnded : OpeningError::kBroken);
  }
  const std::string tls_reason = tls_failed ? tls_->failure_reason() : std::string();
  failed.fail(response.error(), response.error() == OpeningError::kBroken ? report.system_error : 0,
              tls_reason);
}

}  // namespace ntyws
