// Memory that C++ and JavaScript both see: an ArrayBuffer that JavaScript made and never transfers. The
// environment holds the object that has them all.
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
    data_ = static_cast<T*>(data);
  }

  T* data() const { return data_; }
  size_t size() const { return size_; }
  T& operator[](size_t index) const { return data_[index]; }

 private:
  T* data_;
  size_t size_;
};

}  // namespace ntyws
