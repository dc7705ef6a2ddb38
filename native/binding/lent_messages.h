// Large messages that handlers see only for the time of their call.
#pragma once

#include "base/bytes.h"
#include "binding/shared_list.h"

namespace ntyws {

class LentMessages {
 public:
  LentMessages(napi_env env, SharedList lent) : env_(env), lent_(lent) {}

  bool hold(const void* data) const;
  // Frees what was lent; its Buffers are empty from then on.
  void take_back();

 private:
  MutableBytes bytes_of(napi_value message) const;

  napi_env env_;
  SharedList lent_;
};

}  // namespace ntyws
