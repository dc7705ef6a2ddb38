#include "session/frame_batch.h"

#include "base/check.h"

namespace ntyws {

void FrameBatch::add(Opcode opcode, Bytes payload, uint32_t payload_index, bool fin) {
  uint8_t* at = copied_.get() + copied_size_;
  size_t size = write_frame_header(at, opcode, fin, payload.size());
  if (fin && !is_control(opcode)) ++message_count_;
  bool copied = payload.size() <= kPayloadCopiedMax;
  if (copied) {
    copy_bytes(at + size, payload.data(), payload.size());
    size += payload.size();
  }
  copied_size_ += size;
  add_piece(at, size, kNotRetainable);
  if (!copied) add_piece(payload.data(), payload.size(), payload_index);
}

// What lies right behind the last piece becomes part of it.
void FrameBatch::add_piece(const uint8_t* data, size_t size, uint32_t payload_index) {
  size_ += size;
  if (piece_count_ > 0 && payload_index == kNotRetainable) {
    Piece& last = pieces_[piece_count_ - 1];
    if (last.payload_index == kNotRetainable &&
        static_cast<const uint8_t*>(last.bytes.iov_base) + last.bytes.iov_len == data) {
      last.bytes.iov_len += size;
      return;
    }
  }
  NTYWS_CHECK(piece_count_ < kPiecesMax);
  pieces_[piece_count_++] = {{const_cast<uint8_t*>(data), size}, payload_index};
}

}  // namespace ntyws
