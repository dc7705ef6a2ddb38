#include "session/frame_batch.h"

#include "base/check.h"
#include "protocol/mask.h"

namespace ntyws {
namespace {

class OwnedPayload final : public Retained {
 public:
  explicit OwnedPayload(ByteBuffer bytes) : bytes_(std::move(bytes)) {}

 private:
  const ByteBuffer bytes_;
};

}  // namespace

void FrameBatch::add_masked(Opcode opcode, Bytes payload, bool fin) {
  const uint32_t masking_key = keys_->next();
  uint8_t* at = copied_.get() + copied_size_;
  const size_t header_size = write_masked_frame_header(at, opcode, fin, payload.size(), masking_key);
  if (payload.size() <= kPayloadCopiedMax) {
    apply_mask(at + header_size, payload.data(), payload.size(), masking_key);
    return note_copied(at, header_size + payload.size(), opcode, fin);
  }
  note_copied(at, header_size, opcode, fin);
  ByteBuffer masked;
  if (!masked.try_room(payload.size(), payload.size())) {
    lacks_memory_ = true;
    return;
  }
  apply_mask(masked.room(payload.size(), payload.size()).data(), payload.data(), payload.size(), masking_key);
  masked.commit(payload.size());
  add_owned(std::move(masked));
}

void FrameBatch::add_compressed(Opcode opcode, ByteBuffer payload) {
  uint8_t* at = copied_.get() + copied_size_;
  size_t header_size;
  if (keys_) {
    const uint32_t masking_key = keys_->next();
    header_size = write_masked_frame_header(at, opcode, true, payload.size(), masking_key, true);
    apply_mask(payload.data(), payload.data(), payload.size(), masking_key);
  } else {
    header_size = write_frame_header(at, opcode, true, payload.size(), true);
  }
  if (payload.size() <= kPayloadCopiedMax) {
    copy_bytes(at + header_size, payload.data(), payload.size());
    return note_copied(at, header_size + payload.size(), opcode, true);
  }
  note_copied(at, header_size, opcode, true);
  add_owned(std::move(payload));
}

void FrameBatch::add_owned(ByteBuffer payload) {
  add_piece(payload.data(), payload.size(), kNotRetainable);
  owned_[piece_count_ - 1] = std::make_unique<OwnedPayload>(std::move(payload));
  has_owned_ = true;
  last_is_copied_ = false;
}

void FrameBatch::drop_owned() {
  for (std::unique_ptr<Retained>& owned : owned_) owned.reset();
  has_owned_ = false;
}

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
