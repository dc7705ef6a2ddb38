// The life of a connection: what comes in, when it is alive, and how it ends. Its opening handshake and what
// it sends are in files of their own.
#include "session/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/clock.h"
#include "session/server.h"

namespace ntyws {
namespace {

// What takes so long to receive, or to decrypt, that the turn looks at the clock.
constexpr size_t kLongReceiveBytes = 64 * 1024;

}  // namespace

// Lives for one receive. The pongs for pings that come meanwhile leave together, when all has been read or
// the room is full, so that a flood of them costs few sends.
class Connection::FrameReceiver final : public EndpointEvents {
 public:
  // `answerable`: handlers may have to answer what came before, as it has not been delivered yet.
  explicit FrameReceiver(Connection& connection, bool answerable = false)
      : connection_(connection),
        events_(connection.events()),
        stats_(connection.group_.stats()),
        answerable_(answerable) {}

  void send_pongs() {
    if (pongs_size_ > 0 && connection_.may_send()) connection_.send_bytes({pongs_, pongs_size_});
    pongs_size_ = 0;
  }

  void on_message(const Message& message) override {
    if (!admit()) return;
    ++stats_.messages_received;
    answerable_ = true;
    events_.on_message(connection_, message);
  }

  void on_ping(Bytes payload) override {
    if (!admit()) return;
    answerable_ = true;
    events_.on_ping(connection_, payload);
    if (sizeof pongs_ - pongs_size_ < kControlFrameMax) send_pongs();  // which may end the connection
    pongs_size_ += connection_.write_control(pongs_ + pongs_size_, Opcode::kPong, payload);
  }

  void on_pong(Bytes payload) override {
    if (!admit()) return;
    answerable_ = true;
    events_.on_pong(connection_, payload);
  }

  void on_close_frame(uint16_t code, std::string_view reason) override {
    answer_what_came();
    connection_.finish({code, reason});
  }

  void on_protocol_error(ProtocolError error) override {
    answer_what_came();
    const ProtocolErrorInfo& why = info(error);
    connection_.finish({why.close_code, why.message, error});
  }

 private:
  // Whether the peer may send one more; if not, it has failed the connection.
  bool admit() {
    ReceiveRate* rate = connection_.receive_rate_.get();
    if (!rate || rate->take_message(connection_.group_.session().reactor.now_ms())) return true;
    connection_.endpoint_.fail(ProtocolError::kTooManyMessages, *this);
    return false;
  }

  // Nothing can be sent behind the close frame that is next.
  void answer_what_came() {
    send_pongs();
    if (answerable_) events_.deliver_reported();
  }

