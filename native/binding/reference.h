// Keeps a JavaScript value alive. Node does not free references when an environment ends: in a worker thread,
// what is not deleted here stays until the process ends.
#pragma once

#include <node_api.h>

#include <utility>

#include "base/check.h"

namespace ntyws {

class Reference {
 public:
  Reference(napi_env env, napi_value value) : env_(env) {
    NTYWS_CHECK(napi_create_reference(env, value, 1, &reference_) == napi_ok);
  }
  Reference(Reference&& other) noexcept
      : env_(other.env_), reference_(std::exchange(other.reference_, nullptr)) {}
  Reference& operator=(Reference&&) = delete;
  ~Reference() {
    if (reference_) napi_delete_reference(env_, reference_);
  }

  napi_ref get() const { return reference_; }

 private:
  napi_env env_;
  napi_ref reference_ = nullptr;
};

}  // namespace ntyws
