// What libFuzzer calls: the one target linked with it.
#include "base/check.h"
#include "fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::vector<ntyws::fuzz::Target>& targets = ntyws::fuzz::targets();
  NTYWS_CHECK(targets.size() == 1);
  targets.front().run({data, size});
  return 0;
}
