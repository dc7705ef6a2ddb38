// Fuzzes an endpoint in either role. Input: an option byte (the limits on messages, and compression), the
// seed of the split, after how many events the handler stops reading (0: never), then the peer's frames.
#pragma once

#include <iterator>

#include "allocated_bytes.h"
#include "base/check.h"
#include "endpoint_model.h"
#include "input.h"
#include "protocol/endpoint.h"
#include "read_all.h"

namespace ntyws::fuzz {

constexpr uint64_t kBytesMaxima[] = {16, 0, 1, 125, 126, 300, 1 << 16, 1ULL << 40};
constexpr uint32_t kFragmentsMaxima[] = {0, 1, 2, 5};
constexpr testing::Compression kCompressions[] = {
    testing::Compression::kNone, testing::Compression::kTakeover, testing::Compression::kNoTakeover};

// An endpoint's part in compression.
class Deflate {
 public:
  Deflate(testing::Compression compression, Role role)
      : is_agreed_(compression != testing::Compression::kNone),
        message_deflate_(agreement(compression == testing::Compression::kNoTakeover), role, options_,
                         shared_) {}
  // Null without compression.
  MessageDeflate* get() { return is_agreed_ ? &message_deflate_ : nullptr; }

 private:
  static DeflateAgreement agreement(bool no_takeover) {
    return {.server_no_context_takeover = no_takeover, .client_no_context_takeover = no_takeover};
  }

  const bool is_agreed_;
  const DeflateOptions options_;
  SharedDeflateStreams shared_;
  MessageDeflate message_deflate_;
};

struct Setting {
  Role role;
  MessageLimits limits;
  testing::Compression compression;
};

// Writes down what an endpoint reports, and that it reports nothing when it must not.
class StrictRecorder final : public EndpointEvents {
 public:
  StrictRecorder(Endpoint& endpoint, uint64_t message_bytes_max, size_t stop_after)
      : endpoint_(endpoint), message_bytes_max_(message_bytes_max), stop_after_(stop_after) {}

  void on_message(const Message& message) override {
    const Bytes payload = message.payload;
    const std::string_view text = as_text(payload);
    NTYWS_CHECK(payload.size() <= message_bytes_max_);
    if (message.is_text) NTYWS_CHECK(testing::begins_text(text, true));
    if (!message.is_text) NTYWS_CHECK(!message.is_ascii);
    if (message.owned) {
      NTYWS_CHECK(message.owned->data() == payload.data() && message.owned->size() == payload.size());
    }
    note(testing::message_line(message.is_text, message.is_ascii, text));
  }
  void on_ping(Bytes payload) override { note_control("ping ", payload); }
  void on_pong(Bytes payload) override { note_control("pong ", payload); }
  void on_close_frame(uint16_t code, std::string_view reason) override {
    NTYWS_CHECK(endpoint_.close_received());
    end(testing::close_line(code, reason));
  }
  void on_protocol_error(ProtocolError error) override {
    NTYWS_CHECK(!endpoint_.close_received());
    NTYWS_CHECK(info(error).close_code >= 1002);
    end(testing::error_line(error));
  }

  testing::Log log;

 private:
  void note_control(const char* what, Bytes payload) {
    NTYWS_CHECK(payload.size() <= limits::kControlPayloadMax);
    note(what + std::string(as_text(payload)));
  }
  void note(std::string line) {
    NTYWS_CHECK(endpoint_.reading() && !endpoint_.close_received());
    log.push_back(std::move(line));
    if (log.size() == stop_after_) endpoint_.stop_reading();
  }
  void end(std::string line) {
    NTYWS_CHECK(!ended_ && !endpoint_.reading());
    NTYWS_CHECK(stop_after_ == 0 || log.size() < stop_after_);
    ended_ = true;
    log.push_back(std::move(line));
  }

