// The memory that handlers see only for the time of their call: what lies in the inbox, and the large
// messages that were lent to them.
#pragma once

#include "base/bytes.h"
#include "binding/shared_list.h"
#include "binding/shared_memory.h"

namespace ntyws {

class LentMessages {
 public:
  LentMessages(napi_env env, SharedArray<uint8_t> inbox_payloads, SharedList lent)
      : env_(env), inbox_payloads_(inbox_payloads), lent_(lent) {}

  bool hold(const void* data) const;
  // Frees what was lent; its Buffers are empty from then on.
  void take_back();

 private:
  MutableBytes bytes_of(napi_value message) const;

  napi_env env_;
  SharedArray<uint8_t> inbox_payloads_;
  SharedList lent_;
};

}  // namespace ntyws
