// Memory that C++ and JavaScript both see: an ArrayBuffer that JavaScript made, never transfers, and that is
// referenced from here for as long as C++ has its address.
#pragma once

#include <node_api.h>

#include "base/check.h"

namespace ntyws {

template <typename T>
class SharedArray {
 public:
  // `view` is a typed array over the whole of its ArrayBuffer.
  SharedArray(napi_env env, napi_value view) {
    void* data;
    NTYWS_CHECK(napi_get_typedarray_info(env, view, nullptr, &size_, &data, nullptr, nullptr) == napi_ok);
    NTYWS_CHECK(napi_create_reference(env, view, 1, &reference_) == napi_ok);
    data_ = static_cast<T*>(data);
  }

  T* data() const { return data_; }
  size_t size() const { return size_; }
  T& operator[](size_t index) const { return data_[index]; }

 private:
  T* data_;
  size_t size_;
  napi_ref reference_;  // freed with the environment
};

}  // namespace ntyws