  Endpoint& endpoint_;
  const uint64_t message_bytes_max_;
  const size_t stop_after_;
  bool ended_ = false;
};

// Keeps nothing, so that all memory is the endpoint's.
class Ignorer final : public EndpointEvents {
 public:
  void on_message(const Message&) override {}
  void on_ping(Bytes) override {}
  void on_pong(Bytes) override {}
  void on_close_frame(uint16_t, std::string_view) override {}
  void on_protocol_error(ProtocolError) override {}
};

inline void check_log(Bytes stream, const Setting& setting, uint8_t seed, size_t stop_after,
                      const testing::Log& expected) {
  Deflate deflate(setting.compression, setting.role);
  Endpoint endpoint;
  StrictRecorder recorder(endpoint, setting.limits.bytes_max, stop_after);
  size_t at = 0;
  for (const size_t size : pieces(stream.size(), seed)) {
    testing::read_all(endpoint, Copy(stream.subspan(at, size)).bytes(), setting.role, setting.limits,
                      deflate.get(), recorder);
    at += size;
  }
  NTYWS_CHECK(recorder.log == expected);
  const std::string_view last = expected.empty() ? std::string_view() : std::string_view(expected.back());
  const bool closed = last.starts_with("close ");
  const bool stopped = stop_after != 0 && expected.size() == stop_after;
  NTYWS_CHECK(endpoint.close_received() == closed);
  NTYWS_CHECK(endpoint.reading() == !(closed || stopped || last.starts_with("error ")));
}

// An endpoint holds at most five times what has come, which the allocator rounds up, what a started frame
// takes, and a stream that decompresses.
inline void check_memory(Bytes stream, const Setting& setting, uint8_t seed) {
  constexpr size_t kPartialFrameBytes = 256;
  constexpr size_t kInflaterBytes = 96 * 1024;  // the shared one, and one of a message's own
  const size_t kept_max = setting.compression == testing::Compression::kNone ? 0 : kInflaterBytes;
  Ignorer ignorer;
  const std::vector<size_t> sizes = pieces(stream.size(), seed);
  Copy all(stream);
  MutableBytes rest = all.bytes();
  Deflate deflate(setting.compression, setting.role);
  const size_t before = testing::allocated_bytes();
  Endpoint endpoint;
  for (const size_t size : sizes) {
    testing::read_all(endpoint, rest.first(size), setting.role, setting.limits, deflate.get(), ignorer);
    rest = rest.subspan(size);
    const size_t arrived = stream.size() - rest.size();
    NTYWS_CHECK(testing::allocated_bytes() <= before + 6 * arrived + kPartialFrameBytes + kept_max);
    if (!endpoint.reading()) NTYWS_CHECK(testing::allocated_bytes() <= before + kept_max);
  }
}

inline void run_endpoint(Role role, Bytes input) {
  const uint8_t option = take_byte(input);
  const MessageLimits limits{
      kBytesMaxima[option % std::size(kBytesMaxima)],
      kFragmentsMaxima[option / std::size(kBytesMaxima) % std::size(kFragmentsMaxima)]};
  const size_t limits_count = std::size(kBytesMaxima) * std::size(kFragmentsMaxima);
  const Setting setting{role, limits, kCompressions[option / limits_count % std::size(kCompressions)]};
  const uint8_t seed = take_byte(input);
  const size_t stop_after = take_byte(input) % 8;

  testing::Log expected = testing::expected_log(as_text(input), role, limits.bytes_max, limits.fragments_max,
                                                setting.compression);
  if (stop_after != 0 && expected.size() > stop_after) expected.resize(stop_after);
  // An error or close as the last event stops by itself.
  const bool stops = stop_after != 0 && expected.size() == stop_after &&
                     !expected.back().starts_with("error ") && !expected.back().starts_with("close ");
  for (const uint8_t split : {uint8_t{0}, uint8_t{1}, static_cast<uint8_t>(seed | 2)}) {
    check_log(input, setting, split, stops ? stop_after : 0, expected);
  }
  check_memory(input, setting, seed);
}

}  // namespace ntyws::fuzz
