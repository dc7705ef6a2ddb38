// The bytes of the text messages that came in memory of their own: a handler that sends one on sends them as
// they are.
#pragma once

#include <node_api.h>

#include <memory>
#include <vector>

#include "base/spare_memory.h"
#include "net/outbound_queue.h"

namespace ntyws {

class ReceivedTexts {
 public:
  // The string of a message that becomes the inbox's attachment of this index, and is the last one so far.
  // Null when the environment is ending, and nobody will read it.
  napi_value add(napi_env env, uint32_t index, ByteBuffer text, bool is_ascii);

  // Of what was added since clear().
  Bytes bytes(uint32_t index) const { return texts_[index]->bytes.bytes(); }
  std::unique_ptr<Retained> retain(uint32_t index) const;

  void clear() { texts_.clear(); }

 private:
  // Leaves its memory to the messages to come.
  struct Text {
    explicit Text(ByteBuffer from) : bytes(std::move(from)) {}
    ~Text() { SpareMemory::of_thread().keep(std::move(bytes)); }

    ByteBuffer bytes;
  };
  class RetainedText;

  std::vector<std::shared_ptr<Text>> texts_;  // by attachment
};

}  // namespace ntyws
