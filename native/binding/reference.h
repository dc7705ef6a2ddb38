// Refers to a JavaScript object; keeps it alive only where it is told to. Node does not free references when
// an environment ends: in a worker thread, what is not deleted here stays until the process ends.
#pragma once

#include <node_api.h>

#include <utility>

namespace ntyws {

class Reference {
 public:
  Reference(napi_env env, napi_value object) : env_(env) {
    napi_create_reference(env, object, 0, &reference_);  // null when the environment is ending
  }
  Reference(Reference&& other) noexcept
      : env_(other.env_), reference_(std::exchange(other.reference_, nullptr)) {}
  Reference& operator=(Reference&&) = delete;
  ~Reference() {
    if (reference_) napi_delete_reference(env_, reference_);
  }

  napi_ref get() const { return reference_; }
  void keep_alive() { napi_reference_ref(env_, reference_, nullptr); }
  void let_go() { napi_reference_unref(env_, reference_, nullptr); }

 private:
  napi_env env_;
  napi_ref reference_ = nullptr;
};

}  // namespace ntyws
