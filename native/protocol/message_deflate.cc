#include "protocol/message_deflate.h"

#include "base/spare_memory.h"

namespace ntyws {

ByteBuffer MessageDeflate::compress(Bytes message) {
  return deflater().compress(message);
}

ProtocolError MessageDeflate::decompress(Bytes payload, uint64_t size_max, ByteBuffer& message) {
  const Inflater::Result result = inflater().decompress(payload, size_max, message);
  shared_.count_inflated(message.size());
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

Inflater& MessageDeflate::inflater() {
  if (is_server_ ? agreement_.client_no_context_takeover : agreement_.server_no_context_takeover) {
    return shared_.inflater();
  }
  const uint8_t window_bits =
      is_server_ ? agreement_.client_max_window_bits : agreement_.server_max_window_bits;
  if (!inflater_) inflater_ = std::make_unique<Inflater>(window_bits);
  return *inflater_;
}

}  // namespace ntyws
