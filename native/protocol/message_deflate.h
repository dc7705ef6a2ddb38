// The compression of one connection's messages, both ways, as was agreed in its opening handshake.
#pragma once

#include <memory>

#include "protocol/deflate_negotiation.h"
#include "protocol/deflate_streams.h"
#include "protocol/frame_header.h"
#include "protocol/protocol_error.h"

namespace ntyws {

class MessageDeflate {
 public:
  // `options` and `shared` outlive it.
  MessageDeflate(const DeflateAgreement& agreement, Role role, const DeflateOptions& options,
                 SharedDeflateStreams& shared)
      : agreement_(agreement), is_server_(role == Role::kServer), options_(options), shared_(shared) {}

  // Whether a message of this size is worth it.
  bool compresses(size_t size) const { return size >= options_.threshold; }
  // A message's payload as it is sent. Empty when it is better sent as it is.
  ByteBuffer compress(Bytes message);
  // The message of a payload that came; kMessageTooBig when it is longer than `size_max`.
  ProtocolError decompress(Bytes payload, uint64_t size_max, ByteBuffer& message);

 private:
  Deflater& deflater();
  Inflater& inflater();

  const DeflateAgreement agreement_;
  const bool is_server_;
  const DeflateOptions& options_;
  SharedDeflateStreams& shared_;
  // Where a window is taken over from one message to the next; null before the first one.
  std::unique_ptr<Deflater> deflater_;
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace ntyws
