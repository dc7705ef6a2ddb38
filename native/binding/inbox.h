// What happened, on its way to TypeScript: one record an event, in memory that both sides share. Sockets are
// read into it, so that a message that comes whole, be it one of many, is handed over where it lies.
#pragma once

#include <node_api.h>

#include <deque>
#include <initializer_list>
#include <vector>

#include "base/byte_buffer.h"
#include "binding/payload_block.h"
#include "binding/received_texts.h"
#include "binding/record_layout.h"
#include "binding/shared_memory.h"
#include "session/server.h"
#include "session/session_events.h"

namespace ntyws {

// Empties the inbox by running JavaScript, if that is possible now.
class InboxReader {
 public:
  virtual bool may_deliver() const = 0;
  virtual void deliver() = 0;

 protected:
  ~InboxReader() = default;
};

struct InboxMemory {
  napi_ref object;  // that has all of it; its `inboxPayloads` is the block of payloads
  SharedArray<int32_t> records;
  SharedArray<double> outbound_bytes;  // by slot: what each connection holds of unsent bytes
  napi_ref attachments;                // a JavaScript array
};

class Inbox final : public SessionEvents {
 public:
  // renew_block() is next.
  Inbox(napi_env env, InboxMemory memory, InboxReader& reader)
      : env_(env),
        memory_(memory),
        reader_(reader),
        record_count_max_(static_cast<uint32_t>(memory.records.size() / layout::kInboxRecordWords)) {}

  // Takes a new block for what comes. False when the environment is ending.
  bool renew_block();

  bool empty() const { return record_count_ == 0 && overflow_.empty() && closed_servers_.empty(); }

  // Whether there are messages in memory of their own.
  bool has_attachments() const { return attachment_count_ > 0; }
  const ReceivedTexts& received_texts() const { return received_texts_; }
  // A payload that lies in the block.
  Bytes payload(size_t offset, size_t size) const { return {block_->data() + offset, size}; }

  // From begin to end JavaScript reads the shared memory: what happens meanwhile goes to the overflow.
  struct Delivery {
    uint32_t record_count;
    bool may_keep;  // JavaScript may keep the block as it is so far, for Buffers that lie in it
  };
  Delivery begin_delivery();
  void end_delivery(bool kept);

  // The servers closed since the last call.
  std::vector<uint32_t> take_closed_servers() { return std::exchange(closed_servers_, {}); }
  void report_server_closed(uint32_t id);

  void end_receiving() override {
    received_end_ = 0;
    receiving_block_.reset();
  }
  MutableBytes receive_room() override;
  void on_received(size_t size) override;
  void on_upgrade(Connection& connection, const RequestReport& report) override;
  void on_request(Connection& connection, const RequestReport& report) override;
  void on_undecided(SlotHandle handle, Undecided why) override;
  void on_tls_error(Connection& connection, const TlsErrorReport& report) override;
  void on_open(Connection& connection, const OpenReport& report) override;
  void on_dial_failed(uint32_t dial, const DialFailure& failure) override;
  void on_message(Connection& connection, const Message& message) override;
  void on_ping(Connection& connection, Bytes payload) override;
  void on_pong(Connection& connection, Bytes payload) override;
  void on_drain(Connection& connection) override;
  void on_close(Connection& connection, const CloseReport& report) override;
  void on_outbound_bytes(Connection& connection, size_t bytes) override;
  void on_accept_error(Server& server, int error) override;
  void on_server_closed(Server& server) override;
  void deliver_reported() override;

 private:
  struct Record {
    int32_t kind;
    int32_t flags;
    int32_t code;
    uint32_t subject;
  };

  // A record that found no room. Its payload is `payload`, whether attached or not.
  struct Overflowed {
    Record record;
    ByteBuffer payload;
  };

  // Where a record is to be written.
  enum class Place : uint8_t { kInbox, kOverflow, kNowhere };

  // `about`: the connection that the record is about, which has to be alive still when there is room for it.
  // Null for what is reported in any case.
  void append(const Record& record, const Connection* about, std::initializer_list<Bytes> pieces);
  void append_to_overflow(const Record& record, std::initializer_list<Bytes> pieces);
  void append_large(Record record, const Message& message, Place place);
  void append_request(int32_t kind, Connection& connection, const RequestReport& report);
  void append_peer(const Record& record, Connection& connection, uint32_t owner, const Address& peer,
                   uint16_t local_port, Bytes text, const std::optional<TlsReport>& tls);
  Place make_room(const Connection* about, size_t payload_size);
  bool deliver_for_room(size_t payload_size);
  void take_overflow();
  bool leave_block();
  bool lies_in_inbox(Bytes bytes) const;
  bool has_room(size_t payload_size) const;
  void write_record(const Record& record, size_t size, size_t offset);
  void write(const Record& record, std::initializer_list<Bytes> pieces, size_t size);
  void attach(const Record& record, ByteBuffer payload);

  napi_env env_;
  InboxMemory memory_;
  InboxReader& reader_;
  const uint32_t record_count_max_;
  std::shared_ptr<PayloadBlock> block_;
  std::shared_ptr<PayloadBlock>
      receiving_block_;  // left in the middle of a receive, of which bytes lie there
  uint32_t record_count_ = 0;
  size_t payload_end_ = 0;
  size_t received_end_ = 0;  // up to here lie bytes of which not all have been reported yet; 0 for none
  size_t kept_end_ = 0;      // up to here the block is JavaScript's
  size_t large_bytes_ = 0;   // of the payloads to deliver that are worth to be kept in the block
  uint32_t attachment_count_ = 0;
  ReceivedTexts received_texts_;
  bool delivering_ = false;
  std::deque<Overflowed> overflow_;
  std::vector<uint32_t> closed_servers_;
};

}  // namespace ntyws
