// What TypeScript wants sent and done, carried out: records are gathered by connection, so that each
// connection's output of one flush leaves in one send.
#pragma once

#include <node_api.h>

#include <optional>
#include <vector>

#include "binding/inbox.h"
#include "binding/lent_messages.h"
#include "binding/record_layout.h"
#include "binding/shared_list.h"
#include "binding/shared_memory.h"
#include "session/connection.h"
#include "session/frame_batch.h"

namespace ntyws {

struct OutboxMemory {
  SharedArray<int32_t> seal;
  SharedArray<int32_t> records;
  SharedArray<uint8_t> payloads;
  SharedArray<uint8_t> text;
  SharedArray<double> outbound_bytes;  // the same as the inbox's
  SharedList attachments;
};

class Outbox final : private Retainer {
 public:
  Outbox(napi_env env, OutboxMemory memory, const Inbox& inbox, const LentMessages& lent_messages,
         Reactor& reactor)
      : env_(env), memory_(memory), inbox_(inbox), lent_messages_(lent_messages), reactor_(reactor) {}

  // Carries out what was sealed. Needs a handle scope.
  void flush();

 private:
  struct Record;  // a view of one record's words

  // Records that follow each other and are for the same slot.
  struct Run {
    uint32_t begin;
    uint32_t end;
    uint32_t next;  // the slot's next run
  };

  std::unique_ptr<Retained> retain(uint32_t record_index) override;

  Record record(uint32_t index);
  void place_strings(uint32_t count);
  void chain_runs(uint32_t count);
  void carry_out(uint32_t first);
  void carry_out_one(Connection& connection, uint32_t record_index);
  bool add_compressed(MessageDeflate& deflate, const Record& record, Opcode opcode, Bytes payload);
  // Nothing when the environment is ending.
  std::optional<Bytes> payload_of(const Record& record);
  std::optional<Bytes> attached_payload(uint32_t index);
  void write_batch(Connection& connection);

  napi_env env_;
  OutboxMemory memory_;
  const Inbox& inbox_;
  const LentMessages& lent_messages_;
  Reactor& reactor_;
  FrameBatch batch_;
  std::vector<Run> runs_;
  std::vector<uint32_t> first_runs_;  // of each slot that has some, in the order of their coming
  std::vector<uint32_t> last_run_;    // by slot; kNoRun between flushes
};

}  // namespace ntyws
