// zlib, that of the process: Node exports its own, which is faster than Debian's by its use of SIMD;
// elsewhere it is the system's. Neither its header nor its library is needed to build. What is declared here
// is the interface that all of zlib 1 has: the functions that begin a stream are told what they are called
// with, and refuse another.
#pragma once

#include <cstdint>

namespace ntyws::zlib {

struct Stream {
  const uint8_t* next_in;
  uint32_t avail_in;
  unsigned long total_in;

  uint8_t* next_out;
  uint32_t avail_out;
  unsigned long total_out;

  const char* message;
  void* state;

  void* (*allocate)(void*, uint32_t, uint32_t);  // null: malloc
  void (*free)(void*, void*);
  void* opaque;

  int data_type;  // of inflate: where in the stream it stands, see kAtBlock
  unsigned long checksum;
  unsigned long reserved;
};

inline constexpr int kOk = 0;
inline constexpr int kStreamEnd = 1;
inline constexpr int kBufferError = -5;  // nothing was left to do, or no room to do it

inline constexpr int kSyncFlush = 2;
inline constexpr int kDeflated = 8;
inline constexpr int kDefaultStrategy = 0;
// In data_type: right behind a block, with so many bits of the last byte not used.
inline constexpr int kAtBlock = 128;
inline constexpr int kUnusedBits = 31;

struct Functions {
  int (*deflateInit2_)(Stream*, int level, int method, int window_bits, int mem_level, int strategy,
                       const char* version, int stream_size);
  int (*deflate)(Stream*, int flush);
  int (*deflateReset)(Stream*);
  int (*deflateEnd)(Stream*);
  int (*inflateInit2_)(Stream*, int window_bits, const char* version, int stream_size);
  int (*inflate)(Stream*, int flush);
  int (*inflateReset)(Stream*);
  int (*inflateResetKeep)(Stream*);
  int (*inflateEnd)(Stream*);
};
// Of which only the first digit counts.
inline constexpr const char* kVersion = "1.2.11";

// Null where there is no zlib. The same at each call.
const Functions* functions();

}  // namespace ntyws::zlib
