#include "base/zlib.h"

#include <dlfcn.h>

#include <optional>

namespace ntyws::zlib {
namespace {

// All of them from one zlib, or none.
std::optional<Functions> find_in(void* library) {
  Functions found{};
  bool complete = true;
  const auto find = [&]<typename Function>(Function*& function, const char* name) {
    function = reinterpret_cast<Function*>(::dlsym(library, name));
    complete = complete && function != nullptr;
  };
  find(found.deflateInit2_, "deflateInit2_");
  find(found.deflate, "deflate");
  find(found.deflateReset, "deflateReset");
  find(found.deflateEnd, "deflateEnd");
  find(found.inflateInit2_, "inflateInit2_");
  find(found.inflate, "inflate");
  find(found.inflateReset, "inflateReset");
  find(found.inflateResetKeep, "inflateResetKeep");
  find(found.inflateEnd, "inflateEnd");
  return complete ? std::optional(found) : std::nullopt;
}

std::optional<Functions> find_anywhere() {
  if (std::optional<Functions> own = find_in(RTLD_DEFAULT)) return own;
  void* library = ::dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL);  // never closed
  return library ? find_in(library) : std::nullopt;
}

}  // namespace

const Functions* functions() {
  static const std::optional<Functions> found = find_anywhere();
  return found ? &*found : nullptr;
}

}  // namespace ntyws::zlib
