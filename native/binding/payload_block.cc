#include "binding/payload_block.h"

#include "base/spare_memory.h"
#include "binding/record_layout.h"

namespace ntyws {
namespace {

constexpr size_t kBytes = layout::kInboxPayloadBytes;

thread_local size_t live_count = 0;

}  // namespace

PayloadBlock::PayloadBlock() : memory_(SpareMemory::of_thread().take(kBytes)) {
  (void)memory_.room(kBytes, kBytes);
  ++live_count;
}

PayloadBlock::~PayloadBlock() {
  --live_count;
  SpareMemory::of_thread().keep(std::move(memory_));
}

size_t PayloadBlock::live_bytes() {
  return live_count * kBytes;
}

std::shared_ptr<PayloadBlock> PayloadBlock::create(napi_env env, napi_value& buffer) {
  std::shared_ptr<PayloadBlock> block(new PayloadBlock());
  auto held = std::make_unique<std::shared_ptr<PayloadBlock>>(block);
  auto let_go = [](napi_env, void*, void* hint) {
    std::unique_ptr<std::shared_ptr<PayloadBlock>> owner(static_cast<std::shared_ptr<PayloadBlock>*>(hint));
  };
  if (napi_create_external_buffer(env, kBytes, block->data(), let_go, held.get(), &buffer) != napi_ok)
    return nullptr;
  (void)held.release();  // until the Buffer is gone
  return block;
}

}  // namespace ntyws
