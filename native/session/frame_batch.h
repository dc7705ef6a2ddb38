// Gathers the frames that one connection sends in one go. Small payloads are copied behind their headers, so
// that many messages leave in one piece; large ones are sent from where they lie. A client's are masked on
// the way: what a user sends is never changed in place. What is compressed is the batch's own to begin with.
#pragma once

#include <array>
#include <memory>

#include "base/byte_buffer.h"
#include "base/limits.h"
#include "base/random_pool.h"
#include "net/outbound_queue.h"
#include "protocol/frame_header.h"

namespace ntyws {

// Can keep the memory of a payload valid beyond the call that sends it.
class Retainer {
 public:
  // Null when it cannot: the payload is copied then.
  virtual std::unique_ptr<Retained> retain(uint32_t payload_index) = 0;

 protected:
  ~Retainer() = default;
};

class FrameBatch {
 public:
  static constexpr size_t kCopiedBytesMax = 64 * 1024;
  static constexpr size_t kPayloadCopiedMax = 8 * 1024;  // a payload beyond it has a piece of its own
  static constexpr size_t kPiecesMax = 32;
  static constexpr uint32_t kNotRetainable = UINT32_MAX;

  FrameBatch() : copied_(std::make_unique_for_overwrite<uint8_t[]>(kCopiedBytesMax)) {}

  // The frames to come are masked with keys from here; null: they are bare. For an empty batch.
  void mask_with(RandomPool* keys) { keys_ = keys; }

  // Whether one more frame of any size fits.
  bool has_room() const {
    return copied_size_ + limits::kFrameHeaderMax + kPayloadCopiedMax <= kCopiedBytesMax &&
           piece_count_ + 2 < kPiecesMax;
  }

  // Adds a message whose payload has been compressed.
  void add_compressed(Opcode opcode, ByteBuffer payload);

  // Adds a frame: a whole message, a fragment of one, or a control frame. The payload is valid until the
  // batch is written; if it lives in memory that a Retainer can keep, `payload_index` says which.
  void add(Opcode opcode, Bytes payload, uint32_t payload_index = kNotRetainable, bool fin = true) {
    if (keys_) return add_masked(opcode, payload, fin);
    if (payload.size() > kPayloadCopiedMax) return add_large(opcode, payload, payload_index, fin);
    add_copied(opcode, payload, payload.size(), fin);
  }

  struct Piece {
    iovec bytes;
    uint32_t payload_index;
  };

  bool empty() const { return piece_count_ == 0; }
  // There was no memory for a frame: what has been added cannot be sent.
  bool lacks_memory() const { return lacks_memory_; }
  size_t size() const { return size_; }
  // Messages that end among the frames.
  size_t message_count() const { return message_count_; }
  size_t piece_count() const { return piece_count_; }
  const Piece& piece(size_t index) const { return pieces_[index]; }
  // The memory of a piece that is the batch's own, to keep it beyond clear(); null for any other piece.
  std::unique_ptr<Retained> take_owned(size_t index) { return std::move(owned_[index]); }
  void clear() {
    if (has_owned_) drop_owned();
    piece_count_ = copied_size_ = size_ = message_count_ = 0;
    last_is_copied_ = lacks_memory_ = false;
  }

 private:
  // A frame's header, and its payload as far as that is copied. What has been copied before lies right in
  // front of it: both are one piece.
  void add_copied(Opcode opcode, Bytes copied, size_t payload_size, bool fin) {
    uint8_t* at = copied_.get() + copied_size_;
    size_t size = write_frame_header(at, opcode, fin, payload_size);
    copy_bytes(at + size, copied.data(), copied.size());
    note_copied(at, size + copied.size(), opcode, fin);
  }
  // A frame has been written behind what was copied before.
  void note_copied(uint8_t* at, size_t size, Opcode opcode, bool fin) {
    if (!last_is_copied_) add_piece(at, 0, kNotRetainable);
    last_is_copied_ = true;
    pieces_[piece_count_ - 1].bytes.iov_len += size;
    copied_size_ += size;
    size_ += size;
    if (fin && !is_control(opcode)) ++message_count_;
  }
  void add_masked(Opcode opcode, Bytes payload, bool fin);
  void add_owned(ByteBuffer payload);
  void drop_owned();
  void add_large(Opcode opcode, Bytes payload, uint32_t payload_index, bool fin);
  void add_piece(const uint8_t* data, size_t size, uint32_t payload_index);

  std::unique_ptr<uint8_t[]> copied_;
  size_t copied_size_ = 0;
  size_t piece_count_ = 0;
  size_t size_ = 0;
  size_t message_count_ = 0;
  bool last_is_copied_ = false;  // the last piece is the end of what was copied
  bool has_owned_ = false;       // some of owned_ is not null
  bool lacks_memory_ = false;
  RandomPool* keys_ = nullptr;
  std::array<Piece, kPiecesMax> pieces_;
  std::array<std::unique_ptr<Retained>, kPiecesMax> owned_;  // by piece: large payloads of our making
};

}  // namespace ntyws
