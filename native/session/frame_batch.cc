#include "session/frame_batch.h"

#include "base/byte_buffer.h"
#include "base/check.h"
#include "protocol/mask.h"

namespace ntyws {
namespace {

class MaskedPayload final : public Retained {
 public:
  MaskedPayload(Bytes payload, uint32_t masking_key) {
    apply_mask(bytes_.room(payload.size(), payload.size()).data(), payload.data(), payload.size(),
               masking_key);
    bytes_.commit(payload.size());
  }
  Bytes bytes() const { return bytes_.bytes(); }

 private:
  ByteBuffer bytes_;
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
  auto masked = std::make_unique<MaskedPayload>(payload, masking_key);
  add_piece(masked->bytes().data(), payload.size(), kNotRetainable);
  masked_[piece_count_ - 1] = std::move(masked);
  has_masked_ = true;
  last_is_copied_ = false;
}

void FrameBatch::drop_masked() {
  for (std::unique_ptr<Retained>& masked : masked_) masked.reset();
  has_masked_ = false;
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
