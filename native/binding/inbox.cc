#include "binding/inbox.h"

#include <functional>
#include <string>

#include "base/spare_memory.h"
#include "session/connection.h"
#include "session/dial.h"

namespace ntyws {
namespace {

// Payloads begin at multiples of it, so that those that begin with words can be read as such.
constexpr size_t kAlignment = 4;
size_t aligned(size_t size) {
  return (size + kAlignment - 1) & ~(kAlignment - 1);
}

constexpr size_t kBlockBytes = layout::kInboxPayloadBytes;
// The least that a receive is given room for. Behind it there is always room for what has to be copied.
constexpr size_t kReceiveRoomMin = 96 * 1024;
constexpr size_t kRoomMin = kReceiveRoomMin + layout::kInboxCopiedMax;
// So many bytes of messages above kInboxSharedMax, delivered at once, are not copied: JavaScript keeps their
// block.
constexpr size_t kKeptMin = 64 * 1024;
// For one record's room.
constexpr int kDeliveriesForRoom = 2;

static_assert(layout::kDialErrorConnect == static_cast<int32_t>(OpeningError::kConnect));
static_assert(layout::kDialErrorTls == static_cast<int32_t>(OpeningError::kTls));
static_assert(layout::kDialErrorTimeout == static_cast<int32_t>(OpeningError::kTimeout));
static_assert(layout::kDialErrorProxyRefused == static_cast<int32_t>(OpeningError::kProxyRefused));

Bytes as_bytes_of(std::span<const uint32_t> words) {
  return {reinterpret_cast<const uint8_t*>(words.data()), words.size_bytes()};
}

// A zero byte is in none of them: OpenSSL refuses host names with one.
std::string tls_texts(const TlsReport& report) {
  std::string texts;
  for (const std::string& text : {report.version, report.cipher, report.server_name, report.alpn_protocol,
                                  std::string(report.resumed ? "resumed" : ""), report.verify_error}) {
    texts += text;
    texts += '\0';
  }
  return texts;
}

// A Buffer over a message's own memory. Null when the environment is ending, and nobody will read it.
napi_value to_buffer(napi_env env, ByteBuffer payload) {
  auto keep = [](napi_env, void* data, void* capacity) {
    MallocedBytes memory(static_cast<uint8_t*>(data));
    SpareMemory::of_thread().keep({std::move(memory), reinterpret_cast<uintptr_t>(capacity)});
  };
  void* capacity = reinterpret_cast<void*>(static_cast<uintptr_t>(payload.capacity()));
  const size_t size = payload.size();
  MallocedBytes bytes = payload.release();
  napi_value value = nullptr;
  if (napi_create_external_buffer(env, size, bytes.get(), keep, capacity, &value) == napi_ok) {
    (void)bytes.release();  // until the finalizer keeps it
  }
  return value;
}

}  // namespace

bool Inbox::renew_block() {
  napi_value object = nullptr;
  napi_value buffer = nullptr;
  std::shared_ptr<PayloadBlock> block = PayloadBlock::create(env_, buffer);
  if (!block || napi_get_reference_value(env_, memory_.object, &object) != napi_ok ||
      napi_set_named_property(env_, object, "inboxPayloads", buffer) != napi_ok) {
    return false;
  }
  block_ = std::move(block);
  payload_end_ = received_end_ = kept_end_ = 0;
  return true;
}

Inbox::Delivery Inbox::begin_delivery() {
  delivering_ = true;
  const bool may_keep = large_bytes_ >= kKeptMin && PayloadBlock::live_bytes() < limits::kKeptBlocksBytesMax;
  return {record_count_, may_keep};
}

void Inbox::end_delivery(bool kept) {
  delivering_ = false;
  if (kept) kept_end_ = payload_end_;
  record_count_ = attachment_count_ = 0;
  large_bytes_ = 0;
  received_texts_.clear();
  payload_end_ = std::max(kept_end_, received_end_);
  take_overflow();
}

// As far as there is room.
void Inbox::take_overflow() {
  while (!overflow_.empty()) {
    const size_t size = overflow_.front().payload.size();
    if (!has_room(size) && (record_count_ > 0 || !leave_block())) break;
    Overflowed next = std::move(overflow_.front());
    overflow_.pop_front();
    if (next.record.flags & layout::kFlagAttached) {
      attach(next.record, std::move(next.payload));
    } else {
      write(next.record, {next.payload.bytes()}, next.payload.size());
    }
  }
}

MutableBytes Inbox::receive_room() {
  end_receiving();
  if (record_count_ == 0) {
    payload_end_ = kept_end_;
    // In what is left there would be one receive between two deliveries: never enough to be kept.
    if (!has_room(kRoomMin + kKeptMin)) (void)leave_block();
  }
  if (make_room(nullptr, kRoomMin) != Place::kInbox) return {};
  const size_t room = kBlockBytes - layout::kInboxCopiedMax - payload_end_;
  return {block_->data() + payload_end_, std::min(room, limits::kReceiveBytes)};
}

void Inbox::on_received(size_t size) {
  payload_end_ += aligned(size);
  received_end_ = payload_end_;
}

void Inbox::on_message(Connection& connection, const Message& message) {
  Record record{message.is_text ? layout::kInText : layout::kInBinary,
                message.is_ascii ? layout::kFlagAscii : 0, 0, connection.handle().index};
  const size_t size = message.payload.size();
  bool lies_here = lies_in_inbox(message.payload);
  const bool is_large = size > static_cast<size_t>(layout::kInboxCopiedMax);
  Place place = make_room(&connection, lies_here || is_large ? 0 : size);
  if (lies_here && !lies_in_inbox(message.payload)) {
    // Its block was left for the room: it has to be copied after all.
    lies_here = false;
    if (place == Place::kInbox && !is_large) place = make_room(&connection, size);
  }
  if (place == Place::kNowhere) return;
  if (lies_here && place == Place::kInbox) {
    if (size > static_cast<size_t>(layout::kInboxSharedMax) && !message.is_text) large_bytes_ += size;
    return write_record(record, size, static_cast<size_t>(message.payload.data() - block_->data()));
  }
  if (is_large) return append_large(record, message, place);
  if (place == Place::kOverflow) return append_to_overflow(record, {message.payload});
  write_record(record, size, payload_end_);
  copy_bytes(block_->data() + payload_end_, message.payload.data(), size);
  payload_end_ += aligned(size);
}

void Inbox::append_large(Record record, const Message& message, Place place) {
  ByteBuffer own;
  if (message.owned) {
    own = std::move(*message.owned);
  } else {
    own = SpareMemory::of_thread().take(message.payload.size());
    own.append(message.payload);
  }
  record.flags |= layout::kFlagAttached;
  if (place == Place::kInbox) return attach(record, std::move(own));
  overflow_.push_back({record, std::move(own)});
}

void Inbox::on_upgrade(Connection& connection, const RequestReport& report) {
  append_request(layout::kInUpgrade, connection, report);
}

void Inbox::on_request(Connection& connection, const RequestReport& report) {
  append_request(layout::kInRequest, connection, report);
}

void Inbox::append_request(int32_t kind, Connection& connection, const RequestReport& report) {
  append_peer({kind, 0, 0, connection.handle().index}, connection, report.server, report.peer,
              report.local_port, report.head, report.tls);
}

void Inbox::on_undecided(SlotHandle handle, Undecided why) {
  const uint32_t words[] = {handle.generation};
  append({layout::kInUndecided, 0, static_cast<int32_t>(why), handle.index}, nullptr, {as_bytes_of(words)});
}

void Inbox::on_tls_error(Connection& connection, const TlsErrorReport& report) {
  append_peer({layout::kInTlsError, 0, report.system_error, connection.handle().index}, connection,
              report.server, report.peer, report.local_port, as_bytes(report.reason), {});
}

void Inbox::on_open(Connection& connection, const OpenReport& report) {
  if (connection.role() == Role::kServer) {
    return append_peer({layout::kInOpen, 0, 0, connection.handle().index}, connection, report.owner,
                       report.peer, report.local_port, as_bytes(report.protocol), {});
  }
  std::string text(report.protocol);
  text += '\n';
  text += as_text(report.response_head);
  append_peer({layout::kInConnected, 0, 0, connection.handle().index}, connection, report.owner, report.peer,
              report.local_port, as_bytes(text), report.tls);
  if (!connection.is_over()) return;
  const std::vector<ConnectFailure> none;
  on_dial_failed(report.owner, {OpeningError::kBroken, 0, {}, none});
}

void Inbox::append_peer(const Record& record, Connection& connection, uint32_t owner, const Address& peer,
                        uint16_t local_port, Bytes text, const std::optional<TlsReport>& tls) {
  SlotHandle handle = connection.handle();
  std::optional<uint32_t> ipv4 = peer.ipv4();
  std::string ipv6 = ipv4 ? std::string() : peer.text();
  uint32_t words[layout::kPeerWords];
  words[layout::kPeerGeneration] = handle.generation;
  words[layout::kPeerOwner] = owner;
  words[layout::kPeerPorts] = peer.port() | static_cast<uint32_t>(local_port) << 16;
  words[layout::kPeerIpv4] = ipv4.value_or(0);
  words[layout::kPeerIpv6Size] = static_cast<uint32_t>(ipv6.size());
  const std::string texts = tls ? tls_texts(*tls) : std::string();
  const Bytes certificate = tls ? as_bytes(tls->certificate) : Bytes();
  words[layout::kPeerTlsSize] = static_cast<uint32_t>(texts.size());
  words[layout::kPeerCertificateSize] = static_cast<uint32_t>(certificate.size());
  append(record, &connection, {as_bytes_of(words), as_bytes(ipv6), as_bytes(texts), certificate, text});
}

void Inbox::on_dial_failed(uint32_t dial, const DialFailure& failure) {
  std::string addresses;
  const auto add = [&addresses](const Address& address, int error) {
    addresses += std::to_string(error) + ' ' + std::to_string(address.port()) + ' ' + address.text() + '\n';
  };
  for (const ConnectFailure& each : failure.tried) add(each.address, each.error);
  if (failure.peer) add(*failure.peer, 0);
  const OpeningResponse* response = failure.response;
  const Bytes head = response ? response->head() : Bytes();
  uint32_t words[layout::kDialWords];
  words[layout::kDialError] = static_cast<uint32_t>(failure.error);
  words[layout::kDialSystemError] = static_cast<uint32_t>(failure.system_error);
  words[layout::kDialStatus] = response ? static_cast<uint32_t>(response->http_status()) : 0;
  words[layout::kDialAddressesSize] = static_cast<uint32_t>(addresses.size());
  words[layout::kDialHeadSize] = static_cast<uint32_t>(head.size());
  const Bytes body = as_bytes(response ? response->body() : failure.tls_reason);
  append({layout::kInDialFailed, 0, 0, dial}, nullptr, {as_bytes_of(words), as_bytes(addresses), head, body});
}

void Inbox::on_ping(Connection& connection, Bytes payload) {
  append({layout::kInPing, 0, 0, connection.handle().index}, &connection, {payload});
}

void Inbox::on_pong(Connection& connection, Bytes payload) {
  append({layout::kInPong, 0, 0, connection.handle().index}, &connection, {payload});
}

void Inbox::on_drain(Connection& connection) {
  append({layout::kInDrain, 0, 0, connection.handle().index}, &connection, {});
}

void Inbox::on_close(Connection& connection, const CloseReport& report) {
  uint32_t words[layout::kCloseWords];
  words[layout::kCloseProtocolError] = static_cast<uint32_t>(report.protocol_error);
  words[layout::kCloseSystemError] = static_cast<uint32_t>(report.system_error);
  words[layout::kCloseTlsFailed] = report.tls_failed ? 1 : 0;
  append({layout::kInClose, 0, report.code, connection.handle().index}, nullptr,
         {as_bytes_of(words), as_bytes(report.reason)});
}

void Inbox::on_outbound_bytes(Connection& connection, size_t bytes) {
  memory_.outbound_bytes[connection.handle().index] = static_cast<double>(bytes);
}

void Inbox::on_accept_error(Server& server, int error) {
  append({layout::kInAcceptError, 0, error, server.id()}, nullptr, {});
}

void Inbox::on_server_closed(Server& server) {
  closed_servers_.push_back(server.id());
}

void Inbox::deliver_reported() {
  if (reader_.may_deliver()) reader_.deliver();
}

void Inbox::report_server_closed(uint32_t id) {
  append({layout::kInServerClosed, 0, 0, id}, nullptr, {});
}

void Inbox::append(const Record& record, const Connection* about, std::initializer_list<Bytes> pieces) {
  size_t size = 0;
  for (Bytes piece : pieces) size += piece.size();
  switch (make_room(about, size)) {
    case Place::kInbox:
      return write(record, pieces, size);
    case Place::kOverflow:
      return append_to_overflow(record, pieces);
    case Place::kNowhere:
      return;
  }
}

void Inbox::append_to_overflow(const Record& record, std::initializer_list<Bytes> pieces) {
  ByteBuffer payload;
  for (Bytes piece : pieces) payload.append(piece);
  overflow_.push_back({record, std::move(payload)});
}

// The one place where a record is held against what a delivery has done: behind its close record nothing may
// be said of a connection, as its slot is nobody's then.
inline Inbox::Place Inbox::make_room(const Connection* about, size_t payload_size) {
  if (!delivering_ && overflow_.empty() && has_room(payload_size)) [[likely]]
    return Place::kInbox;
  const bool has_room = deliver_for_room(payload_size);
  if (about && about->is_over()) return Place::kNowhere;
  return has_room ? Place::kInbox : Place::kOverflow;
}

// False: the record has to wait in the overflow, behind what is there already; as it does after some
// deliveries, since each may fill the overflow again.
bool Inbox::deliver_for_room(size_t payload_size) {
  int deliveries_left = kDeliveriesForRoom;
  while (delivering_ || !overflow_.empty() || !has_room(payload_size)) {
    if (!reader_.may_deliver()) return false;
    // Each round makes headway: records are delivered, some come from the overflow, or there is a new block.
    if (record_count_ > 0) {
      if (deliveries_left-- == 0) return false;
      reader_.deliver();
    } else if (!overflow_.empty()) {
      take_overflow();
      if (record_count_ == 0) return false;  // the environment is ending
    } else if (!leave_block()) {
      return false;
    }
  }
  return true;
}

// For when JavaScript keeps so much of the block that the rest is too small. Not while there are records, or
// the outbox has some: they may say where in the block something lies. What was received there and has not
// been reported yet is copied into the new block when it is.
bool Inbox::leave_block() {
  if (kept_end_ == 0) return false;
  if (received_end_ > 0) receiving_block_ = block_;
  return renew_block();
}

bool Inbox::lies_in_inbox(Bytes bytes) const {
  const uint8_t* begin = block_->data();
  return std::less_equal<>()(begin, bytes.data()) && std::less<>()(bytes.data(), begin + kBlockBytes);
}

bool Inbox::has_room(size_t payload_size) const {
  return record_count_ < record_count_max_ && payload_end_ + payload_size <= kBlockBytes;
}

void Inbox::write_record(const Record& record, size_t size, size_t offset) {
  int32_t* words = memory_.records.data() + record_count_++ * layout::kInboxRecordWords;
  words[0] = record.kind | record.flags << 8 | record.code << 16;
  words[1] = static_cast<int32_t>(record.subject);
  words[2] = static_cast<int32_t>(size);
  words[3] = static_cast<int32_t>(offset);
}

void Inbox::write(const Record& record, std::initializer_list<Bytes> pieces, size_t size) {
  write_record(record, size, payload_end_);
  uint8_t* at = block_->data() + payload_end_;
  for (Bytes piece : pieces) {
    copy_bytes(at, piece.data(), piece.size());
    at += piece.size();
  }
  payload_end_ += aligned(size);
}

void Inbox::attach(const Record& record, ByteBuffer payload) {
  size_t size = payload.size();
  napi_value attachments = nullptr;
  napi_get_reference_value(env_, memory_.attachments, &attachments);
  const bool is_ascii = (record.flags & layout::kFlagAscii) != 0;
  napi_value value = record.kind == layout::kInText
                         ? received_texts_.add(env_, attachment_count_, std::move(payload), is_ascii)
                         : to_buffer(env_, std::move(payload));
  if (attachments && value) napi_set_element(env_, attachments, attachment_count_, value);
  write_record(record, size, attachment_count_++);
}

}  // namespace ntyws
