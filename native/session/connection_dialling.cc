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
  dialer.session().reactor.hand_over(slot, std::move(owner));
  dialer.add(connection);
  connection.update_interest();
  return connection;
}

void Connection::send_opening_request() {
  send_bytes(as_bytes(dial().next_request()));
}

void Connection::read_response(MutableBytes room) {
  OpeningResponse& response = dial().response();
  room = room.first(std::min(response.room(), room.size()));
  IoResult got = receive(slot_->fd.get(), room);
  if (got.status == IoStatus::kWouldBlock) return;
  if (got.status == IoStatus::kError)
    return end({close_code::kAbnormal, {}, ProtocolError::kNone, got.error});
  if (got.status == IoStatus::kEnd) {
    response.end(OpeningError::kEnded);
  } else {
    group_.stats().bytes_received += got.size;
    response.add(room.first(got.size));
  }
  switch (response.status()) {
    case OpeningResponse::Status::kPartial:
      return;
    case OpeningResponse::Status::kFailed:
      return end_opening();
    case OpeningResponse::Status::kAccepted:
      break;
  }
  if (dial().awaits_tunnel()) return send_opening_request();
  const std::unique_ptr<Dial> opened = dial().dialer().take(dial().id());
  opening_.reset();
  open({opened->id(), opened->peer(), local_port_of(slot_->fd.get()), response.protocol()}, response.rest());
}

void Connection::end_opening() {
  end({close_code::kAbnormal, {}});
}

// The dial ends with the connection, and by its response, if that has said anything.
void Connection::fail_dial(const CloseReport& report) {
  Dial& failed = dial();
  opening_.reset();
  OpeningResponse& response = failed.response();
  if (response.status() == OpeningResponse::Status::kPartial) response.end(OpeningError::kBroken);
  failed.fail(response.error(), response.error() == OpeningError::kBroken ? report.system_error : 0);
}

}  // namespace ntyws
