// Checks of our own arithmetic and states. A failed CHECK is our bug: it says where, and ends the process. So
// nothing from outside may reach one, be it a peer's bytes, a user's value, a system call's result, or what a
// library answers: these are failures with a value, which end what they concern. For the two cases that
// nothing can go on after there is end_process.h.
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
