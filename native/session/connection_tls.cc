// A connection that speaks TLS: what it receives is decrypted first, what it sends is encrypted last. The
// outbound queue holds ciphertext, so that all else is as for any connection.
#include <algorithm>
#include <cerrno>

#include "protocol/http_response.h"
#include "session/connection_opening.h"

namespace ntyws {

// An end of TLS, in whatever way, counts as nothing received here: see_to_tls() is next.
IoResult Connection::receive_decrypted(MutableBytes room, size_t wire_bytes_max) {
  const IoResult nothing{IoStatus::kWouldBlock};
  Session& session = group_.session();
  const bool shakes_hands = tls_->state() == TlsSession::State::kHandshake;
  if (shakes_hands && !session.tls_handshakes.take(session.reactor.turn_number())) return nothing;

  MutableBytes ciphertext = session.tls_buffers->ciphertext_room();
  // With it may come the rest of a record that OpenSSL has begun.
  const size_t bytes_max = std::min(wire_bytes_max, room.size() - limits::kTlsRecordBytes);
  ciphertext = ciphertext.first(std::min(ciphertext.size(), bytes_max));
  IoResult got = receive(slot_->fd.get(), ciphertext);
  if (got.status == IoStatus::kEnd && send_error_ == 0) {
    tls_->note_cut_off();
    return nothing;
  }
  if (got.status != IoStatus::kDone) return got;
  group_.stats().bytes_received += got.size;
  const size_t size = tls_->receive(ciphertext.first(got.size), room);
  send_tls_output();
  return size == 0 ? nothing : IoResult{IoStatus::kDone, size};
}

// To be called behind each receive: TLS may have ended with it, or failed.
void Connection::see_to_tls() {
  if (has_unread_) return;  // what came before is read first
  const TlsSession::State state = tls_->state();
  if (state == TlsSession::State::kHandshake || state == TlsSession::State::kOpen) return;
  switch (phase_) {
    case Phase::kHandshake:
      if (role() == Role::kClient) return end({close_code::kAbnormal, {}});
      note_unopened({});
      opening_.reset();
      if (tls_->failure() == TlsSession::Failure::kPlainHttp) {
        send_wire(as_bytes(final_response(400, {}, as_bytes("this port speaks TLS: use https: or wss:\n"))));
      }
      return linger();
    case Phase::kDeciding:
      return end({close_code::kAbnormal, {}});
    case Phase::kOpen: {
      // Handlers may have to answer what came in front of the peer's end, which is no end of ours.
      if (state == TlsSession::State::kPeerEnded) events().deliver_reported();
      if (phase_ != Phase::kOpen) return;
      const bool failed = state == TlsSession::State::kFailed;
      std::string_view reason = "the peer ended the connection without a close frame";
      if (failed) reason = tls_->failure_reason();
      report_close({close_code::kAbnormal, reason, ProtocolError::kNone, 0, failed});
      return linger();
    }
    case Phase::kLinger:
    case Phase::kGone:
      return;
  }
}

// The connection ends, for the errno if there is one. Of a client that we ourselves send away nothing is
// reported.
void Connection::report_tls_error(int system_error) {
  if (tls_->was_open() || !server_opening().server.options().reports_tls_errors) return;
  if (tls_->failure() == TlsSession::Failure::kCutOff) system_error = ECONNRESET;
  if (system_error == 0 && tls_->state() == TlsSession::State::kHandshake) return;
  const std::unique_ptr<Opening> owner = std::move(opening_);  // over, whatever comes back of this
  const ServerOpening& opening = static_cast<ServerOpening&>(*owner);
  events().on_tls_error(
      *this, {opening.server.id(), opening.peer, opening.local_port, system_error, tls_->failure_reason()});
}

void Connection::write_encrypted(FrameBatch& batch, double buffered_bytes) {
  std::array<iovec, FrameBatch::kPiecesMax> pieces;
  for (size_t i = 0; i < batch.piece_count(); ++i) pieces[i] = batch.piece(i).bytes;
  send_encrypted({pieces.data(), batch.piece_count()});
  batch.clear();
  if (may_send()) note_written(buffered_bytes);
}

// Output is dropped unless TLS is open: the connection is about to end then. What TLS cannot send ends it at
// once, like what the kernel does not take: the caller may find it gone.
void Connection::send_encrypted(std::span<iovec> pieces) {
  while (!pieces.empty() && tls_->may_encrypt() && phase_ != Phase::kGone && send_error_ == 0) {
    const bool is_encrypted = tls_->encrypt(pieces);
    send_tls_output();
    if (!is_encrypted) return end_for_tls();
  }
}

void Connection::end_for_tls() {
  end({close_code::kAbnormal, tls_->failure_reason(), ProtocolError::kNone, 0, true});
}

void Connection::send_tls_output() {
  Bytes output = group_.session().tls_buffers->take_output();
  if (!output.empty()) send_wire(output);
}

// Nothing more comes from us. Says so to a peer that has been told nothing else.
void Connection::close_tls() {
  tls_->close();
  send_tls_output();
}

}  // namespace ntyws
