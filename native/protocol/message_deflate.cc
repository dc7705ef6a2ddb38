#include "protocol/message_deflate.h"

#include <algorithm>

#include "base/spare_memory.h"

namespace ntyws {
namespace {

// What is decompressed without a look at what it takes: half a MiB and half a millisecond at most.
constexpr size_t kPartBytes = 512;

ProtocolError outcome(Inflater::Result result, ByteBuffer& message) {
  switch (result) {
    case Inflater::Result::kInvalid:
      return ProtocolError::kInvalidCompression;
    case Inflater::Result::kTooLong:
      return ProtocolError::kMessageTooBig;
    case Inflater::Result::kDone:
      break;
  }
  // A large one is handed over in its memory, which had to be guessed.
  if (message.size() >= SpareMemory::kBlockMin) message.shrink_to_fit();
  return ProtocolError::kNone;
}

}  // namespace

ByteBuffer MessageDeflate::compress(Bytes message) {
  return deflater().compress(message);
}

ProtocolError MessageDeflate::decompress(Bytes payload, uint64_t size_max, ByteBuffer& message) {
  return outcome(inflater().decompress(payload, size_max, message), message);
}

void MessageDeflate::begin(ByteBuffer payload) {
  incoming_ = std::make_unique<Incoming>(std::move(payload), shared_.inflating());
}

std::optional<ProtocolError> MessageDeflate::go_on(uint64_t size_max, ReadShare& share, ByteBuffer& message) {
  Incoming& incoming = *incoming_;
  Inflater& inflater = inflater_of_incoming();
  if (incoming.done == 0) inflater.begin(incoming.payload.size(), size_max, incoming.message);
  Inflater::Result result = Inflater::Result::kDone;
  while (result == Inflater::Result::kDone && incoming.done < incoming.payload.size()) {
    if (share.left == 0 || !may_go_on()) return std::nullopt;
    const Bytes rest = incoming.payload.bytes().subspan(incoming.done);
    const Bytes part = rest.first(std::min(rest.size(), kPartBytes));
    const size_t size_before = incoming.message.size();
    result = inflater.add(part, size_max, incoming.message);
    incoming.done += part.size();
    const size_t grown = incoming.message.size() - size_before;
    incoming.memory.add(grown);
    share.take(cost(part.size(), grown));
  }
  if (result == Inflater::Result::kDone) {
    const size_t size_before = incoming.message.size();
    result = inflater.end(size_max, incoming.message);
    incoming.memory.add(incoming.message.size() - size_before);
  }
  const size_t size = incoming.message.size();
  message = std::move(incoming.message);
  incoming.memory.leave(&incoming, size);
  incoming_.reset();
  return outcome(result, message);
}

Deflater& MessageDeflate::deflater() {
  const DeflaterSettings settings{
      is_server_ ? agreement_.server_max_window_bits : agreement_.client_max_window_bits, options_.level,
      options_.mem_level};
  if (is_server_ ? agreement_.server_no_context_takeover : agreement_.client_no_context_takeover) {
    return shared_.deflater(settings);
  }
  if (!deflater_) deflater_ = std::make_unique<Deflater>(settings);
  return *deflater_;
}

bool MessageDeflate::shares_inflater() const {
  return is_server_ ? agreement_.client_no_context_takeover : agreement_.server_no_context_takeover;
}

Inflater& MessageDeflate::inflater_of_incoming() {
  if (!shares_inflater()) return inflater();
  std::unique_ptr<Inflater>& own = incoming_->own_inflater;
  if (!own) own = std::make_unique<Inflater>(limits::kDeflateWindowBitsMax);
  return *own;
}

Inflater& MessageDeflate::inflater() {
  if (shares_inflater()) return shared_.inflater();
  const uint8_t window_bits =
      is_server_ ? agreement_.client_max_window_bits : agreement_.server_max_window_bits;
  if (!inflater_) inflater_ = std::make_unique<Inflater>(window_bits);
  return *inflater_;
}

}  // namespace ntyws
