// A JavaScript array in which C++ and TypeScript hand each other objects. Its calls need a handle scope.
#pragma once

#include <node_api.h>

namespace ntyws {

class SharedList {
 public:
  SharedList(napi_env env, napi_ref array) : env_(env), array_(array) {}

  uint32_t size() const {
    napi_value list = array();
    uint32_t size = 0;
    if (list) napi_get_array_length(env_, list, &size);
    return size;
  }

  // Null when the environment is ending.
  napi_value get(uint32_t index) const {
    napi_value list = array();
    napi_value element = nullptr;
    if (list) napi_get_element(env_, list, index, &element);
    return element;
  }

  void clear() {
    napi_value list = array();
    napi_value zero = nullptr;
    if (list && napi_create_uint32(env_, 0, &zero) == napi_ok) {
      napi_set_named_property(env_, list, "length", zero);
    }
  }

 private:
  napi_value array() const {
    napi_value list = nullptr;
    napi_get_reference_value(env_, array_, &list);
    return list;
  }

  napi_env env_;
  napi_ref array_;
};

}  // namespace ntyws
