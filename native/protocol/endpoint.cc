#include "protocol/endpoint.h"

#include <algorithm>

#include "base/spare_memory.h"
#include "protocol/mask.h"

namespace ntyws {
namespace {

// The memory of a message that is still coming may be so many times as large as what has come: a mebibyte of
// which a full receive has come, over TLS a somewhat smaller one, has all of its memory at once and never
// moves.
constexpr uint64_t kGrowth = 5;

}  // namespace

struct Endpoint::Reading {
  Role role;
  MessageLimits limits;
  MessageDeflate* deflate;
  ReadShare& share;
  EndpointEvents& events;

  // Of a message's payload as it comes.
  uint64_t payload_max(bool compressed) const {
    return compressed ? deflated_bytes_max(limits.bytes_max) : limits.bytes_max;
  }
};

size_t Endpoint::receive(MutableBytes bytes, Role role, MessageLimits message_limits, MessageDeflate* deflate,
                         ReadShare& share, EndpointEvents& events) {
  Reading reading{role, message_limits, deflate, share, events};
  const size_t size = bytes.size();
  while (reading_ && share.left > 0) {
    if (deflate && deflate->is_decompressing()) [[unlikely]] {
      if (!deflate->may_go_on()) break;
      go_on_decompressing(reading);
      continue;
    }
    if (bytes.empty()) break;
    share.take(1);
    size_t used = in_frame_  ? read_payload(bytes, reading)
                  : partial_ ? read_partial_frame(bytes, reading)
                             : read_frame(bytes, reading);
    bytes = bytes.subspan(used);
  }
  return reading_ ? size - bytes.size() : size;
}

// At a frame's first byte. The common case ends here: a whole, unfragmented message.
size_t Endpoint::read_frame(MutableBytes bytes, Reading& reading) {
  FrameHeader header;
  ProtocolError error;
  switch (parse_frame_header(bytes, reading.role, reading.deflate != nullptr, header, error)) {
    case HeaderStatus::kBad:
      fail(error, reading);
      return bytes.size();
    case HeaderStatus::kPartial:
      keep(bytes);
      return bytes.size();
    case HeaderStatus::kComplete:
      break;
  }
  MutableBytes rest = bytes.subspan(header.size);
  if (is_control(header.opcode)) {
    if (rest.size() < header.payload_size) {
      keep(bytes);
      return bytes.size();
    }
    MutableBytes payload = rest.first(header.payload_size);
    apply_mask(payload.data(), payload.data(), payload.size(), header.masking_key);
    read_control_frame(header.opcode, payload, reading);
    return header.size + payload.size();
  }
  bool is_whole = header.fin && !in_message_ && header.opcode != Opcode::kContinuation &&
                  header.payload_size <= rest.size() &&
                  header.payload_size <= reading.payload_max(header.compressed);
  if (is_whole) {
    MutableBytes payload = rest.first(header.payload_size);
    apply_mask(payload.data(), payload.data(), payload.size(), header.masking_key);
    const bool is_text = header.opcode == Opcode::kText;
    if (header.compressed) [[unlikely]] {
      read_compressed_message(is_text, payload, reading);
    } else {
      read_whole_message(is_text, payload, nullptr, reading);
    }
    return header.size + payload.size();
  }
  if (!begin_data_frame(header, reading)) return bytes.size();
  return header.size + read_payload(rest, reading);
}

// Leaves no trace in the endpoint's state.
void Endpoint::read_whole_message(bool is_text, MutableBytes payload, ByteBuffer* owned, Reading& reading) {
  bool ascii = is_text && is_ascii(payload);
  if (is_text && !ascii) {
    Utf8Validator utf8;
    if (!utf8.push(payload) || !utf8.complete()) return fail(ProtocolError::kInvalidUtf8, reading);
  }
  reading.events.on_message({is_text, ascii, payload, owned});
}

// Decompressed only when all of it has come: what is kept meanwhile is no more than that. Would it be
// decompressed as it comes, 16 KiB of a peer could hold 16 MiB of ours for as long as it likes.
void Endpoint::read_compressed_message(bool is_text, Bytes payload, Reading& reading) {
  if (payload.size() > MessageDeflate::kAtOnceMax) {
    is_text_ = is_text;
    ByteBuffer kept;
    kept.append(payload);
    return reading.deflate->begin(std::move(kept));
  }
  ByteBuffer message;
  const ProtocolError error = reading.deflate->decompress(payload, reading.limits.bytes_max, message);
  reading.share.take(MessageDeflate::cost(payload.size(), message.size()));
  read_decompressed_message(is_text, error, std::move(message), reading);
}

void Endpoint::go_on_decompressing(Reading& reading) {
  ByteBuffer message;
  const std::optional<ProtocolError> end =
      reading.deflate->go_on(reading.limits.bytes_max, reading.share, message);
  if (end) read_decompressed_message(is_text_, *end, std::move(message), reading);
}

void Endpoint::read_decompressed_message(bool is_text, ProtocolError error, ByteBuffer message,
                                         Reading& reading) {
  if (error != ProtocolError::kNone) return fail(error, reading);
  read_whole_message(is_text, message.bytes(), &message, reading);
}

// A frame of which something was kept. Its missing bytes are added only as far as header or control frame go,
// so that nothing has to be given back.
size_t Endpoint::read_partial_frame(MutableBytes bytes, Reading& reading) {
  size_t used = 0;
  while (used < bytes.size()) {
    partial_->bytes[partial_->size++] = bytes[used++];
    FrameHeader header;
    ProtocolError error;
    MutableBytes frame{partial_->bytes, partial_->size};
    HeaderStatus status = parse_frame_header(frame, reading.role, reading.deflate != nullptr, header, error);
    if (status == HeaderStatus::kBad) {
      fail(error, reading);
      return bytes.size();
    }
    if (status == HeaderStatus::kPartial) continue;
    if (!is_control(header.opcode)) {
      partial_.reset();
      if (!begin_data_frame(header, reading)) return bytes.size();
      if (header.payload_size == 0) read_payload({}, reading);
      return used;
    }
    if (frame.size() < header.size + header.payload_size) continue;
    std::unique_ptr<PartialFrame> whole = std::move(partial_);
    MutableBytes payload = frame.subspan(header.size);
    apply_mask(payload.data(), payload.data(), payload.size(), header.masking_key);
    read_control_frame(header.opcode, payload, reading);
    return used;
  }
  return used;
}

bool Endpoint::begin_data_frame(const FrameHeader& header, Reading& reading) {
  bool continues = header.opcode == Opcode::kContinuation;
  if (continues != in_message_) {
    fail(continues ? ProtocolError::kUnexpectedContinuation : ProtocolError::kExpectedContinuation, reading);
    return false;
  }
  if (!continues) {
    is_text_ = is_ascii_ = header.opcode == Opcode::kText;
    compressed_ = header.compressed;
    utf8_.reset();
    fragment_count_ = 0;
  }
  if (reading.limits.fragments_max != 0 && fragment_count_ == reading.limits.fragments_max) {
    fail(ProtocolError::kTooManyFragments, reading);
    return false;
  }
  ++fragment_count_;
  // Refused at the header, before memory is spent on it.
  if (header.payload_size > reading.payload_max(compressed_) - message_.size()) {
    fail(ProtocolError::kMessageTooBig, reading);
    return false;
  }
  in_message_ = in_frame_ = true;
  final_frame_ = header.fin;
  payload_left_ = header.payload_size;
  masking_key_ = header.masking_key;
  return true;
}

// Payload of a message that did not come in one piece: it is gathered, and its text checked as it comes.
size_t Endpoint::read_payload(MutableBytes bytes, Reading& reading) {
  size_t size = std::min<uint64_t>(bytes.size(), payload_left_);
  uint8_t* at = payload_room(size, reading.limits).data();
  message_.commit(size);
  take_payload(at, bytes.data(), size, reading);
  return size;
}

MutableBytes Endpoint::payload_room(const MessageLimits& message_limits) {
  if (!in_frame_ || payload_left_ < limits::kPayloadDirectMin) return {};
  size_t size = std::min<uint64_t>(payload_left_, limits::kReceiveBytes);
  return payload_room(size, message_limits);
}

void Endpoint::receive_payload(size_t size, Role role, MessageLimits message_limits, MessageDeflate* deflate,
                               ReadShare& share, EndpointEvents& events) {
  if (!reading_) return;
  Reading reading{role, message_limits, deflate, share, events};
  uint8_t* at = message_.data() + message_.size();
  message_.commit(size);
  take_payload(at, at, size, reading);
}

// Memory grows with the bytes that have come, or are asked for, not with those that were announced. As soon
// as it may be as large as the message, it is: the less has come, the less moves. Only the last frame tells
// how long the message is: growing to the end of each would move what has come before with every small
// fragment.
MutableBytes Endpoint::payload_room(size_t size, const MessageLimits& message_limits) {
  if (!final_frame_) {
    return message_.room(size, std::min<uint64_t>(message_limits.bytes_max, message_.capacity() * 2))
        .first(size);
  }
  const uint64_t expected = message_.size() + payload_left_;
  if (message_.capacity() == 0) message_ = SpareMemory::of_thread().take(expected);
  const uint64_t allowed = std::min(expected, kGrowth * (message_.size() + size));
  return message_.room(allowed == expected ? payload_left_ : size, allowed).first(size);
}

// The next part of a frame's payload, at its place in the message or on its way there.
void Endpoint::take_payload(uint8_t* at, const uint8_t* masked, size_t size, Reading& reading) {
  apply_mask(at, masked, size, masking_key_);
  masking_key_ = advance_masking_key(masking_key_, size);
  payload_left_ -= size;
  if (is_text_ && !compressed_) {
    is_ascii_ = is_ascii_ && is_ascii({at, size});
    if (!is_ascii_ && !utf8_.push({at, size})) return fail(ProtocolError::kInvalidUtf8, reading);
  }
  if (payload_left_ > 0) return;
  in_frame_ = false;
  if (final_frame_) end_message(reading);
}

void Endpoint::end_message(Reading& reading) {
  in_message_ = false;
  if (compressed_) return reading.deflate->begin(std::move(message_));
  if (is_text_ && !utf8_.complete()) return fail(ProtocolError::kInvalidUtf8, reading);
  ByteBuffer whole = std::move(message_);
  reading.events.on_message({is_text_, is_ascii_, whole.bytes(), &whole});
}

void Endpoint::read_control_frame(Opcode opcode, MutableBytes payload, Reading& reading) {
  if (opcode == Opcode::kPing) return reading.events.on_ping(payload);
  if (opcode == Opcode::kPong) return reading.events.on_pong(payload);
  ClosePayload close = parse_close_payload(payload);
  if (close.error != ProtocolError::kNone) return fail(close.error, reading);
  close_received_ = true;
  reading_ = false;
  message_ = ByteBuffer();  // fragments of one that will not be finished
  reading.events.on_close_frame(close.code, close.reason);
}

void Endpoint::keep(Bytes bytes) {
  partial_ = std::make_unique<PartialFrame>();
  partial_->size = static_cast<uint8_t>(bytes.size());
  std::memcpy(partial_->bytes, bytes.data(), bytes.size());
}

void Endpoint::fail(ProtocolError error, Reading& reading) {
  fail(error, reading.events);
}

void Endpoint::fail(ProtocolError error, EndpointEvents& events) {
  reading_ = false;
  partial_.reset();
  message_ = ByteBuffer();
  events.on_protocol_error(error);
}

}  // namespace ntyws
