// Memory that the inbox's payloads lie in, a block at a time. A block may be given to JavaScript: messages
// are then read where they were received, the inbox writes on behind them, and with the next block from its
// start.
#pragma once

#include <node_api.h>

#include <memory>

#include "base/byte_buffer.h"

namespace ntyws {

class PayloadBlock {
 public:
  // The block lives as long as somebody here or the Buffer, which spans it, needs it, and then leaves its
  // memory to the next ones. Null when the environment is ending.
  static std::shared_ptr<PayloadBlock> create(napi_env env, napi_value& buffer);
  ~PayloadBlock();
  PayloadBlock(const PayloadBlock&) = delete;
  PayloadBlock& operator=(const PayloadBlock&) = delete;

  // All blocks of this thread together, in bytes.
  static size_t live_bytes();

  uint8_t* data() { return memory_.data(); }

 private:
  PayloadBlock();

  ByteBuffer memory_;
};

}  // namespace ntyws
