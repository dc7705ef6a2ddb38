#include "net/server_contexts.h"

#include <openssl/ssl.h>

#include <optional>

#include "base/check.h"

namespace ntyws {
namespace {

constexpr std::string_view kNameBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
constexpr std::string_view kAddressBytes = "0123456789abcdefABCDEF:.";

std::string normal_form(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// RFC 6066 §3: a list of names, each with a type, of which 0, a host name, is the only one and comes once.
// What does not look like that is left for OpenSSL to refuse.
std::string_view requested_name(SSL* session) {
  const uint8_t* at;
  size_t size;
  if (SSL_client_hello_get0_ext(session, TLSEXT_TYPE_server_name, &at, &size) != 1) return {};
  constexpr size_t kBeforeName = 5;
  if (size < kBeforeName || at[2] != TLSEXT_NAMETYPE_host_name) return {};
  const size_t name_size = load_be16(at + 3);
  if (name_size != size - kBeforeName) return {};
  return as_text({at + kBeforeName, name_size});
}

// The name in "name:port", or the address in "[address]:port". Nothing when it has bytes that no name in a
// certificate has: what they mean depends on who reads them (to a URL parser, %61 is an a, and a@b is b).
std::optional<std::string_view> host_name(std::string_view host) {
  std::string_view name = host.substr(0, host.find(':'));
  std::string_view port = host.substr(name.size());
  std::string_view allowed = kNameBytes;
  if (host.starts_with('[')) {
    const size_t end = host.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    name = host.substr(1, end - 1);
    port = host.substr(end + 1);
    allowed = kAddressBytes;
  }
  const bool is_port = port.empty() || port.find_first_not_of("0123456789", 1) == std::string_view::npos;
  if (!is_port || (!port.empty() && port[0] != ':')) return std::nullopt;
  if (name.find_first_not_of(allowed) != std::string_view::npos) return std::nullopt;
  return name;
}

}  // namespace

void ServerContexts::set(std::string_view name, std::unique_ptr<TlsContext> context) {
  ByName::value_type& entry = *by_name_.try_emplace(normal_form(name)).first;
  SSL_CTX_set_app_data(context->get(), const_cast<std::string*>(&entry.first));
  if (SSL_CTX_get_verify_mode(context->get()) != SSL_VERIFY_NONE) asks_certificates_ = true;
  entry.second = std::move(context);
}

const TlsContext& ServerContexts::find(std::string_view name) const {
  return *entry_of(name).second;
}

const ServerContexts::ByName::value_type& ServerContexts::entry_of(std::string_view name) const {
  const std::string wanted = normal_form(name);
  auto entry = by_name_.find(wanted);
  if (const size_t dot = wanted.find('.'); entry == by_name_.end() && dot != std::string::npos) {
    std::string wildcard = wanted.substr(dot);
    wildcard.insert(wildcard.begin(), '*');
    entry = by_name_.find(wildcard);
  }
  if (entry == by_name_.end()) entry = by_name_.find("");
  NTYWS_CHECK(entry != by_name_.end());
  return *entry;
}

bool ServerContexts::serves_host(SSL* session, std::string_view host) {
  const auto& contexts = *static_cast<const ServerContexts*>(SSL_get_app_data(session));
  if (!contexts.asks_certificates_ || contexts.by_name_.size() == 1) return true;
  const std::optional<std::string_view> name = host_name(host);
  // By names, not by contexts: one that was renewed since the handshake is the same.
  const void* const spoken_by = SSL_CTX_get_app_data(SSL_get_SSL_CTX(session));
  return name && &contexts.entry_of(*name).first == spoken_by;
}

void ServerContexts::serve(SSL* session) const {
  SSL_set_app_data(session, const_cast<ServerContexts*>(this));
}

int ServerContexts::choose(SSL* session, int*, void*) {
  const auto* contexts = static_cast<const ServerContexts*>(SSL_get_app_data(session));
  SSL_CTX* const chosen = contexts->find(requested_name(session)).get();
  if (SSL_set_SSL_CTX(session, chosen) != chosen) return SSL_CLIENT_HELLO_ERROR;
  // These it would keep from the first context.
  SSL_set_verify(session, SSL_CTX_get_verify_mode(chosen), SSL_CTX_get_verify_callback(chosen));
  SSL_set_min_proto_version(session, static_cast<int>(SSL_CTX_get_min_proto_version(chosen)));
  SSL_set_max_proto_version(session, static_cast<int>(SSL_CTX_get_max_proto_version(chosen)));
  return SSL_CLIENT_HELLO_SUCCESS;
}

}  // namespace ntyws
