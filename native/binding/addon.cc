// The functions that JavaScript calls; lib/native.ts has their types. Arguments have been checked there.
#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "base/openssl_version.h"
#include "base/zlib.h"
#include "binding/arguments.h"
#include "binding/environment.h"
#include "binding/napi.h"
#include "net/port_range.h"
#include "protocol/opening_error.h"
#include "protocol/protocol_error.h"

namespace ntyws {
namespace {

using Shares = std::vector<std::vector<ListeningSocket>>;

// What a JavaScript thread has of the addon; its instance data. Not objects that JavaScript holds: those of a
// process that exits are never finalized.
struct AddonInstance {
  std::unique_ptr<Environment> environment;               // from start on
  std::vector<Shares> shares;                             // by number; empty where closed
  std::vector<std::unique_ptr<TlsContext>> tls_contexts;  // by number; null where handed to a server or freed
  std::vector<std::shared_ptr<TlsContext>> client_contexts;  // by number; null where freed
};

AddonInstance& instance_of(const Napi::CallbackInfo& info) {
  return *info.Env().GetInstanceData<AddonInstance>();
}

Environment& environment_of(const Napi::CallbackInfo& info) {
  return *instance_of(info).environment;
}

Server& server_of(const Napi::CallbackInfo& info) {
  Server* server = environment_of(info).server(info[0].As<Napi::Number>().Uint32Value());
  NTYWS_CHECK(server != nullptr);
  return *server;
}

// start(memory: SharedMemory, dispatch: (recordCount: number, mayKeep: boolean) => boolean): void
// Puts the block of the inbox's payloads into `memory`, now and whenever there is a new one.
void JS_start(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Object memory = info[0].As<Napi::Object>();
  bool complete = true;
  auto member = [&](const char* name) {
    Napi::Value value = memory.Get(name);
    complete = complete && !value.IsEmpty();
    return value;
  };
  const Napi::Value inbox_records = member("inboxRecords");
  const Napi::Value inbox_attachments = member("inboxAttachments");
  const Napi::Value inbox_lent = member("inboxLent");
  const Napi::Value outbox_seal = member("outboxSeal");
  const Napi::Value outbox_records = member("outboxRecords");
  const Napi::Value outbox_payloads = member("outboxPayloads");
  const Napi::Value outbox_text = member("outboxText");
  const Napi::Value outbox_attachments = member("outboxAttachments");
  const Napi::Value outbound = member("outboundBytes");
  const Napi::Value resource = member("resource");
  if (!complete) return;  // a worker is being terminated: no JavaScript comes after this

  StartReferences references{
      {env, memory}, {env, inbox_attachments}, {env, outbox_attachments}, {env, inbox_lent}, {env, info[1]}};
  SharedArray<double> outbound_bytes(env, outbound);
  InboxMemory inbox{
      references.memory.get(), {env, inbox_records}, outbound_bytes, references.inbox_attachments.get()};
  OutboxMemory outbox{{env, outbox_seal}, {env, outbox_records}, {env, outbox_payloads},
                      {env, outbox_text}, outbound_bytes,        {env, references.outbox_attachments.get()}};
  std::unique_ptr<Environment> environment =
      Environment::create(env, std::move(references), inbox, outbox, resource);
  if (!environment) {
    Napi::Error::New(env, "the system refused an epoll instance: " + std::string(std::strerror(errno)))
        .ThrowAsJavaScriptException();
    return;
  }
  instance_of(info).environment = std::move(environment);
}

// createServer(options: NativeServerOptions): number
Napi::Value JS_create_server(const Napi::CallbackInfo& info) {
  const ServerOptions options = server_options_from(info[0].As<Napi::Object>());
  return Napi::Number::New(info.Env(), environment_of(info).create_server(options).id());
}

Napi::Array ports_of(Napi::Env env, std::span<const ListeningSocket> sockets) {
  Napi::Array ports = Napi::Array::New(env, sockets.size());
  for (uint32_t i = 0; i < sockets.size(); ++i) ports.Set(i, sockets[i].port);
  return ports;
}

Napi::Array failures_of(Napi::Env env, std::span<const ListenFailure> given) {
  Napi::Array failures = Napi::Array::New(env, given.size());
  for (uint32_t i = 0; i < given.size(); ++i) {
    Napi::Object failure = Napi::Object::New(env);
    failure.Set("port", given[i].port);
    failure.Set("errno", given[i].error);
    failures.Set(i, failure);
  }
  return failures;
}

// listen(server: number, address: string, ports: number[]): ListenOutcome
Napi::Value JS_listen(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  ListenOutcome outcome = server_of(info).listen(address_from(info[1]), ports_from(info[2]));
  Napi::Object result = Napi::Object::New(env);
  result.Set("ports", ports_of(env, outcome.sockets));
  result.Set("failures", failures_of(env, outcome.failures));
  environment_of(info).follow_up();
  return result;
}

// listenAt(server: number, path: string): errno, 0 for success
Napi::Value JS_listen_at(const Napi::CallbackInfo& info) {
  const Address address = *Address::at_path(info[1].As<Napi::String>().Utf8Value());
  const uint16_t none[] = {0};
  ListenOutcome outcome = server_of(info).listen(address, none);
  environment_of(info).follow_up();
  return Napi::Number::New(info.Env(), outcome.failures.empty() ? 0 : outcome.failures.front().error);
}

// listenShared(address: string, ports: number[], backlog: number, reusePort: boolean, shareCount: number):
//   SharedListenOutcome
// The sockets live until closeShares or the end of the thread.
Napi::Value JS_listen_shared(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  SharedListenOutcome outcome =
      listen_shared(address_from(info[0]), ports_from(info[1]), info[2].As<Napi::Number>().Int32Value(),
                    info[3].As<Napi::Boolean>().Value(), info[4].As<Napi::Number>().Uint32Value());
  Napi::Object result = Napi::Object::New(env);
  result.Set("failures", failures_of(env, outcome.failures));
  if (!outcome.failures.empty()) return result;
  result.Set("ports", ports_of(env, outcome.shares.front()));
  Napi::Array descriptors = Napi::Array::New(env, outcome.shares.size());
  for (uint32_t share = 0; share < outcome.shares.size(); ++share) {
    Napi::Array of_share = Napi::Array::New(env);
    for (const ListeningSocket& socket : outcome.shares[share])
      of_share.Set(of_share.Length(), socket.fd.get());
    descriptors.Set(share, of_share);
  }
  result.Set("descriptors", descriptors);
  std::vector<Shares>& all = instance_of(info).shares;
  const size_t number = std::ranges::find_if(all, &Shares::empty) - all.begin();
  if (number == all.size()) all.emplace_back();
  all[number] = std::move(outcome.shares);
  result.Set("shares", static_cast<uint32_t>(number));
  return result;
}

// closeShares(shares: number): void
void JS_close_shares(const Napi::CallbackInfo& info) {
  instance_of(info).shares[info[0].As<Napi::Number>().Uint32Value()].clear();
}

// adopt(server: number, descriptors: number[], ports: number[]): errno, 0 for success
// The server listens through duplicates: the sockets, and what waits in their queues, outlive it.
Napi::Value JS_adopt(const Napi::CallbackInfo& info) {
  std::vector<uint16_t> ports = ports_from(info[2]);
  std::vector<ListeningSocket> sockets;
  int error = 0;
  for (uint32_t i = 0; i < ports.size() && error == 0; ++i) {
    const int descriptor = static_cast<int>(to_number(info[1].As<Napi::Array>().Get(i)));
    UniqueFd duplicate(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
    if (!duplicate) error = errno;
    sockets.push_back({std::move(duplicate), ports[i]});
  }
  if (error == 0) {
    ListenOutcome outcome = server_of(info).adopt(std::move(sockets));
    if (!outcome.failures.empty()) error = outcome.failures.front().error;
  }
  environment_of(info).follow_up();
  return Napi::Number::New(info.Env(), error);
}

// Keeps a context under a number, or says what is wrong with its options.
template <typename Context>
Napi::Value keep_context(Napi::Env env, const TlsOptions& options, std::vector<Context>& contexts) {
  TlsOptionsError error;
  std::unique_ptr<TlsContext> context = TlsContext::create(options, error);
  if (!context) {
    Napi::Object result = Napi::Object::New(env);
    result.Set("code", error.code);
    result.Set("message", error.message);
    return result;
  }
  const auto is_free = [](const auto& each) { return each == nullptr; };
  const size_t number = std::ranges::find_if(contexts, is_free) - contexts.begin();
  if (number == contexts.size()) contexts.emplace_back();
  contexts[number] = std::move(context);
  return Napi::Number::New(env, static_cast<double>(number));
}

// createSecureContext(options: NativeSecureContext): number | { code: string, message: string }
// The context waits for setSecureContext, freeSecureContext or the end of the thread.
Napi::Value JS_create_secure_context(const Napi::CallbackInfo& info) {
  return keep_context(info.Env(), tls_options_from(info[0].As<Napi::Object>()),
                      instance_of(info).tls_contexts);
}

// freeSecureContext(context: number): void
void JS_free_secure_context(const Napi::CallbackInfo& info) {
  instance_of(info).tls_contexts[info[0].As<Napi::Number>().Uint32Value()].reset();
}

// createClientContext(options: NativeSecureContext): number | { code: string, message: string }
// For dials, until freeClientContext or the end of the thread.
Napi::Value JS_create_client_context(const Napi::CallbackInfo& info) {
  TlsOptions options = tls_options_from(info[0].As<Napi::Object>());
  options.role = TlsRole::kClient;
  return keep_context(info.Env(), options, instance_of(info).client_contexts);
}

// freeClientContext(context: number): void
void JS_free_client_context(const Napi::CallbackInfo& info) {
  instance_of(info).client_contexts[info[0].As<Napi::Number>().Uint32Value()].reset();
}

// setSecureContext(server: number, context: number, hostName: string): void
void JS_set_secure_context(const Napi::CallbackInfo& info) {
  std::unique_ptr<TlsContext>& context =
      instance_of(info).tls_contexts[info[1].As<Napi::Number>().Uint32Value()];
  server_of(info).set_tls_context(info[2].As<Napi::String>().Utf8Value(), std::move(context));
}

// closeServer(server: number): void
void JS_close_server(const Napi::CallbackInfo& info) {
  server_of(info).close();
  environment_of(info).follow_up();
}

// forgetServer(server: number): void
void JS_forget_server(const Napi::CallbackInfo& info) {
  environment_of(info).forget_server(server_of(info).id());
}

// dial(id: number, options: NativeConnectionOptions, plan: NativeDialPlan): void
// What comes of it goes to the inbox.
void JS_dial(const Napi::CallbackInfo& info) {
  const Napi::Object given = info[2].As<Napi::Object>();
  DialPlan plan = dial_plan_from(given);
  const int64_t tls = to_number(given.Get("secureContext"));
  if (tls >= 0) plan.tls = instance_of(info).client_contexts[static_cast<size_t>(tls)];
  if (plan.addresses.empty()) return;  // a worker is being terminated
  Environment& environment = environment_of(info);
  const ConnectionOptions options = connection_options_from(info[1].As<Napi::Object>());
  environment.dialer_for(options).dial(info[0].As<Napi::Number>().Uint32Value(), std::move(plan));
  environment.follow_up();
}

// hangUp(id: number): void
void JS_hang_up(const Napi::CallbackInfo& info) {
  const uint32_t id = info[0].As<Napi::Number>().Uint32Value();
  if (Dialer* dialer = environment_of(info).dialer_of(id)) dialer->hang_up(id);
  environment_of(info).follow_up();
}

// giveUp(id: number): void
void JS_give_up(const Napi::CallbackInfo& info) {
  const uint32_t id = info[0].As<Napi::Number>().Uint32Value();
  if (Dialer* dialer = environment_of(info).dialer_of(id)) dialer->give_up(id);
  environment_of(info).follow_up();
}

// readStats(server: number, into: Float64Array): void
void JS_read_stats(const Napi::CallbackInfo& info) {
  const ConnectionSums& stats = server_of(info).stats();
  Napi::Float64Array into = info[1].As<Napi::Float64Array>();
  const uint64_t values[] = {
      stats.open,          stats.accepted,       stats.refused,   stats.messages_received,
      stats.messages_sent, stats.bytes_received, stats.bytes_sent};
  NTYWS_CHECK(into.ElementLength() == std::size(values));
  for (size_t i = 0; i < std::size(values); ++i) into[i] = static_cast<double>(values[i]);
}

// flush(): void
void JS_flush(const Napi::CallbackInfo& info) {
  environment_of(info).flush();
}

// setKeepAlive(keepAlive: boolean): void
void JS_set_keep_alive(const Napi::CallbackInfo& info) {
  environment_of(info).set_keep_alive(info[0].As<Napi::Boolean>().Value());
}

// parsePorts(spec: string): number[] | string, the string being what is wrong
Napi::Value JS_parse_ports(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  PortRange range = parse_port_range(info[0].As<Napi::String>().Utf8Value());
  if (range.ports.empty()) return Napi::String::New(env, range.error);
  Napi::Array ports = Napi::Array::New(env, range.ports.size());
  for (uint32_t i = 0; i < range.ports.size(); ++i) ports.Set(i, range.ports[i]);
  return ports;
}

// isAddress(text: string): boolean
Napi::Value JS_is_address(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), Address::parse(info[0].As<Napi::String>().Utf8Value()).has_value());
}

// isSocketPath(text: string): boolean
Napi::Value JS_is_socket_path(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), Address::at_path(info[0].As<Napi::String>().Utf8Value()).has_value());
}

