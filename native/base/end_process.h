// The two ends of the process that are nobody's fault, and that nothing can go on after: C++'s own operators
// and V8 end it in the same case. Not for anything that a peer or a user can bring about by what it says.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace ntyws {

[[noreturn]] inline void end_process(const char* why) {
  std::fprintf(stderr, "ntyws: %s\n", why);
  std::abort();
}

[[noreturn]] inline void end_for_want_of_memory() {
  end_process("out of memory");
}

}  // namespace ntyws
