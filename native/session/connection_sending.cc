// What a connection sends: at once as far as the kernel takes it, the rest from its queue.
#include <algorithm>
#include <cerrno>

#include "session/connection.h"
#include "session/server.h"

namespace ntyws {

void Connection::write(FrameBatch& batch, double buffered_bytes, Retainer& retainer) {
  if (batch.lacks_memory()) [[unlikely]] {
    batch.clear();
    return fail_sending(ENOMEM);
  }
  group_.stats().messages_sent += batch.message_count();
  if (tls_) [[unlikely]]
    return write_encrypted(batch, buffered_bytes);
  size_t sent = 0;
  if (!outbound_) {
    std::array<iovec, FrameBatch::kPiecesMax> pieces;
    for (size_t i = 0; i < batch.piece_count(); ++i) pieces[i] = batch.piece(i).bytes;
    IoResult result = send(slot_->fd.get(), {pieces.data(), batch.piece_count()});
    if (result.status == IoStatus::kError) {
      batch.clear();
      return fail_sending(result.error);
    }
    sent = result.size;
    group_.stats().bytes_sent += sent;
  }
  const bool queued = sent == batch.size() || queue_rest(batch, sent, retainer);
  batch.clear();
  if (!queued) return fail_sending(ENOMEM);
  note_written(buffered_bytes);
}

void Connection::note_written(double buffered_bytes) {
  bool above = buffered_bytes > static_cast<double>(group_.connection_options().high_water_mark);
  if (outbound_) {
    drain_due_ = drain_due_ || above;
    note_outbound();
  } else if (above) {
    events().on_drain(*this);
  }
}

// False for want of memory.
bool Connection::queue_rest(FrameBatch& batch, size_t sent, Retainer& retainer) {
  if (!outbound_) outbound_ = std::make_unique<OutboundQueue>();
  for (size_t i = 0; i < batch.piece_count(); ++i) {
    const FrameBatch::Piece& piece = batch.piece(i);
    Bytes bytes{static_cast<const uint8_t*>(piece.bytes.iov_base), piece.bytes.iov_len};
    size_t gone = std::min(sent, bytes.size());
    sent -= gone;
    bytes = bytes.subspan(gone);
    if (bytes.empty()) continue;
    std::unique_ptr<Retained> retained;
    if (piece.payload_index != FrameBatch::kNotRetainable) retained = retainer.retain(piece.payload_index);
    if (!retained) retained = batch.take_owned(i);
    if (retained) {
      outbound_->append_retained(bytes, std::move(retained));
    } else if (!outbound_->append(bytes)) {
      return false;
    }
  }
  return true;
}

void Connection::send_bytes(Bytes bytes) {
  if (!tls_) [[likely]]
    return send_wire(bytes);
  iovec piece{const_cast<uint8_t*>(bytes.data()), bytes.size()};
  send_encrypted({&piece, 1});
}

// As it is.
void Connection::send_wire(Bytes bytes) {
  size_t sent = 0;
  if (!outbound_) {
    iovec piece{const_cast<uint8_t*>(bytes.data()), bytes.size()};
    IoResult result = send(slot_->fd.get(), {&piece, 1});
    if (result.status == IoStatus::kError) return fail_sending(result.error);
    sent = result.size;
    group_.stats().bytes_sent += sent;
  }
  if (sent == bytes.size()) return;
  if (!outbound_) outbound_ = std::make_unique<OutboundQueue>();
  if (!outbound_->append(bytes.subspan(sent))) return fail_sending(ENOMEM);
  note_outbound();
}

// The queue has grown.
void Connection::note_outbound() {
  drain_due_ = drain_due_ || outbound_->size() > group_.connection_options().high_water_mark;
  events().on_outbound_bytes(*this, outbound_->size());
  update_interest();
}

size_t Connection::write_control(uint8_t* out, Opcode opcode, Bytes payload) {
  RandomPool* keys = masking_keys();
  return keys ? write_masked_control_frame(out, opcode, payload, keys->next())
              : write_control_frame(out, opcode, payload);
}

void Connection::send_control_frame(Opcode opcode, Bytes payload) {
  uint8_t frame[kControlFrameMax];
  send_bytes({frame, write_control(frame, opcode, payload)});
}

void Connection::send_close_frame(uint16_t code, std::string_view reason) {
  uint8_t payload[limits::kControlPayloadMax];
  size_t size = write_close_payload(payload, code, reason);
  send_control_frame(Opcode::kClose, {payload, size});
  endpoint_.note_close_sent();
}

void Connection::flush_outbound() {
  IoResult result = outbound_->flush(slot_->fd.get());
  if (result.size > 0) last_sign_ms_ = static_cast<uint32_t>(group_.session().reactor.now_ms());
  group_.stats().bytes_sent += result.size;
  if (result.status == IoStatus::kError) return fail_sending(result.error);
  events().on_outbound_bytes(*this, outbound_->size());
  if (!outbound_ || !outbound_->empty()) return;
  outbound_.reset();
  if (phase_ == Phase::kLinger) return linger();
  const bool drained = drain_due_;
  drain_due_ = false;
  update_interest();
  if (drained && may_send()) events().on_drain(*this);
}

// A peer that takes nothing any more may have said why before: its close frame is read before the connection
// ends. The reading comes upon the error itself.
void Connection::fail_sending(int error) {
  bool worth_reading = phase_ == Phase::kOpen && !paused_ && (error == EPIPE || error == ECONNRESET);
  if (!worth_reading) return end({close_code::kAbnormal, {}, ProtocolError::kNone, error});
  send_error_ = static_cast<int16_t>(error);
  drain_due_ = false;
  outbound_.reset();
  update_interest();
}

}  // namespace ntyws
