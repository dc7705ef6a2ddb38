// How much memory the process holds, as AddressSanitizer counts it.
#pragma once

#include <cstddef>

// Declared here as GCC does not install the sanitizers' headers everywhere.
extern "C" size_t __sanitizer_get_current_allocated_bytes();

namespace ntyws::testing {

inline size_t allocated_bytes() {
  return __sanitizer_get_current_allocated_bytes();
}

}  // namespace ntyws::testing
