#include "binding/lent_messages.h"

#include <functional>

namespace ntyws {
namespace {

bool lies_in(MutableBytes bytes, const void* data) {
  return std::less_equal<const void*>()(bytes.data(), data) &&
         std::less<const void*>()(data, bytes.data() + bytes.size());
}

}  // namespace

bool LentMessages::hold(const void* data) const {
  for (uint32_t i = 0; i < lent_.size(); ++i) {
    if (lies_in(bytes_of(lent_.get(i)), data)) return true;
  }
  return false;
}

void LentMessages::take_back() {
  const uint32_t count = lent_.size();
  if (count == 0) return;
  for (uint32_t i = 0; i < count; ++i) {
    napi_value memory = nullptr;
    bool is_empty = true;
    // A handler may have passed it on to another thread.
    napi_get_typedarray_info(env_, lent_.get(i), nullptr, nullptr, nullptr, &memory, nullptr);
    napi_is_detached_arraybuffer(env_, memory, &is_empty);
    if (!is_empty) napi_detach_arraybuffer(env_, memory);
  }
  lent_.clear();
}

MutableBytes LentMessages::bytes_of(napi_value message) const {
  void* data = nullptr;
  size_t size = 0;
  napi_get_buffer_info(env_, message, &data, &size);
  return {static_cast<uint8_t*>(data), size};
}

}  // namespace ntyws
