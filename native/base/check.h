// Checks of our own rules. A failed CHECK is our bug, never a peer's doing: it says where, and ends the
// process.
#pragma once

#include <cstdio>
#include <cstdlib>

#define NTYWS_CHECK(condition)                                                                    \
  do {                                                                                            \
    if (!(condition)) [[unlikely]] {                                                              \
      std::fprintf(stderr, "ntyws: check failed at %s:%d: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                               \
    }                                                                                             \
  } while (false)