  Connection& connection_;
  SessionEvents& events_;
  ConnectionSums& stats_;
  bool answerable_;  // a handler may want to send something about what came
  size_t pongs_size_ = 0;
  uint8_t pongs_[limits::kPongBytes];
};

Connection::Connection(ConnectionGroup& group, std::unique_ptr<Opening> opening)
    : group_(group), opening_(std::move(opening)) {}

void Connection::on_ready(uint32_t events) {
  if ((events & EPOLLOUT) && outbound_) flush_outbound();
  if (!(events & ~static_cast<uint32_t>(EPOLLOUT))) return;
  MutableBytes room = this->events().receive_room();  // which may change our state
  if (room.empty()) return;
  switch (phase_) {
    case Phase::kHandshake:
      return role() == Role::kServer ? read_request(room) : read_response(room);
    case Phase::kDeciding:
      return end({close_code::kAbnormal, "the client left"});
    case Phase::kOpen:
      if (wants_bytes()) read_frames(room);
      return;
    case Phase::kLinger:
      return read_and_discard(room);
    case Phase::kGone:
      return;
  }
}

void Connection::on_timer() {
  switch (phase_) {
    case Phase::kHandshake:
      return refuse_for_time();
    case Phase::kOpen:
      return check_liveness();
    case Phase::kDeciding:
      return refuse_undecided();
    case Phase::kLinger:
      return release();
    case Phase::kGone:
      return;
  }
}

void Connection::read_frames(MutableBytes room) {
  MutableBytes payload_room = endpoint_.payload_room(group_.connection_options().message_limits);
  // What is decrypted has to fit, whatever its length.
  if (tls_ && payload_room.size() < limits::kReceiveBytes) payload_room = {};
  const MutableBytes into = payload_room.empty() ? room : payload_room;
  size_t wire_bytes_max = into.size();
  if (payload_room.empty()) {
    if (deflate_) [[unlikely]]
      wire_bytes_max = std::min(wire_bytes_max, limits::kCompressedReceiveBytes);
    if (group_.session().unread.is_full()) [[unlikely]]
      wire_bytes_max = std::min(wire_bytes_max, limits::kShortReceiveBytes);
  }
  IoResult got = receive_bytes(into, wire_bytes_max);
  switch (got.status) {
    case IoStatus::kDone:
      last_sign_ms_ = static_cast<uint32_t>(group_.session().reactor.now_ms());
      ping_sent_ = false;
      if (payload_room.empty()) events().on_received(got.size);
      receive_frames(into.first(got.size), !payload_room.empty());
      break;
    case IoStatus::kWouldBlock:
      break;
    case IoStatus::kEnd:
      // A reset that a send came upon first shows as the mere end here.
      if (send_error_ != 0) return end({close_code::kAbnormal, {}, ProtocolError::kNone, send_error_});
      return end({close_code::kAbnormal, "the peer ended the connection without a close frame"});
    case IoStatus::kError:
      return end({close_code::kAbnormal, {}, ProtocolError::kNone, got.error});
  }
  if (tls_) [[unlikely]]
    see_to_tls();
}

// `in_message`: the bytes are payload, and lie where the endpoint wants them.
void Connection::receive_frames(MutableBytes bytes, bool in_message) {
  Reactor& reactor = group_.session().reactor;
  if (bytes.size() >= kLongReceiveBytes) reactor.note_long_event();
  if (receive_rate_ && !receive_rate_->take_bytes(bytes.size(), reactor.now_ms())) {
    FrameReceiver receiver(*this);
    return endpoint_.fail(ProtocolError::kTooManyBytes, receiver);
  }
  size_t read = bytes.size();
  if (in_message) {
    FrameReceiver receiver(*this);
    ReadShare share;
    endpoint_.receive_payload(bytes.size(), role(), group_.connection_options().message_limits,
                              deflate_.get(), share, receiver);
  } else {
    read = read_share(bytes);
  }
  if (!is_left(bytes.size() - read)) [[likely]]
    return;
  reactor.note_long_event();
  has_unread_ = true;
  group_.session().unread.add(*this, bytes.subspan(read));
}

// Returns how many of the bytes it has read.
size_t Connection::read_share(MutableBytes bytes) {
  FrameReceiver receiver(*this, has_unread_);
  ReadShare share;
  const size_t read = endpoint_.receive(bytes, role(), group_.connection_options().message_limits,
                                        deflate_.get(), share, receiver);
  receiver.send_pongs();
  return read;
}

// Whether there is something to read on from: so many bytes, or what is being decompressed.
bool Connection::is_left(size_t size) const {
  return phase_ == Phase::kOpen && endpoint_.reading() && (size > 0 || is_decompressing());
}

size_t Connection::read_on(MutableBytes bytes) {
  last_sign_ms_ = static_cast<uint32_t>(group_.session().reactor.now_ms());
  // Of a connection that does not read, the message that is being decompressed comes to its end.
  const size_t read = read_share(wants_frames() ? bytes : MutableBytes());
  if (is_left(bytes.size() - read)) return read;
  has_unread_ = false;
  if (phase_ != Phase::kOpen) return read;
  update_interest();
  if (tls_) see_to_tls();
  return read;
}

void Connection::read_and_discard(MutableBytes room) {
  IoResult got = receive(slot_->fd.get(), room);
  if (got.status == IoStatus::kDone || got.status == IoStatus::kWouldBlock) return;
  if (got.status == IoStatus::kError || !outbound_) return release();
  peer_ended_ = true;
  update_interest();
}

void Connection::close(uint16_t code, std::string_view reason) {
  if (!may_send()) return;
  set_paused(false);  // the peer's close frame has to be read
  group_.session().reactor.set_timer(*slot_, group_.connection_options().close_timeout_ms);
  send_close_frame(code, reason);
}

void Connection::terminate(std::string_view reason) {
  end({close_code::kAbnormal, reason});
}

void Connection::set_paused(bool paused) {
  if (!may_send()) return;
  paused_ = paused;
  update_interest();
}

void Connection::go_away() {
  switch (phase_) {
    case Phase::kOpen:
      return close(close_code::kGoingAway, "the server is closing");
    case Phase::kLinger:
      if (!outbound_) release();
      return;
    case Phase::kHandshake:
    case Phase::kDeciding:
      return end({close_code::kAbnormal, {}});
    case Phase::kGone:
      return;
  }
}

// An open connection has one timer for all its deadlines. It is not moved with each sign of the peer, but
// looks, when it fires, how long ago the last one was.
void Connection::watch_liveness() {
  const ConnectionOptions& options = group_.connection_options();
  const uint32_t now_ms = static_cast<uint32_t>(monotonic_ms());
  uint32_t delay_ms = UINT32_MAX;
  if (options.idle_timeout_ms != 0) {
    uint32_t allowed_ms =
        ping_sent_ || !options.sends_pings ? options.idle_timeout_ms : options.idle_timeout_ms / 2;
    delay_ms = allowed_ms - std::min(allowed_ms, now_ms - last_sign_ms_);
  }
  if (options.lifetime_max_ms != 0) {
    delay_ms =
        std::min(delay_ms, options.lifetime_max_ms - std::min(options.lifetime_max_ms, now_ms - opened_ms_));
  }
  if (delay_ms != UINT32_MAX) group_.session().reactor.set_timer(*slot_, delay_ms);
}

void Connection::check_liveness() {
  if (endpoint_.close_sent()) {
    return end({close_code::kAbnormal, "the peer did not finish the closing handshake in time"});
  }
  const ConnectionOptions& options = group_.connection_options();
  const uint32_t now_ms = static_cast<uint32_t>(monotonic_ms());
  if (options.lifetime_max_ms != 0 && now_ms - opened_ms_ >= options.lifetime_max_ms) {
    return close(close_code::kGoingAway, "the connection has reached its greatest age");
  }
  // What is not read because the user paused it cannot show that it is there.
  if (paused_) last_sign_ms_ = now_ms;
  const uint32_t silent_ms = now_ms - last_sign_ms_;
  if (options.idle_timeout_ms != 0 && silent_ms >= options.idle_timeout_ms) {
    return end({close_code::kAbnormal, "nothing was heard of the peer for too long"});
  }
  if (options.sends_pings && !ping_sent_ && options.idle_timeout_ms != 0 &&
      silent_ms >= options.idle_timeout_ms / 2) {
    ping_sent_ = true;
    send_control_frame(Opcode::kPing, {});
    if (phase_ != Phase::kOpen) return;
  }
  watch_liveness();
}

void Connection::report_close(const CloseReport& report) {
  if (phase_ != Phase::kOpen) return;
  --group_.stats().open;
  phase_ = Phase::kLinger;
  events().on_close(*this, report);
}

// The closing handshake ends, by the peer's close frame or its fault. Reported first: when our own close
// frame cannot be sent, that is not why the connection ended. The answer to a close frame is what it said:
// the reason too, which is what a browser's `close` event has then.
void Connection::finish(const CloseReport& report) {
  bool answers = may_send();
  report_close(report);
  if (answers && phase_ == Phase::kLinger) send_close_frame(report.code, report.reason);
  linger();
}

// RFC 6455 §7.1.1: the server ends TCP first, and a client waits for that. Either reads on for a while:
// closing the descriptor over unread bytes would send a reset, which can destroy our last bytes on their way.
void Connection::linger() {
  if (phase_ == Phase::kGone) return;
  phase_ = Phase::kLinger;
  endpoint_.stop_reading();
  drain_due_ = false;
  if (deflate_) deflate_->give_up();
  if (tls_) close_tls();
  if (phase_ == Phase::kGone) return;
  bool all_sent = !outbound_;
  if (all_sent && group_.closing()) return release();
  if (all_sent && role() == Role::kServer) ::shutdown(slot_->fd.get(), SHUT_WR);
  group_.session().reactor.set_timer(
      *slot_, all_sent ? limits::kLingerMs : group_.connection_options().close_timeout_ms);
  update_interest();
}

// The connection is over at once: it died, or is dropped.
void Connection::end(const CloseReport& report) {
  if (phase_ == Phase::kGone) return;
  const bool was_undecided = phase_ == Phase::kDeciding;
  const SlotHandle handle = this->handle();
  const Undecided why = group_.closing() ? Undecided::kServerClosing : Undecided::kClientLeft;
  note_unopened(report);
  endpoint_.stop_reading();
  report_close(report);
  release();
  // Last, as whoever is told may do anything.
  if (was_undecided) events().on_undecided(handle, why);
}

void Connection::release() {
  if (phase_ == Phase::kGone) return;
  phase_ = Phase::kGone;
  if (has_unread_) group_.session().unread.forget(*this);
  outbound_.reset();
  address_share_.reset();
  group_.session().reactor.release(*slot_);
  group_.remove(*this);
}

SessionEvents& Connection::events() const {
  return group_.session().events;
}

void Connection::set_phase(Phase phase) {
  phase_ = phase;
  update_interest();
}

void Connection::update_interest() {
  uint32_t events = outbound_ ? static_cast<uint32_t>(EPOLLOUT) : 0;
  switch (phase_) {
    case Phase::kHandshake:
      events |= EPOLLIN;
      break;
    case Phase::kDeciding:
      events |= EPOLLRDHUP;
      break;
    case Phase::kOpen:
      if (has_unread_ && wants_frames()) group_.session().unread.wake(*this);
      if (wants_bytes()) events |= EPOLLIN;
      if (receive_rate_) receive_rate_->note_reading(wants_bytes(), monotonic_ms());
      break;
    case Phase::kLinger:
      if (!peer_ended_) events |= EPOLLIN;
      break;
    case Phase::kGone:
      return;
  }
  group_.session().reactor.set_interest(*slot_, events);
}

}  // namespace ntyws
