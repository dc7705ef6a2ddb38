// Names the functions that are fuzzed. A target's file is linked alone with libFuzzer, and all of them
// together into the native tests, which replay the corpus: so each registers its function instead of defining
// LLVMFuzzerTestOneInput itself, which entry.cc does.
#pragma once

#include <vector>

#include "base/bytes.h"

namespace ntyws::fuzz {

struct Target {
  const char* name;  // of its file, and of its corpus
  void (*run)(Bytes input);
};

// A function's static, as registrations run before main in no certain order.
inline std::vector<Target>& targets() {
  static std::vector<Target> all;
  return all;
}

struct Registration {
  Registration(const char* name, void (*run)(Bytes)) { targets().push_back({name, run}); }
};

}  // namespace ntyws::fuzz

// FUZZ_TARGET(utf8)(Bytes input) { … } fails by NTYWS_CHECK or a sanitizer.
#define FUZZ_TARGET(name)                                                           \
  static void fuzz_##name(::ntyws::Bytes);                                          \
  static const ::ntyws::fuzz::Registration registration_##name(#name, fuzz_##name); \
  static void fuzz_##name
