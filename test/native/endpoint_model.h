// What an endpoint has to report, by a model that reads the whole stream at once, with strings, and shares
// nothing with the endpoint.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "frames.h"
#include "plain_deflate.h"
#include "protocol/deflate_streams.h"
#include "protocol/frame_header.h"
#include "utf8_model.h"

namespace ntyws::testing {

using Log = std::vector<std::string>;

inline std::string message_line(bool is_text, bool is_ascii, std::string_view payload) {
  return std::string(is_text ? is_ascii ? "ascii " : "text " : "binary ") + std::string(payload);
}
inline std::string error_line(ProtocolError error) {
  return "error " + std::to_string(static_cast<int>(error));
}
inline std::string close_line(uint16_t code, std::string_view reason) {
  return "close " + std::to_string(code) + " " + std::string(reason);
}

// What was agreed on: nothing, or compression by the peer, which takes its window over or does not.
enum class Compression : uint8_t { kNone, kTakeover, kNoTakeover };

// What an endpoint reports on this stream, up to the first error or close.
inline Log expected_log(std::string_view stream, Role role, uint64_t bytes_max,
                        uint32_t fragments_max = limits::kFragmentsMax,
                        Compression compression = Compression::kNone) {
  Log log;
  std::unique_ptr<PlainInflate> inflate;
  std::string message;
  bool in_message = false;
  bool compressed = false;
  bool is_text = false;
  uint32_t fragment_count = 0;
  const auto ended = [&](ProtocolError error) {
    log.push_back(error_line(error));
    return log;
  };
  while (stream.size() >= 2) {
    const auto byte = [&](size_t at) { return static_cast<uint8_t>(stream[at]); };
    const bool fin = byte(0) & 0x80;
    const int reserved = byte(0) >> 4 & 7;
    const int opcode = byte(0) & 15;
    const bool is_masked = byte(1) & 0x80;
    uint64_t size = byte(1) & 0x7F;
    if (reserved == 4 && compression == Compression::kNone) return ended(ProtocolError::kReservedBit1);
    if (reserved != 0 && reserved != 4) return ended(ProtocolError::kReservedBits);
    if ((opcode > 2 && opcode < 8) || opcode > 10) return ended(ProtocolError::kReservedOpcode);
    if (reserved == 4 && opcode != 1 && opcode != 2) return ended(ProtocolError::kMisplacedReservedBit1);
    if (role == Role::kServer && !is_masked) return ended(ProtocolError::kUnmaskedFrame);
    if (role == Role::kClient && is_masked) return ended(ProtocolError::kMaskedFrame);
    if (opcode >= 8 && !fin) return ended(ProtocolError::kFragmentedControl);
    if (opcode >= 8 && size > 125) return ended(ProtocolError::kLongControl);
    const size_t length_size = size == 127 ? 8 : size == 126 ? 2 : 0;
    if (stream.size() < 2 + length_size) return log;
    if (length_size != 0) {
      size = 0;
      for (size_t i = 0; i < length_size; ++i) size = size << 8 | byte(2 + i);
      if (size >> 63) return ended(ProtocolError::kLengthTopBit);
      if (size <= (length_size == 2 ? 125 : 65535)) return ended(ProtocolError::kLengthNotMinimal);
    }
    const size_t header_size = 2 + length_size + (is_masked ? 4 : 0);
    if (stream.size() < header_size) return log;
    const std::string_view key = stream.substr(header_size - (is_masked ? 4 : 0), is_masked ? 4 : 0);
    const std::string payload = masked(stream.substr(header_size, size), key);
    const bool is_whole = payload.size() == size;

    if (opcode >= 8) {
      if (!is_whole) return log;
      if (opcode == 9) log.push_back("ping " + payload);
      if (opcode == 10) log.push_back("pong " + payload);
      if (opcode == 8) {
        if (payload.size() == 1) return ended(ProtocolError::kInvalidClosePayload);
        uint16_t code = 1005;
        std::string reason;
        if (!payload.empty()) {
          code =
              static_cast<uint16_t>(static_cast<uint8_t>(payload[0]) << 8 | static_cast<uint8_t>(payload[1]));
          reason = payload.substr(2);
          const bool known = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
          if (!known && (code < 3000 || code > 4999)) return ended(ProtocolError::kInvalidCloseCode);
          if (!begins_text(reason, true)) return ended(ProtocolError::kInvalidUtf8);
        }
        log.push_back(close_line(code, reason));
        return log;
      }
    } else {
      if (opcode == 0 && !in_message) return ended(ProtocolError::kUnexpectedContinuation);
      if (opcode != 0 && in_message) return ended(ProtocolError::kExpectedContinuation);
      if (opcode != 0) {
        is_text = opcode == 1;
        compressed = reserved == 4;
      }
      fragment_count = opcode == 0 ? fragment_count + 1 : 1;
      if (fragments_max != 0 && fragment_count > fragments_max) {
        return ended(ProtocolError::kTooManyFragments);
      }
      const uint64_t payload_max = compressed ? deflated_bytes_max(bytes_max) : bytes_max;
      if (message.size() + size > payload_max) return ended(ProtocolError::kMessageTooBig);
      in_message = true;
      message += payload;
      if (compressed && is_whole && fin) {
        if (compression == Compression::kNoTakeover || !inflate) inflate = std::make_unique<PlainInflate>();
        const std::optional<std::string> whole = inflate->decompress(message, bytes_max);
        if (!whole) return ended(ProtocolError::kInvalidCompression);
        if (whole->size() > bytes_max) return ended(ProtocolError::kMessageTooBig);
        message = *whole;
        compressed = false;
      }
      if (is_text && !compressed && !begins_text(message, is_whole && fin)) {
        return ended(ProtocolError::kInvalidUtf8);
      }
      if (!is_whole) return log;
      if (fin) {
        bool is_ascii = is_text;
        for (const char c : message) is_ascii = is_ascii && !(c & 0x80);
        log.push_back(message_line(is_text, is_ascii, message));
        message.clear();
        in_message = false;
      }
    }
    stream.remove_prefix(header_size + size);
  }
  return log;
}

}  // namespace ntyws::testing
