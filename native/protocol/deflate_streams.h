// Compression and decompression of messages (RFC 7692 §7.2), one stream of them each.
#pragma once

#include <memory>
#include <vector>

#include "base/byte_buffer.h"
#include "base/limits.h"
#include "base/zlib.h"

namespace ntyws {

// How much deflate can make of so many bytes, by whichever zlib: what is longer is no message of that size.
inline uint64_t deflated_bytes_max(uint64_t size) {
  return size + (size + 7) / 8 + (size + 63) / 64 + 16;
}

struct DeflaterSettings {
  uint8_t window_bits;
  uint8_t level;
  uint8_t mem_level;

  bool operator==(const DeflaterSettings&) const = default;
};

class Deflater {
 public:
  explicit Deflater(const DeflaterSettings& settings);
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  const DeflaterSettings& settings() const { return settings_; }
  // A message's payload as it is sent. Empty when that is not shorter than the message: the window is empty
  // then too.
  ByteBuffer compress(Bytes message);
  // Empties the window.
  void reset();

 private:
  const DeflaterSettings settings_;
  zlib::Stream stream_{};
};

class Inflater {
 public:
  enum class Result : uint8_t { kDone, kInvalid, kTooLong };

  explicit Inflater(uint8_t window_bits);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Of a message's payload as it came. `message`, empty before, gets at most one byte more than `size_max`.
  Result decompress(Bytes payload, uint64_t size_max, ByteBuffer& message);
  // The same a part at a time: begin(), add() for each part in order, end(). kDone of add() is the part's.
  void begin(size_t payload_size, uint64_t size_max, ByteBuffer& message);
  Result add(Bytes part, uint64_t size_max, ByteBuffer& message);
  Result end(uint64_t size_max, ByteBuffer& message);
  void reset();

 private:
  zlib::Stream stream_{};
};

// The memory of messages that are being decompressed, several at a time. When it has grown to its maximum,
// one of them goes on alone until it is done, so that each comes to its end.
class InflatingMemory {
 public:
  // Whether the message of this owner may grow now.
  bool may_grow(const void* owner) {
    if (size_ < limits::kInflatingBytesMax || alone_ == owner) return true;
    if (alone_) return false;
    alone_ = owner;
    return true;
  }
  void add(size_t size) { size_ += size; }
  // The message is done, or given up.
  void leave(const void* owner, size_t size) {
    size_ -= size;
    if (alone_ == owner) alone_ = nullptr;
  }

 private:
  size_t size_ = 0;
  const void* alone_ = nullptr;
};

// What the connections of a thread share of compression.
class SharedDeflateStreams {
 public:
  // Of connections whose messages each begin with an empty window. Reset.
  Deflater& deflater(const DeflaterSettings& settings);
  Inflater& inflater();

  // Connections may outlive this, and their messages leave the memory then too.
  const std::shared_ptr<InflatingMemory>& inflating() { return inflating_; }

 private:
  std::vector<std::unique_ptr<Deflater>> deflaters_;  // by settings, which are few
  std::unique_ptr<Inflater> inflater_;                // with the largest window: it serves for all
  const std::shared_ptr<InflatingMemory> inflating_ = std::make_shared<InflatingMemory>();
};

}  // namespace ntyws
