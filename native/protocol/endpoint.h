// One side of an open WebSocket: turns bytes into messages and control frames, joins fragments, and knows how
// far the closing handshake has come. Gets bytes, reports events; the caller sends what reply frames it asks
// for.
#pragma once

#include <memory>

#include "base/byte_buffer.h"
#include "base/limits.h"
#include "protocol/close_payload.h"
#include "protocol/frame_header.h"
#include "protocol/message_deflate.h"
#include "protocol/read_share.h"
#include "protocol/utf8.h"

namespace ntyws {

struct Message {
  bool is_text;
  bool is_ascii;         // of text: no byte above 0x7F, so that it needs no decoding
  MutableBytes payload;  // unmasked; valid for the call
  ByteBuffer*
      owned;  // the memory the payload lies in, for the taking; null when it lies in the receive buffer
};

// What a message may be at most.
struct MessageLimits {
  uint64_t bytes_max = limits::kMessageBytesMax;
  uint32_t fragments_max = limits::kFragmentsMax;  // 0: no limit

  bool operator==(const MessageLimits&) const = default;
};

// What an endpoint reports while it reads. Each may close the connection; the endpoint then stops reading.
class EndpointEvents {
 public:
  virtual void on_message(const Message& message) = 0;
  virtual void on_ping(Bytes payload) = 0;
  virtual void on_pong(Bytes payload) = 0;
  // The peer's close frame, a valid one. `code` may be close_code::kNoStatus.
  virtual void on_close_frame(uint16_t code, std::string_view reason) = 0;
  // The peer broke the protocol: the connection is to be failed (RFC 6455 §7.1.7).
  virtual void on_protocol_error(ProtocolError error) = 0;

 protected:
  ~EndpointEvents() = default;
};

class Endpoint {
 public:
  // Reads bytes as they came from the peer, and unmasks them in place, until `share` is used up: returns how
  // many it has read, all of them if there is no more to read. A message may still be being decompressed
  // then, which goes on before anything else is read. `deflate` is null without compression.
  size_t receive(MutableBytes bytes, Role role, MessageLimits message_limits, MessageDeflate* deflate,
                 ReadShare& share, EndpointEvents& events);

  // Where the next bytes are best received while much of a frame's payload is missing: in the message itself,
  // where nothing needs to copy them. Otherwise empty.
  MutableBytes payload_room(const MessageLimits& message_limits);
  // So many have come there.
  void receive_payload(size_t size, Role role, MessageLimits message_limits, MessageDeflate* deflate,
                       ReadShare& share, EndpointEvents& events);

  // Ends reading for good and reports why, be it a fault that only the caller sees.
  void fail(ProtocolError error, EndpointEvents& events);

  // Ends reading for good: the connection was failed or dropped.
  void stop_reading() { reading_ = false; }
  bool reading() const { return reading_; }

  bool close_sent() const { return close_sent_; }
  bool close_received() const { return close_received_; }
  void note_close_sent() { close_sent_ = true; }

 private:
  // What has come of a frame's header, or of a control frame, that is not whole yet; raw bytes.
  struct PartialFrame {
    uint8_t size = 0;
    uint8_t bytes[limits::kFrameHeaderMax + limits::kControlPayloadMax];
  };

  struct Reading;  // the arguments of one receive()

  size_t read_frame(MutableBytes bytes, Reading& reading);
  size_t read_partial_frame(MutableBytes bytes, Reading& reading);
  size_t read_payload(MutableBytes bytes, Reading& reading);
  void take_payload(uint8_t* at, const uint8_t* masked, size_t size, Reading& reading);
  MutableBytes payload_room(size_t size, const MessageLimits& message_limits);
  void read_whole_message(bool is_text, MutableBytes payload, ByteBuffer* owned, Reading& reading);
  void read_compressed_message(bool is_text, Bytes payload, Reading& reading);
  void go_on_decompressing(Reading& reading);
  void read_decompressed_message(bool is_text, ProtocolError error, ByteBuffer message, Reading& reading);
  bool begin_data_frame(const FrameHeader& header, Reading& reading);
  void read_control_frame(Opcode opcode, MutableBytes payload, Reading& reading);
  void end_message(Reading& reading);
  void keep(Bytes bytes);
  void fail(ProtocolError error, Reading& reading);

  uint64_t payload_left_ = 0;    // of the data frame being read
  uint32_t masking_key_ = 0;     // for its next byte
  uint32_t fragment_count_ = 0;  // of the message being read
  bool reading_ = true;
  bool close_sent_ : 1 = false;  // bits, as each connection has an endpoint: 48 bytes
  bool close_received_ : 1 = false;
  bool compressed_ : 1 = false;  // the message being read
  bool in_frame_ = false;        // within a data frame: payload_left_ counts
  bool in_message_ = false;      // a first fragment has come, the last one has not ended
  bool final_frame_ = false;
  bool is_text_ = false;
  bool is_ascii_ = false;
  Utf8Validator utf8_;
  std::unique_ptr<PartialFrame> partial_;
  ByteBuffer message_;  // the unmasked payload so far, compressed or not
};
static_assert(sizeof(Endpoint) == 48);

}  // namespace ntyws
