#include "binding/outbox.h"

#include <algorithm>

#include "protocol/http_response.h"

namespace ntyws {
namespace {

constexpr uint32_t kNoRun = UINT32_MAX;

// Keeps a JavaScript object, and so its memory, alive.
class RetainedValue final : public Retained {
 public:
  RetainedValue(napi_env env, napi_ref reference) : env_(env), reference_(reference) {}
  ~RetainedValue() override { napi_delete_reference(env_, reference_); }

 private:
  napi_env env_;
  napi_ref reference_;
};

// How many bytes of valid UTF-8 encode the next `units` UTF-16 units.
size_t utf8_size(Bytes text, size_t units) {
  size_t at = 0;
  while (units > 0 && at < text.size()) {
    uint8_t lead = text[at];
    size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    at += size;
    units -= size == 4 ? 2 : 1;
  }
  return at;
}

using Halves = std::optional<std::pair<std::string_view, std::string_view>>;

// A protocol, CRLF, header lines.
Halves split_acceptance(std::string_view payload) {
  size_t end = payload.find("\r\n");
  if (end == std::string_view::npos) return {};
  return {{payload.substr(0, end), payload.substr(end + 2)}};
}

// Header lines, an empty line, the body.
Halves split_response(std::string_view payload) {
  if (payload.starts_with("\r\n")) return {{std::string_view(), payload.substr(2)}};
  size_t end = payload.find("\r\n\r\n");
  if (end == std::string_view::npos) return {};
  return {{payload.substr(0, end + 2), payload.substr(end + 4)}};
}

}  // namespace

struct Outbox::Record {
  int32_t* words;

