// Deflate by zlib in the plainest way, for the other side of a test: it shares nothing with the code under
// test but the table of zlib's functions.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "base/zlib.h"

namespace ntyws::testing {

constexpr std::string_view kDeflateTail{"\x00\x00\xff\xff", 4};

// A message's payload of stored blocks, which need no zlib.
inline std::string stored(std::string_view message) {
  constexpr size_t kBlockMax = 65'535;
  std::string payload;
  for (; !message.empty(); message.remove_prefix(std::min(kBlockMax, message.size()))) {
    const std::string_view block = message.substr(0, kBlockMax);
    const auto low = static_cast<char>(block.size());
    const auto high = static_cast<char>(block.size() >> 8);
    const char header[] = {0, low, high, static_cast<char>(~low), static_cast<char>(~high)};
    payload += std::string(header, sizeof header) + std::string(block);
  }
  return payload + '\0';
}

// The payloads of one message after the other, with the window of those before.
class PlainDeflate {
 public:
  explicit PlainDeflate(int window_bits = 15, int level = 6, int mem_level = 8) {
    NTYWS_CHECK(zlib::functions()->deflateInit2_(&stream_, level, zlib::kDeflated, -window_bits, mem_level,
                                                 zlib::kDefaultStrategy, zlib::kVersion,
                                                 sizeof stream_) == zlib::kOk);
  }
  ~PlainDeflate() { zlib::functions()->deflateEnd(&stream_); }
  PlainDeflate(const PlainDeflate&) = delete;
  PlainDeflate& operator=(const PlainDeflate&) = delete;

  std::string compress(std::string_view message) {
    std::string payload(message.size() * 2 + 1'000, '\0');
    stream_.next_in = as_bytes(message).data();
    stream_.avail_in = static_cast<uint32_t>(message.size());
    stream_.next_out = reinterpret_cast<uint8_t*>(payload.data());
    stream_.avail_out = static_cast<uint32_t>(payload.size());
    // A flush right behind a flush, as for an empty message, does nothing.
    for (const int flush : {kNoFlush, zlib::kSyncFlush}) zlib::functions()->deflate(&stream_, flush);
    NTYWS_CHECK(stream_.avail_in == 0 && stream_.avail_out > 0);
    payload.resize(payload.size() - stream_.avail_out);
    NTYWS_CHECK(payload.ends_with(kDeflateTail));
    payload.resize(payload.size() - kDeflateTail.size());
    return payload;
  }

 private:
  static constexpr int kNoFlush = 0;

  zlib::Stream stream_{};
};

inline std::string deflated(std::string_view message) {
  return PlainDeflate().compress(message);
}

class PlainInflate {
 public:
  // What refers further back than its window is noticed: zlib's own notice needs so small steps, as it takes
  // what it has just written for its window too.
  explicit PlainInflate(int window_bits = 15) : step_(window_bits < 15 ? 1 : sizeof room_) {
    NTYWS_CHECK(zlib::functions()->inflateInit2_(&stream_, -window_bits, zlib::kVersion, sizeof stream_) ==
                zlib::kOk);
  }
  ~PlainInflate() { zlib::functions()->inflateEnd(&stream_); }
  PlainInflate(const PlainInflate&) = delete;
  PlainInflate& operator=(const PlainInflate&) = delete;

  // Nothing for a payload that is none. A message that is longer than `size_max` is cut off somewhere behind.
  std::optional<std::string> decompress(std::string_view payload, uint64_t size_max = UINT64_MAX) {
    const std::string input = std::string(payload) + std::string(kDeflateTail);
    stream_.next_in = as_bytes(input).data();
    stream_.avail_in = static_cast<uint32_t>(input.size());
    std::string message;
    for (;;) {
      stream_.next_out = room_;
      stream_.avail_out = static_cast<uint32_t>(step_);
      const int result = zlib::functions()->inflate(&stream_, kStopAtBlock);
      message.append(reinterpret_cast<const char*>(room_), step_ - stream_.avail_out);
      if (message.size() > size_max) return message;
      const bool at_block = result == zlib::kStreamEnd ||
                            (stream_.data_type & (zlib::kAtBlock | zlib::kUnusedBits)) == zlib::kAtBlock;
      if (result == zlib::kStreamEnd) zlib::functions()->inflateResetKeep(&stream_);
      if (stream_.avail_in == 0 && at_block) return message;
      const bool goes_on = result == zlib::kOk || result == zlib::kStreamEnd;
      if (!goes_on) return std::nullopt;
    }
  }

 private:
  static constexpr int kStopAtBlock = 5;

  const size_t step_;
  zlib::Stream stream_{};
  uint8_t room_[4096];
};

}  // namespace ntyws::testing
