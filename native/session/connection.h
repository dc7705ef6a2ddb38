// One connection, accepted or dialled, from its first byte to its last: opening handshake, frames, closing
// handshake. Where protocol and sockets meet.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>

#include "net/address.h"
#include "net/outbound_queue.h"
#include "net/socket_io.h"
#include "net/tls_session.h"
#include "protocol/endpoint.h"
#include "reactor/reactor.h"
#include "session/address_counts.h"
#include "session/connection_group.h"
#include "session/frame_batch.h"

namespace ntyws {

class Dial;

class Connection final : public EventHandler {
 public:
  // The connection's slot owns it. Does nothing when epoll refuses the descriptor.
  static void start(Server& server, UniqueFd fd, const Address& peer, uint16_t local_port);

  // A connection that was dialled: it takes the slot over. advance_dial() is next.
  static Connection& adopt_dialled(Dial& dial, Slot& slot);

  // The connection that a handle names; null when it is gone, or the handle is no connection's.
  static Connection* find(Reactor& reactor, SlotHandle handle) {
    Slot* const slot = reactor.find(handle);
    if (!slot || slot->kind != SlotKind::kConnection) return nullptr;
    return static_cast<Connection*>(slot->handler.get());
  }

  SlotHandle handle() const { return Reactor::handle_of(*slot_); }
  Role role() const { return group_.role(); }
  // Where the frames that it sends get their masking keys; null for a server's, which are bare.
  RandomPool* masking_keys() const { return role() == Role::kClient ? &group_.session().random : nullptr; }
  // How its messages are compressed; null where that was not agreed on.
  MessageDeflate* deflate() const { return deflate_.get(); }
  // Nothing more may be reported of it: it has been closed, or has ended without having been open.
  bool is_over() const { return phase_ == Phase::kLinger || phase_ == Phase::kGone; }
  // Open, and no close frame of ours has gone.
  bool may_send() const { return phase_ == Phase::kOpen && !endpoint_.close_sent() && send_error_ == 0; }

  // Answers on_upgrade. `extra_headers` are whole lines. Does nothing when no answer is awaited.
  void accept(std::string_view protocol, std::string_view extra_headers);
  // Answers on_upgrade or on_request with a whole response, and ends the connection.
  void respond(std::string_view response);

  // Of a dialled connection: does what the dial wants next.
  void advance_dial();
  // Of a dialled connection whose opening handshake has failed, as the dial's response says.
  void end_opening();

  // Sends the batch and clears it. `buffered_bytes` is what the sender counts as outbound by now, the batch
  // included: when it is above the high-water mark on_drain follows, even if the kernel takes all at once.
  void write(FrameBatch& batch, double buffered_bytes, Retainer& retainer);

  // Starts the closing handshake. kNoStatus sends a frame without a code.
  void close(uint16_t code, std::string_view reason);
  // Drops the connection; `reason` is reported with 1006.
  void terminate(std::string_view reason = "terminated");
  // Stops or resumes reading.
  void set_paused(bool paused);
  // The server closes: 1001 for an open connection, the end for any other.
  void go_away();

  // Of a connection that has sent more than its share: whether something of that is left, whether it may be
  // read now, and reads a share of it. Returns how many bytes were read.
  bool has_unread() const { return has_unread_; }
  bool may_read_on() const { return wants_frames() || is_decompressing(); }
  size_t read_on(MutableBytes bytes);
  // Has epoll report what is waited for now.
  void update_interest();

  void on_ready(uint32_t events) override;
  void on_timer() override;

 private:
  enum class Phase : uint8_t {
    kHandshake,  // the opening request is coming, or the response to ours; or its answer goes out
    kDeciding,   // it has come; accept() or respond() is awaited
    kOpen,       // frames, the closing handshake included
    kLinger,     // all is said: what is queued still goes out, what comes is discarded
    kGone,       // the slot is released
  };

  // What only the opening handshake needs, by role.
  struct Opening {
    virtual ~Opening() = default;
  };
  struct ServerOpening;
  struct ClientOpening;

  Connection(ConnectionGroup& group, std::unique_ptr<Opening> opening);

  class FrameReceiver;  // takes what the endpoint reports during one receive