// The codes of protocol errors, by their number in close records.
Napi::Array protocol_error_codes(Napi::Env env) {
  Napi::Array codes = Napi::Array::New(env);
  for (uint32_t i = 1; i < static_cast<uint32_t>(ProtocolError::kCount); ++i) {
    std::string_view code = ntyws::info(static_cast<ProtocolError>(i)).code;
    codes.Set(i, Napi::String::New(env, code.data(), code.size()));
  }
  return codes;
}

// The kinds of failed dials, by their number in dial records.
Napi::Array opening_errors(Napi::Env env) {
  Napi::Array errors = Napi::Array::New(env);
  for (uint32_t i = 1; i < static_cast<uint32_t>(OpeningError::kCount); ++i) {
    const OpeningErrorInfo& about = ntyws::info(static_cast<OpeningError>(i));
    Napi::Object error = Napi::Object::New(env);
    error.Set("code", Napi::String::New(env, about.code.data(), about.code.size()));
    error.Set("message", Napi::String::New(env, about.message.data(), about.message.size()));
    errors.Set(i, error);
  }
  return errors;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new AddonInstance);  // freed when the thread ends
  exports.Set("start", Napi::Function::New<JS_start>(env));
  exports.Set("createServer", Napi::Function::New<JS_create_server>(env));
  exports.Set("listen", Napi::Function::New<JS_listen>(env));
  exports.Set("listenAt", Napi::Function::New<JS_listen_at>(env));
  exports.Set("listenShared", Napi::Function::New<JS_listen_shared>(env));
  exports.Set("closeShares", Napi::Function::New<JS_close_shares>(env));
  exports.Set("adopt", Napi::Function::New<JS_adopt>(env));
  exports.Set("createSecureContext", Napi::Function::New<JS_create_secure_context>(env));
  exports.Set("freeSecureContext", Napi::Function::New<JS_free_secure_context>(env));
  exports.Set("setSecureContext", Napi::Function::New<JS_set_secure_context>(env));
  exports.Set("createClientContext", Napi::Function::New<JS_create_client_context>(env));
  exports.Set("freeClientContext", Napi::Function::New<JS_free_client_context>(env));
  exports.Set("closeServer", Napi::Function::New<JS_close_server>(env));
  exports.Set("forgetServer", Napi::Function::New<JS_forget_server>(env));
  exports.Set("dial", Napi::Function::New<JS_dial>(env));
  exports.Set("hangUp", Napi::Function::New<JS_hang_up>(env));
  exports.Set("giveUp", Napi::Function::New<JS_give_up>(env));
  exports.Set("readStats", Napi::Function::New<JS_read_stats>(env));
  exports.Set("flush", Napi::Function::New<JS_flush>(env));
  exports.Set("setKeepAlive", Napi::Function::New<JS_set_keep_alive>(env));
  exports.Set("parsePorts", Napi::Function::New<JS_parse_ports>(env));
  exports.Set("isAddress", Napi::Function::New<JS_is_address>(env));
  exports.Set("isSocketPath", Napi::Function::New<JS_is_socket_path>(env));
  exports.Set("protocolErrorCodes", protocol_error_codes(env));
  exports.Set("openingErrors", opening_errors(env));
  Napi::Object openssl = Napi::Object::New(env);
  openssl.Set("headers", Napi::Number::New(env, static_cast<double>(openssl_header_version())));
  openssl.Set("library", Napi::Number::New(env, static_cast<double>(openssl_library_version())));
  exports.Set("openssl", openssl);
  exports.Set("hasZlib", Napi::Boolean::New(env, zlib::functions() != nullptr));
  return exports;
}

NODE_API_MODULE(ntyws, init)

}  // namespace
}  // namespace ntyws
