// The functions that JavaScript calls; lib/bridge/native.ts has their types. What each takes is in its
// parameters, and none runs unless all of its arguments are right (entry.h).
#include <fcntl.h>
#include <sys/socket.h>
#include <uv.h>

#include <algorithm>
#include <cerrno>

#include "base/openssl_version.h"
#include "base/zlib.h"
#include "binding/parameters.h"
#include "net/port_range.h"
#include "protocol/opening_error.h"
#include "protocol/protocol_error.h"

namespace ntyws {
namespace {

// The properties by which JavaScript holds what its instance needs; nobody else sees or changes them.
bool hold(napi_env env, napi_value holder, const char* name, napi_value held) {
  napi_value symbol;
  napi_value description;
  if (napi_create_string_latin1(env, name, NAPI_AUTO_LENGTH, &description) != napi_ok ||
      napi_create_symbol(env, description, &symbol) != napi_ok) {
    return false;
  }
  const napi_property_descriptor property{nullptr, symbol, nullptr,      nullptr,
                                          nullptr, held,   napi_default, nullptr};
  return napi_define_properties(env, holder, 1, &property) == napi_ok;
}

// start(memory: SharedMemory, dispatch: (recordCount: number, mayKeep: boolean) => boolean): void
// Puts the block of the inbox's payloads into `memory`, now and whenever there is a new one.
void JS_start(Napi::Env env, AddonInstance& instance, StartMemory memory, Dispatch dispatch) {
  Reading reading(env);
  if (instance.environment) return reading.refuse_state("start() has been called before");
  napi_value owner = nullptr;
  napi_get_reference_value(env, instance.owner.get(), &owner);
  if (!hold(env, owner, "memory", memory.object) || !hold(env, owner, "dispatch", dispatch.function)) return;

  StartReferences references{{env, owner},
                             {env, memory.object},
                             {env, memory.inbox_attachments},
                             {env, memory.outbox_attachments},
                             {env, memory.inbox_lent},
                             {env, dispatch.function}};
  const SharedArray<double> outbound_bytes(memory.outbound_bytes);
  const InboxMemory inbox{references.memory.get(), SharedArray(memory.inbox_records), outbound_bytes,
                          references.inbox_attachments.get()};
  const OutboxMemory outbox{SharedArray(memory.outbox_seal),
                            SharedArray(memory.outbox_records),
                            SharedArray(memory.outbox_payloads),
                            SharedArray(memory.outbox_text),
                            outbound_bytes,
                            {env, references.outbox_attachments.get()}};
  Environment::Refusal refusal;
  instance.environment =
      Environment::create(env, std::move(references), inbox, outbox, memory.resource, refusal);
  if (instance.environment) return;
  std::string message = refusal.reason;
  if (refusal.error != 0) message += std::string(": ") + std::strerror(refusal.error);
  const char* code = refusal.error == 0 ? "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM" : uv_err_name(-refusal.error);
  napi_throw_error(env, code, message.c_str());
}

// createServer(options: NativeServerOptions): number
uint32_t JS_create_server(Napi::Env, Environment& environment, ServerOptions options) {
  return environment.create_server(options).id();
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
Napi::Value JS_listen(Napi::Env env, Environment& environment, Server& server, Address address, Ports ports) {
  ListenOutcome outcome = server.listen(address, ports);
  environment.follow_up();
  Napi::Object result = Napi::Object::New(env);
  result.Set("ports", ports_of(env, outcome.sockets));
  result.Set("failures", failures_of(env, outcome.failures));
  return result;
}

// listenAt(server: number, path: string): errno, 0 for success
int JS_listen_at(Napi::Env, Environment& environment, Server& server, SocketPath path) {
  const uint16_t none[] = {0};
  ListenOutcome outcome = server.listen(path.address, none);
  environment.follow_up();
  return outcome.failures.empty() ? 0 : outcome.failures.front().error;
}

// listenShared(address: string, ports: number[], backlog: number, reusePort: boolean, shareCount: number):
//   SharedListenOutcome
// The sockets live until closeShares or the end of the instance.
Napi::Value JS_listen_shared(Napi::Env env, AddonInstance& instance, Address address, Ports ports,
                             Backlog backlog, bool reuse_port, ShareCount share_count) {
  SharedListenOutcome outcome = listen_shared(address, ports, backlog.count, reuse_port, share_count.count);
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
  std::vector<Shares>& all = instance.shares;
  const size_t number = std::ranges::find_if(all, &Shares::empty) - all.begin();
  if (number == all.size()) all.emplace_back();
  all[number] = std::move(outcome.shares);
  result.Set("shares", static_cast<uint32_t>(number));
  return result;
}

// closeShares(shares: number): void
void JS_close_shares(Napi::Env, AddonInstance&, Shares& shares) {
  shares.clear();
}

// Of a socket that listens. An empty descriptor leaves the reason in errno.
UniqueFd duplicate_listening(int descriptor) {
  int listens = 0;
  socklen_t size = sizeof listens;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0) return {};
  if (!listens) {
    errno = EINVAL;
    return {};
  }
  return UniqueFd(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
}

// adopt(server: number, descriptors: number[], ports: number[]): errno, 0 for success
// The server listens through duplicates: the sockets, and what waits in their queues, outlive it.
int JS_adopt(Napi::Env env, Environment& environment, Server& server, Descriptors descriptors, Ports ports) {
  if (descriptors.size() != ports.size()) {
    Reading(env).refuse_range("there must be as many descriptors as ports");
    return 0;
  }
  std::vector<ListeningSocket> sockets;
  for (size_t i = 0; i < ports.size(); ++i) {
    UniqueFd duplicate = duplicate_listening(descriptors[i]);
    if (!duplicate) return errno;
    sockets.push_back({std::move(duplicate), ports[i]});
  }
  ListenOutcome outcome = server.adopt(std::move(sockets));
  environment.follow_up();
  return outcome.failures.empty() ? 0 : outcome.failures.front().error;
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
// The context waits for setSecureContext, freeSecureContext or the end of the instance.
Napi::Value JS_create_secure_context(Napi::Env env, AddonInstance& instance, TlsOptions options) {
  return keep_context(env, options, instance.tls_contexts);
}

// freeSecureContext(context: number): void
void JS_free_secure_context(Napi::Env, AddonInstance&, ServerContext& context) {
  context.reset();
}

// createClientContext(options: NativeSecureContext): number | { code: string, message: string }
Napi::Value JS_create_client_context(Napi::Env env, AddonInstance& instance, TlsOptions options) {
  options.role = TlsRole::kClient;
  return keep_context(env, options, instance.client_contexts);
}

// freeClientContext(context: number): void
void JS_free_client_context(Napi::Env, AddonInstance&, ClientContext& context) {
  context.reset();
}

// setSecureContext(server: number, context: number, hostName: string): void
// The first one is that of no host name in particular.
void JS_set_secure_context(Napi::Env env, Environment&, Server& server, ServerContext& context,
                           HostName host_name) {
  if (!host_name.text.empty() && server.tls_contexts().empty()) {
    return Reading(env).refuse_value("hostName must be empty for the first context of a server");
  }
  server.set_tls_context(host_name.text, std::move(context));
}

// closeServer(server: number): void
void JS_close_server(Napi::Env, Environment& environment, Server& server) {
  server.close();
  environment.follow_up();
}

// forgetServer(server: number): void
void JS_forget_server(Napi::Env env, Environment& environment, Server& server) {
  if (!server.is_idle()) return Reading(env).refuse_state("the server has to be closed first");
  environment.forget_server(server.id());
}

// dial(id: number, options: NativeConnectionOptions, plan: NativeDialPlan): void
// What comes of it goes to the inbox.
void JS_dial(Napi::Env env, Environment& environment, uint32_t id, ConnectionOptions options, DialPlan plan) {
  if (environment.dialer_of(id)) {
    return Reading(env).refuse_range("there is a dial " + std::to_string(id) + " already");
  }
  environment.dialer_for(options).dial(id, std::move(plan));
  environment.follow_up();
}

// hangUp(id: number): void
void JS_hang_up(Napi::Env, Environment& environment, uint32_t id) {
  if (Dialer* dialer = environment.dialer_of(id)) dialer->hang_up(id);
  environment.follow_up();
}

// giveUp(id: number): void
void JS_give_up(Napi::Env, Environment& environment, uint32_t id) {
  if (Dialer* dialer = environment.dialer_of(id)) dialer->give_up(id);
  environment.follow_up();
}

// readStats(server: number, into: Float64Array): void
void JS_read_stats(Napi::Env, Environment&, Server& server, StatsArray into) {
  const ConnectionSums& sums = server.stats();
  std::ranges::transform(kNamedSums, into.values.begin(),
                         [&](const NamedSum& each) { return static_cast<double>(sums.*each.sum); });
}

// flush(): void
void JS_flush(Napi::Env, Environment& environment) {
  environment.flush();
}

// setKeepAlive(keepAlive: boolean): void
void JS_set_keep_alive(Napi::Env, Environment& environment, bool keep_alive) {
  environment.set_keep_alive(keep_alive);
}

// parsePorts(spec: string): number[] | string, the string being what is wrong
Napi::Value JS_parse_ports(Napi::Env env, AddonInstance&, std::string spec) {
  PortRange range = parse_port_range(spec);
  if (range.ports.empty()) return Napi::String::New(env, range.error);
  Napi::Array ports = Napi::Array::New(env, range.ports.size());
  for (uint32_t i = 0; i < range.ports.size(); ++i) ports.Set(i, range.ports[i]);
  return ports;
}

// isAddress(text: string): boolean
bool JS_is_address(Napi::Env, AddonInstance&, std::string text) {
  return Address::parse(text).has_value();
}

// isSocketPath(text: string): boolean
bool JS_is_socket_path(Napi::Env, AddonInstance&, std::string text) {
  return Address::at_path(text).has_value();
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

// Of what readStats reads, in its order.
Napi::Array stat_names(Napi::Env env) {
  Napi::Array names = Napi::Array::New(env, std::size(kNamedSums));
  for (uint32_t i = 0; i < std::size(kNamedSums); ++i) names.Set(i, kNamedSums[i].name);
  return names;
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

// Adds functions to an instance. Each holds the instance's owner, so that no call can outlive the instance.
struct Adder {
  napi_env env;
  Napi::Object to;
  AddonInstance* instance;
  napi_value owner;

  template <auto callee, Name... kNames>
  void function(const char* name) const {
    napi_value added = nullptr;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, Entry<callee, kNames...>::call, instance, &added);
    if (added && hold(env, added, "owner", owner)) to.Set(name, added);
  }
};

// createInstance(): Native
// All that one instance of our JavaScript needs. It ends when that has been collected, or with the thread.
Napi::Value JS_create_instance(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Object owner = Napi::Object::New(env);
  auto made = std::make_unique<AddonInstance>(env, owner);
  AddonInstance* instance = made.get();
  auto let_go = [](napi_env, void* data, void*) {
    std::unique_ptr<AddonInstance> ended(static_cast<AddonInstance*>(data));
  };
  if (napi_add_finalizer(env, owner, instance, let_go, nullptr, nullptr) != napi_ok) return {};
  (void)made.release();  // until the owner is gone

  Napi::Object native = Napi::Object::New(env);
  const Adder add{env, native, instance, owner};
  add.function<JS_start, "memory", "dispatch">("start");
  add.function<JS_create_server, "options">("createServer");
  add.function<JS_listen, "server", "address", "ports">("listen");
  add.function<JS_listen_at, "server", "path">("listenAt");
  add.function<JS_listen_shared, "address", "ports", "backlog", "reusePort", "shareCount">("listenShared");
  add.function<JS_close_shares, "shares">("closeShares");
  add.function<JS_adopt, "server", "descriptors", "ports">("adopt");
  add.function<JS_create_secure_context, "options">("createSecureContext");
  add.function<JS_free_secure_context, "context">("freeSecureContext");
  add.function<JS_set_secure_context, "server", "context", "hostName">("setSecureContext");
  add.function<JS_create_client_context, "options">("createClientContext");
  add.function<JS_free_client_context, "context">("freeClientContext");
  add.function<JS_close_server, "server">("closeServer");
  add.function<JS_forget_server, "server">("forgetServer");
  add.function<JS_dial, "id", "options", "plan">("dial");
  add.function<JS_hang_up, "id">("hangUp");
  add.function<JS_give_up, "id">("giveUp");
  add.function<JS_read_stats, "server", "into">("readStats");
  add.function<JS_flush>("flush");
  add.function<JS_set_keep_alive, "keepAlive">("setKeepAlive");
  add.function<JS_parse_ports, "spec">("parsePorts");
  add.function<JS_is_address, "text">("isAddress");
  add.function<JS_is_socket_path, "text">("isSocketPath");
  native.Set("protocolErrorCodes", protocol_error_codes(env));
  native.Set("openingErrors", opening_errors(env));
  native.Set("statNames", stat_names(env));
  Napi::Object openssl = Napi::Object::New(env);
  openssl.Set("headers", Napi::Number::New(env, static_cast<double>(openssl_header_version())));
  openssl.Set("library", Napi::Number::New(env, static_cast<double>(openssl_library_version())));
  native.Set("openssl", openssl);
  native.Set("hasZlib", Napi::Boolean::New(env, zlib::functions() != nullptr));
  return native;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("createInstance", Napi::Function::New<JS_create_instance>(env, "createInstance"));
  return exports;
}

NODE_API_MODULE(ntyws, init)

}  // namespace
}  // namespace ntyws
