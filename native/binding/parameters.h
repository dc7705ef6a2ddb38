// What the parameters of the functions that JavaScript calls are read from.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/limits.h"
#include "binding/arguments.h"
#include "binding/entry.h"
#include "binding/record_layout.h"

namespace ntyws {

// A parameter that `read_by` makes of what was given.
template <typename T, T (*read_by)(const Given&)>
struct ReadParameter : ValueParameter<T> {
  static T read(const Given& given) { return read_by(given); }
};

using Ports = std::vector<uint16_t>;
template <>
struct Parameter<Address> : ReadParameter<Address, address_from> {};
template <>
struct Parameter<Ports> : ReadParameter<Ports, ports_from> {};
template <>
struct Parameter<ServerOptions> : ReadParameter<ServerOptions, server_options_from> {};
template <>
struct Parameter<ConnectionOptions> : ReadParameter<ConnectionOptions, connection_options_from> {};
template <>
struct Parameter<TlsOptions> : ReadParameter<TlsOptions, tls_options_from> {};

template <>
struct Parameter<bool> : ValueParameter<bool> {
  static bool read(const Given& given) { return given.boolean(); }
};

template <>
struct Parameter<uint32_t> : ValueParameter<uint32_t> {
  static uint32_t read(const Given& given) { return given.integer<uint32_t>(0, UINT32_MAX); }
};

template <>
struct Parameter<std::string> : ValueParameter<std::string> {
  static std::string read(const Given& given) { return given.text(); }
};

using Descriptors = std::vector<int>;
template <>
struct Parameter<Descriptors> : ValueParameter<Descriptors> {
  static Descriptors read(const Given& given) {
    return given.list(limits::kArgumentListMax, [](const Given& each) { return each.integer(0, INT32_MAX); });
  }
};

struct SocketPath {
  Address address;
};
template <>
struct Parameter<SocketPath> : ValueParameter<SocketPath> {
  static SocketPath read(const Given& given) { return {path_address_from(given)}; }
};

struct HostName {
  std::string text;
};
template <>
struct Parameter<HostName> : ValueParameter<HostName> {
  static HostName read(const Given& given) { return {given.text_without_zero()}; }
};

struct Backlog {
  int count;
};
template <>
struct Parameter<Backlog> : ValueParameter<Backlog> {
  static Backlog read(const Given& given) { return {given.integer(1, INT32_MAX)}; }
};

struct ShareCount {
  uint32_t count;
};
template <>
struct Parameter<ShareCount> : ValueParameter<ShareCount> {
  static ShareCount read(const Given& given) { return {given.integer(1u, limits::kArgumentListMax)}; }
};

// Where readStats puts the sums.
struct StatsArray {
  static constexpr size_t kSize = std::size(kNamedSums);
  std::span<double> values;
};
template <>
struct Parameter<StatsArray> : ValueParameter<StatsArray> {
  static StatsArray read(const Given& given) {
    const std::span<double> values = given.doubles();
    if (values.size() != StatsArray::kSize)
      given.refuse_range("have " + std::to_string(StatsArray::kSize) + " elements");
    return {values};
  }
};

struct Dispatch {
  napi_value function;
};
template <>
struct Parameter<Dispatch> : ValueParameter<Dispatch> {
  static Dispatch read(const Given& given) { return {given.function()}; }
};

// By its number.
template <>
struct Parameter<Server&> {
  struct Read {
    uint32_t id;
    Server* server;
  };
  static Read read(const Given& given) { return {given.integer<uint32_t>(0, UINT32_MAX), nullptr}; }
  static void find(Reading& reading, AddonInstance& instance, Read& read) {
    read.server = instance.environment->server(read.id);
    if (!read.server) reading.refuse_range("there is no server " + std::to_string(read.id));
  }
  static Server& pass(Read& read) { return *read.server; }
};

// An item of a list by its number; what is gone has left an empty place there.
template <typename T, std::vector<T> AddonInstance::*list>
struct NumberedParameter {
  struct Read {
    uint32_t number;
    T* found;
  };
  static Read read(const Given& given) { return {given.integer<uint32_t>(0, UINT32_MAX), nullptr}; }
  static void find(Reading& reading, AddonInstance& instance, Read& read) {
    std::vector<T>& all = instance.*list;
    if (read.number < all.size() && !is_empty(all[read.number])) {
      read.found = &all[read.number];
    } else {
      reading.refuse_range("there is nothing by the number " + std::to_string(read.number));
    }
  }
  static T& pass(Read& read) { return *read.found; }

