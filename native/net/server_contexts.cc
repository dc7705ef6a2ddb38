#include "net/server_contexts.h"

#include <openssl/ssl.h>

#include "base/check.h"

namespace ntyws {
namespace {

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

}  // namespace

void ServerContexts::set(std::string_view name, std::unique_ptr<TlsContext> context) {
  by_name_[normal_form(name)] = std::move(context);
}

const TlsContext& ServerContexts::find(std::string_view name) const {
  const std::string wanted = normal_form(name);
  auto entry = by_name_.find(wanted);
  if (const size_t dot = wanted.find('.'); entry == by_name_.end() && dot != std::string::npos) {
    std::string wildcard = wanted.substr(dot);
    wildcard.insert(wildcard.begin(), '*');
    entry = by_name_.find(wildcard);
  }
  if (entry == by_name_.end()) entry = by_name_.find("");
  NTYWS_CHECK(entry != by_name_.end());
  return *entry->second;
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
