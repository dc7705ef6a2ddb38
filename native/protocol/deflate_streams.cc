#include "protocol/deflate_streams.h"

#include <algorithm>

#include "base/end_process.h"
#include "base/limits.h"
#include "base/spare_memory.h"

namespace ntyws {
namespace {

// What ends a flush, and is left out of a message (RFC 7692 §7.2.1).
constexpr uint8_t kTail[] = {0x00, 0x00, 0xFF, 0xFF};

// zlib has no raw streams of a window of 256 bytes. In one of 512 it never refers back further than 250.
constexpr int kDeflateBitsMin = 9;

// Up to this size a message has at once all the room that it may need.
constexpr size_t kWholeRoomMax = 16 * 1024;
// Deflate asks for some room behind what it has written.
constexpr size_t kFlushRoom = 16;

const zlib::Functions& zlib_functions() {
  const zlib::Functions* functions = zlib::functions();
  NTYWS_CHECK(functions != nullptr);
  return *functions;
}

// Room for the next bytes of a message that may have `size_max` at most: not all of it at once, as not much
// may come.
// False for want of memory.
[[nodiscard]] bool give_room(zlib::Stream& stream, ByteBuffer& bytes, uint64_t size_max) {
  const uint64_t wanted = std::min<uint64_t>(size_max, bytes.capacity() * uint64_t{2});
  if (!bytes.try_room(1, wanted)) return false;
  const MutableBytes room = bytes.room(1, wanted);
  stream.next_out = room.data();
  stream.avail_out = static_cast<uint32_t>(std::min<uint64_t>(room.size(), size_max - bytes.size()));
  return true;
}

}  // namespace

Deflater::Deflater(const DeflaterSettings& settings) : settings_(settings) {
  const int bits = std::max<int>(settings.window_bits, kDeflateBitsMin);
  // A negative number: without the header and checksum of zlib's own format.
  // The settings are sound, so that nothing but memory can be wanting.
  if (zlib_functions().deflateInit2_(&stream_, settings.level, zlib::kDeflated, -bits, settings.mem_level,
                                     zlib::kDefaultStrategy, zlib::kVersion, sizeof stream_) != zlib::kOk) {
    end_for_want_of_memory();
  }
}

Deflater::~Deflater() {
  zlib_functions().deflateEnd(&stream_);
}

void Deflater::reset() {
  zlib_functions().deflateReset(&stream_);
}

ByteBuffer Deflater::compress(Bytes message) {
  if (message.empty()) return {};
  const size_t size_max = message.size() + kFlushRoom;
  ByteBuffer payload;
  const size_t first = message.size() <= kWholeRoomMax ? size_max : message.size() / 4 + kFlushRoom;
  // Without memory it is sent as it is.
  if (size_max > UINT32_MAX || !payload.try_room(first, size_max)) {
    reset();
    return {};
  }
  stream_.next_in = message.data();
  stream_.avail_in = static_cast<uint32_t>(message.size());
  do {
    if (!give_room(stream_, payload, size_max)) {
      reset();
      return {};
    }
    const uint32_t room = stream_.avail_out;
    const int result = zlib_functions().deflate(&stream_, zlib::kSyncFlush);
    if (result != zlib::kOk && result != zlib::kBufferError) {
      reset();
      return {};
    }
    payload.commit(room - stream_.avail_out);
  } while (stream_.avail_out == 0 && payload.size() < size_max);
  if (payload.size() >= message.size() + sizeof kTail) {
    reset();
    return {};
  }
  payload.truncate(payload.size() - sizeof kTail);
  return payload;
}

Inflater::Inflater(uint8_t window_bits) {
  if (zlib_functions().inflateInit2_(&stream_, -window_bits, zlib::kVersion, sizeof stream_) != zlib::kOk) {
    end_for_want_of_memory();
  }
}

Inflater::~Inflater() {
  zlib_functions().inflateEnd(&stream_);
}

void Inflater::reset() {
  zlib_functions().inflateReset(&stream_);
}

Inflater::Result Inflater::decompress(Bytes payload, uint64_t size_max, ByteBuffer& message) {
  begin(payload.size(), size_max, message);
  const Result result = add(payload, size_max, message);
  return result == Result::kDone ? end(size_max, message) : result;
}

void Inflater::begin(size_t payload_size, uint64_t size_max, ByteBuffer& message) {
  const uint64_t expected = std::min(uint64_t{payload_size} * 4 + 64, size_max + 1);
  message = SpareMemory::of_thread().take(expected);
  message.room(expected, expected);
}

Inflater::Result Inflater::end(uint64_t size_max, ByteBuffer& message) {
  const Result result = add(kTail, size_max, message);
  if (result != Result::kDone) return result;
  // What the tail was not the end of was cut off, or does not end where a byte does.
  return (stream_.data_type & (zlib::kAtBlock | zlib::kUnusedBits)) == zlib::kAtBlock ? Result::kDone
                                                                                      : Result::kInvalid;
}

Inflater::Result Inflater::add(Bytes part, uint64_t size_max, ByteBuffer& message) {
  stream_.next_in = part.data();
  stream_.avail_in = static_cast<uint32_t>(part.size());
  do {
    if (!give_room(stream_, message, size_max + 1)) return Result::kTooLong;
    const uint32_t room = stream_.avail_out;
    const int result = zlib_functions().inflate(&stream_, zlib::kSyncFlush);
    message.commit(room - stream_.avail_out);
    if (message.size() > size_max) return Result::kTooLong;
    // A peer may end its stream with a message. The next one goes on with the same window (§7.2.3.4). The
    // tail may be that end itself.
    if (result == zlib::kStreamEnd) {
      zlib_functions().inflateResetKeep(&stream_);
      stream_.data_type = zlib::kAtBlock;
    } else if (result != zlib::kOk && result != zlib::kBufferError) {
      return Result::kInvalid;
    }
  } while (stream_.avail_in > 0 || stream_.avail_out == 0);
  return Result::kDone;
}

Deflater& SharedDeflateStreams::deflater(const DeflaterSettings& settings) {
  for (const std::unique_ptr<Deflater>& deflater : deflaters_) {
    if (deflater->settings() != settings) continue;
    deflater->reset();
    return *deflater;
  }
  return *deflaters_.emplace_back(std::make_unique<Deflater>(settings));
}

Inflater& SharedDeflateStreams::inflater() {
  if (!inflater_) {
    inflater_ = std::make_unique<Inflater>(limits::kDeflateWindowBitsMax);
  } else {
    inflater_->reset();
  }
  return *inflater_;
}

}  // namespace ntyws
