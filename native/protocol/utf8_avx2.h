// UTF-8 with AVX2, 32 bytes at a time: for processors that have it, which the caller finds out.
#pragma once

#include "base/bytes.h"

#if defined(__x86_64__)

namespace ntyws {

// Size of a part at the front that is known to be valid and ends between code points. It ends less than 36
// bytes before the first fault or the end of the bytes. They must begin between code points.
size_t valid_prefix_size_avx2(Bytes bytes);

// Whether every byte is below 0x80. There must be 64 of them at least.
bool is_ascii_avx2(Bytes bytes);

}  // namespace ntyws

#endif
