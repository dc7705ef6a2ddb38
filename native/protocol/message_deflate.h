// The compression of one connection's messages, both ways, as was agreed in its opening handshake.
#pragma once

#include <memory>
#include <optional>

#include "protocol/deflate_negotiation.h"
#include "protocol/deflate_streams.h"
#include "protocol/frame_header.h"
#include "protocol/protocol_error.h"
#include "protocol/read_share.h"

namespace ntyws {

class MessageDeflate {
 public:
  // `options` and `shared` outlive it.
  MessageDeflate(const DeflateAgreement& agreement, Role role, const DeflateOptions& options,
                 SharedDeflateStreams& shared)
      : agreement_(agreement), is_server_(role == Role::kServer), options_(options), shared_(shared) {}

  // A payload up to this size is decompressed at once: it cannot become much, nor take long.
  static constexpr size_t kAtOnceMax = 1024;
  // What decompression takes of a share. The worst that a peer can send, blocks without a byte in them, takes
  // 67 ns a byte; what becomes much takes a nanosecond for each byte of it.
  static uint64_t cost(size_t payload_size, size_t message_size) {
    return payload_size / 32 + message_size / 512;
  }

  // Whether a message of this size is worth it.
  bool compresses(size_t size) const { return size >= options_.threshold; }
  // A message's payload as it is sent. Empty when it is better sent as it is.
  ByteBuffer compress(Bytes message);
  // The message of a payload that came; kMessageTooBig when it is longer than `size_max`.
  ProtocolError decompress(Bytes payload, uint64_t size_max, ByteBuffer& message);

  // The same for a large payload, a part at a time: little that has come can become much, or take long.
  void begin(ByteBuffer payload);
  bool is_decompressing() const { return incoming_ != nullptr; }
  // False: others that are being decompressed have all the memory for now.
  bool may_go_on() const { return incoming_->memory.may_grow(incoming_.get()); }
  // Nothing as long as the message is not done, when the share is used up.
  std::optional<ProtocolError> go_on(uint64_t size_max, ReadShare& share, ByteBuffer& message);
  // Of a message that nobody wants any more.
  void give_up() { incoming_.reset(); }

 private:
  // A message that is being decompressed.
  struct Incoming {
    Incoming(ByteBuffer payload_, std::shared_ptr<InflatingMemory> memory_)
        : payload(std::move(payload_)), memory_owner(std::move(memory_)), memory(*memory_owner) {}
    Incoming(const Incoming&) = delete;
    Incoming& operator=(const Incoming&) = delete;
    ~Incoming() { memory.leave(this, message.size()); }

    const ByteBuffer payload;
    size_t done = 0;  // of the payload
    ByteBuffer message;
    std::unique_ptr<Inflater> own_inflater;  // where others use the shared one meanwhile
    const std::shared_ptr<InflatingMemory> memory_owner;
    InflatingMemory& memory;
  };

  Deflater& deflater();
  Inflater& inflater();
  bool shares_inflater() const;
  Inflater& inflater_of_incoming();

  const DeflateAgreement agreement_;
  const bool is_server_;
  const DeflateOptions& options_;
  SharedDeflateStreams& shared_;
  // Where a window is taken over from one message to the next; null before the first one.
  std::unique_ptr<Deflater> deflater_;
  std::unique_ptr<Inflater> inflater_;
  std::unique_ptr<Incoming> incoming_;
};

}  // namespace ntyws