  int32_t kind() const { return words[0] & 0xFF; }
  bool attached() const { return ((words[0] >> 8) & layout::kFlagAttached) != 0; }
  bool received() const { return ((words[0] >> 8) & layout::kFlagReceived) != 0; }
  bool fin() const { return ((words[0] >> 8) & layout::kFlagUnfinished) == 0; }
  bool asks_for_compression() const { return ((words[0] >> 8) & layout::kFlagCompress) != 0; }
  bool forbids_compression() const { return ((words[0] >> 8) & layout::kFlagDoNotCompress) != 0; }
  uint16_t code() const { return static_cast<uint16_t>(static_cast<uint32_t>(words[0]) >> 16); }
  SlotHandle handle() const { return {static_cast<uint32_t>(words[1]), static_cast<uint32_t>(words[2])}; }
  uint32_t size() const { return static_cast<uint32_t>(words[3]); }
  uint32_t offset() const { return static_cast<uint32_t>(words[4]); }
  void place(uint32_t size, uint32_t offset) {
    words[3] = static_cast<int32_t>(size);
    words[4] = static_cast<int32_t>(offset);
  }
};

void Outbox::flush() {
  // What JavaScript wrote over is not followed out of the memory.
  uint32_t count = std::min(static_cast<uint32_t>(memory_.seal[layout::kSealRecords]),
                            static_cast<uint32_t>(layout::kOutboxRecordsMax));
  if (count == 0) return;
  memory_.seal[layout::kSealRecords] = 0;
  // As long as the gathered strings are ASCII, units are bytes, and they lie where JavaScript says.
  if (memory_.seal[layout::kSealTextBytes] != memory_.seal[layout::kSealTextUnits]) place_strings(count);
  chain_runs(count);
  for (uint32_t first : first_runs_) carry_out(first);
  first_runs_.clear();
  runs_.clear();
  if (memory_.seal[layout::kSealAttachments] > 0) memory_.attachments.clear();
}

// JavaScript counts the gathered strings in UTF-16 units.
void Outbox::place_strings(uint32_t count) {
  Bytes text{memory_.text.data(), static_cast<size_t>(memory_.seal[layout::kSealTextBytes])};
  size_t offset = 0;
  for (uint32_t i = 0; i < count; ++i) {
    Record string = record(i);
    if (string.kind() != layout::kOutString) continue;
    size_t size = utf8_size(text.subspan(offset), string.size());
    string.place(static_cast<uint32_t>(size), static_cast<uint32_t>(offset));
    offset += size;
  }
  NTYWS_CHECK(offset == text.size());
}

void Outbox::chain_runs(uint32_t count) {
  for (uint32_t i = 0; i < count;) {
    const uint32_t slot = record(i).handle().index;
    const uint32_t run = static_cast<uint32_t>(runs_.size());
    const uint32_t begin = i;
    while (i < count && record(i).handle().index == slot) ++i;
    runs_.push_back({begin, i, kNoRun});
    if (slot >= last_run_.size()) last_run_.resize(slot + 1, kNoRun);
    const uint32_t last = std::exchange(last_run_[slot], run);
    if (last == kNoRun) {
      first_runs_.push_back(run);
    } else {
      runs_[last].next = run;
    }
  }
  for (uint32_t first : first_runs_) last_run_[record(runs_[first].begin).handle().index] = kNoRun;
}

// All that one slot's records say. A slot may have passed from one connection to the next among them: each
// record is held against its generation.
void Outbox::carry_out(uint32_t first) {
  Connection* connection = nullptr;
  SlotHandle found{kNoSlot, 0};
  for (uint32_t run = first; run != kNoRun; run = runs_[run].next) {
    for (uint32_t i = runs_[run].begin; i < runs_[run].end; ++i) {
      Record next = record(i);
      SlotHandle handle = next.handle();
      if (found.index == kNoSlot || found.generation != handle.generation) {
        if (connection) write_batch(*connection);
        connection = Connection::find(reactor_, handle);
        if (connection) batch_.mask_with(connection->masking_keys());
        found = handle;
      }
      if (connection) carry_out_one(*connection, i);
    }
  }
  if (connection) write_batch(*connection);
}

inline std::optional<Bytes> Outbox::payload_of(const Record& record) {
  const uint32_t offset = record.offset();
  if (record.received()) {
    return record.attached() ? inbox_.received_texts().bytes(offset) : inbox_.payload(offset, record.size());
  }
  if (record.attached()) return attached_payload(offset);
  const SharedArray<uint8_t>& box = record.kind() == layout::kOutString ? memory_.text : memory_.payloads;
  return Bytes{box.data() + offset, record.size()};
}

std::optional<Bytes> Outbox::attached_payload(uint32_t index) {
  void* data = nullptr;
  size_t size = 0;
  const napi_value value = memory_.attachments.get(index);
  if (!value || napi_get_buffer_info(env_, value, &data, &size) != napi_ok) return {};
  return Bytes{static_cast<const uint8_t*>(data), size};
}

void Outbox::carry_out_one(Connection& connection, uint32_t record_index) {
  const Record record = this->record(record_index);
  Opcode opcode;
  switch (record.kind()) {
    case layout::kOutString:
    case layout::kOutText:
      opcode = Opcode::kText;
      break;
    case layout::kOutBinary:
      opcode = Opcode::kBinary;
      break;
    case layout::kOutContinuation:
      opcode = Opcode::kContinuation;
      break;
    case layout::kOutPing:
      opcode = Opcode::kPing;
      break;
    case layout::kOutPong:
      opcode = Opcode::kPong;
      break;
    default: {
      write_batch(connection);
      const std::optional<Bytes> bytes = payload_of(record);
      if (!bytes) return;
      const std::string_view payload = as_text(*bytes);
      switch (record.kind()) {
        case layout::kOutClose:
          return connection.close(record.code(), payload);
        case layout::kOutTerminate:
          return connection.terminate(payload);
        case layout::kOutPause:
          return connection.set_paused(true);
        case layout::kOutResume:
          return connection.set_paused(false);
        case layout::kOutAccept: {
          const Halves halves = split_acceptance(payload);
          if (!halves) return;
          return connection.accept(halves->first, halves->second);
        }
        case layout::kOutRespond: {
          const Halves halves = split_response(payload);
          if (!halves) return;
          return connection.respond(final_response(record.code(), halves->first, as_bytes(halves->second)));
        }
      }
      return;
    }
  }
  if (!connection.may_send()) return;
  const std::optional<Bytes> given = payload_of(record);
  if (!given) return;
  const Bytes payload = *given;
  if (!connection.deflate() || !add_compressed(*connection.deflate(), record, opcode, payload)) {
    batch_.add(opcode, payload, record.attached() ? record_index : FrameBatch::kNotRetainable, record.fin());
  }
  if (!batch_.has_room()) write_batch(connection);
}

// False when it is sent as it is: a fragment, say, or what compression would not make smaller.
bool Outbox::add_compressed(MessageDeflate& deflate, const Record& record, Opcode opcode, Bytes payload) {
  if (!begins_message(opcode) || !record.fin() || record.forbids_compression()) return false;
  if (!record.asks_for_compression() && !deflate.compresses(payload.size())) return false;
  ByteBuffer compressed = deflate.compress(payload);
  if (compressed.empty()) return false;
  batch_.add_compressed(opcode, std::move(compressed));
  return true;
}

std::unique_ptr<Retained> Outbox::retain(uint32_t record_index) {
  const Record record = this->record(record_index);
  if (record.received()) return inbox_.received_texts().retain(record.offset());
  const std::optional<Bytes> payload = attached_payload(record.offset());
  if (!payload || lent_messages_.hold(payload->data())) return nullptr;
  napi_ref reference;
  napi_value value = memory_.attachments.get(record.offset());
  if (!value || napi_create_reference(env_, value, 1, &reference) != napi_ok) return nullptr;
  return std::make_unique<RetainedValue>(env_, reference);
}

void Outbox::write_batch(Connection& connection) {
  if (batch_.empty()) return;
  double& outbound_bytes = memory_.outbound_bytes[connection.handle().index];
  double buffered = std::exchange(outbound_bytes, 0.0);
  if (connection.may_send()) return connection.write(batch_, buffered, *this);
  batch_.clear();
}

Outbox::Record Outbox::record(uint32_t index) {
  return {memory_.records.data() + index * layout::kOutboxRecordWords};
}

}  // namespace ntyws