 private:
  static bool is_empty(const Shares& shares) { return shares.empty(); }
  template <typename Pointer>
  static bool is_empty(const Pointer& context) {
    return context == nullptr;
  }
};

using ServerContext = std::unique_ptr<TlsContext>;
using ClientContext = std::shared_ptr<TlsContext>;
template <>
struct Parameter<Shares&> : NumberedParameter<Shares, &AddonInstance::shares> {};
template <>
struct Parameter<ServerContext&> : NumberedParameter<ServerContext, &AddonInstance::tls_contexts> {};
template <>
struct Parameter<ClientContext&> : NumberedParameter<ClientContext, &AddonInstance::client_contexts> {};

template <>
struct Parameter<DialPlan> {
  struct Read {
    DialPlan plan;
    int64_t context;
  };
  static Read read(const Given& given) {
    const int64_t context = given.member("secureContext").integer<int64_t>(-1, UINT32_MAX);
    return {dial_plan_from(given), context};
  }
  static void find(Reading& reading, AddonInstance& instance, Read& read) {
    if (read.context < 0) return;
    Parameter<ClientContext&>::Read context{static_cast<uint32_t>(read.context), nullptr};
    Parameter<ClientContext&>::find(reading, instance, context);
    if (context.found) read.plan.tls = *context.found;
  }
  static DialPlan&& pass(Read& read) { return std::move(read.plan); }
};

// A SharedMemory.
struct StartMemory {
  napi_value object, inbox_attachments, inbox_lent, outbox_attachments, resource;
  std::span<int32_t> inbox_records, outbox_seal, outbox_records;
  std::span<uint8_t> outbox_payloads, outbox_text;
  std::span<double> outbound_bytes;
};

template <>
struct Parameter<StartMemory> {
  struct Read {
    StartMemory memory;
    napi_value inbox_records, outbox_seal, outbox_records, outbox_payloads, outbox_text, outbound_bytes;
  };
  static Read read(const Given& given) {
    auto object = [&](const char* name) { return given.member(name).object(); };
    auto array = [&](const char* name) { return given.member(name).array(); };
    auto value = [&](const char* name) { return given.member(name).value(); };
    Read read{};
    read.memory.object = given.object();
    read.memory.inbox_attachments = array("inboxAttachments");
    read.memory.inbox_lent = array("inboxLent");
    read.memory.outbox_attachments = array("outboxAttachments");
    read.memory.resource = object("resource");
    read.inbox_records = value("inboxRecords");
    read.outbox_seal = value("outboxSeal");
    read.outbox_records = value("outboxRecords");
    read.outbox_payloads = value("outboxPayloads");
    read.outbox_text = value("outboxText");
    read.outbound_bytes = value("outboundBytes");
    return read;
  }
  // Where the arrays lie is asked when no getter can move them any more.
  static void find(Reading& reading, AddonInstance&, Read& read) {
    StartMemory& memory = read.memory;
    memory.inbox_records = Given(reading, read.inbox_records, "memory.inboxRecords").int32s();
    memory.outbox_seal = Given(reading, read.outbox_seal, "memory.outboxSeal").int32s();
    memory.outbox_records = Given(reading, read.outbox_records, "memory.outboxRecords").int32s();
    memory.outbox_payloads = Given(reading, read.outbox_payloads, "memory.outboxPayloads").bytes();
    memory.outbox_text = Given(reading, read.outbox_text, "memory.outboxText").bytes();
    memory.outbound_bytes = Given(reading, read.outbound_bytes, "memory.outboundBytes").doubles();
    const bool is_as_laid_out =
        memory.inbox_records.size() >= size_t{layout::kInboxRecordWords} &&
        memory.outbox_seal.size() == layout::kSealWords &&
        memory.outbox_records.size() == size_t{layout::kOutboxRecordsMax} * layout::kOutboxRecordWords &&
        memory.outbox_payloads.size() == layout::kOutboxPayloadBytes &&
        memory.outbox_text.size() == layout::kOutboxTextBytes;
    if (!is_as_laid_out) reading.refuse_range("memory must have arrays as record_layout.h says");
  }
  static StartMemory&& pass(Read& read) { return std::move(read.memory); }
};

}  // namespace ntyws
