#include "session/frame_batch.h"

#include "base/check.h"

namespace ntyws {

void FrameBatch::add_large(Opcode opcode, Bytes payload, uint32_t payload_index, bool fin) {
  add_copied(opcode, {}, payload.size(), fin);
  add_piece(payload.data(), payload.size(), payload_index);
  last_is_copied_ = false;
}

void FrameBatch::add_piece(const uint8_t* data, size_t size, uint32_t payload_index) {
  NTYWS_CHECK(piece_count_ < kPiecesMax);
  size_ += size;
  pieces_[piece_count_++] = {{const_cast<uint8_t*>(data), size}, payload_index};
}

}  // namespace ntyws
