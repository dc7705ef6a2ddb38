// Compression and decompression of messages (RFC 7692 §7.2), one stream of them each.
#pragma once

#include <memory>
#include <vector>

#include "base/byte_buffer.h"
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
  void reset();

 private:
  Result inflate(Bytes input, uint64_t size_max, ByteBuffer& message);

  zlib::Stream stream_{};
};

// Those that connections share whose messages each begin with an empty window.
class SharedDeflateStreams {
 public:
  // Reset.
  Deflater& deflater(const DeflaterSettings& settings);
  Inflater& inflater();

  // What came of a message; of one that was too long or invalid too.
  void count_inflated(size_t size) { inflated_bytes_ += size; }
  // Whether more may be decompressed in the caller's turn of this number: little that comes can become much.
  bool may_inflate(uint64_t turn);

 private:
  std::vector<std::unique_ptr<Deflater>> deflaters_;  // by settings, which are few
  std::unique_ptr<Inflater> inflater_;                // with the largest window: it serves for all
  uint64_t turn_ = 0;
  uint64_t inflated_bytes_ = 0;  // in it
};

}  // namespace ntyws