  ServerOpening& server_opening();
  Dial& dial();
  void read_request(MutableBytes room);
  void answer_request();
  RequestReport ask_upwards();
  bool is_misdirected();
  bool admit();
  void accept_upgrade(std::string_view protocol, std::string_view extra_headers);
  void send_response(std::string_view response);
  void refuse();
  void refuse_misdirected();
  void refuse_for_time();
  void refuse_undecided();
  void read_response(MutableBytes room);
  void judge_response();
  void fail_dial(const CloseReport& report);
  void open(const OpenReport& report, const std::optional<DeflateAgreement>& deflate, MutableBytes rest);
  void note_unopened(const CloseReport& report);
  void read_frames(MutableBytes room);
  void receive_frames(MutableBytes bytes, bool in_message);
  size_t read_share(MutableBytes bytes);
  bool is_left(size_t size) const;
  void read_and_discard(MutableBytes room);
  void send_bytes(Bytes bytes);
  void send_wire(Bytes bytes);
  size_t write_control(uint8_t* out, Opcode opcode, Bytes payload);
  void send_control_frame(Opcode opcode, Bytes payload);
  void send_close_frame(uint16_t code, std::string_view reason);
  void note_written(double buffered_bytes);
  bool queue_rest(FrameBatch& batch, size_t sent, Retainer& retainer);
  void note_outbound();
  void flush_outbound();
  void fail_sending(int error);
  void report_close(const CloseReport& report);
  void finish(const CloseReport& report);
  void watch_liveness();
  void check_liveness();
  void linger();
  void end(const CloseReport& report);
  void release();
  void set_phase(Phase phase);

  // Only with tls_.
  IoResult receive_decrypted(MutableBytes room, size_t wire_bytes_max);
  void see_to_tls();
  void report_tls_error(int system_error);
  void write_encrypted(FrameBatch& batch, double buffered_bytes);
  void send_encrypted(std::span<iovec> pieces);
  void end_for_tls();
  void send_tls_output();
  void close_tls();

  SessionEvents& events() const;
  bool wants_frames() const { return !paused_ && !drain_due_; }
  // What has come goes before what comes.
  bool wants_bytes() const { return wants_frames() && !has_unread_; }
  bool is_decompressing() const { return deflate_ && deflate_->is_decompressing(); }
  // Receives at most so many bytes from the socket. What they decrypt to, in TLS, may be a record more.
  IoResult receive_bytes(MutableBytes room, size_t wire_bytes_max) {
    if (tls_) [[unlikely]]
      return receive_decrypted(room, wire_bytes_max);
    IoResult got = receive(slot_->fd.get(), room.first(std::min(room.size(), wire_bytes_max)));
    group_.stats().bytes_received += got.size;
    return got;
  }

  ConnectionGroup& group_;
  Slot* slot_ = nullptr;
  std::unique_ptr<TlsSession> tls_;                      // null for a plain connection
  std::unique_ptr<Opening> opening_;                     // null once open
  std::unique_ptr<OutboundQueue> outbound_;              // null while empty
  std::unique_ptr<AddressCounts::Share> address_share_;  // null without a limit
  std::unique_ptr<ReceiveRate> receive_rate_;            // the same
  std::unique_ptr<MessageDeflate> deflate_;              // null without compression
  Endpoint endpoint_;
  // In milliseconds of the reactor's clock, which may wrap: only differences count.
  uint32_t opened_ms_ = 0;
  uint32_t last_sign_ms_ = 0;  // when the peer last showed that it is there

 public:
  uint32_t index_in_group = 0;  // the group's own; here it fills a gap

 private:
  Phase phase_ = Phase::kHandshake;
  bool paused_ : 1 = false;     // by the user
  bool drain_due_ : 1 = false;  // above the high-water mark: nothing is read until the queue is empty
  bool peer_ended_ : 1 = false;
  bool ping_sent_ : 1 = false;   // for want of a sign, since the last one
  bool has_unread_ : 1 = false;  // in Session::unread
  int16_t send_error_ = 0;       // the peer takes nothing any more (errno); what it sent before is still read
};
// What malloc hands out for two cache lines has room for one pointer more.
static_assert(sizeof(Connection) == 136);

}  // namespace ntyws
