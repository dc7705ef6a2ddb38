#include "net/client_sessions.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <ctime>
#include <deque>
#include <memory>

#include "base/limits.h"
#include "net/pem.h"

namespace ntyws::client_sessions {
namespace {

using SessionHandle = std::unique_ptr<SSL_SESSION, FreedBy<SSL_SESSION, SSL_SESSION_free>>;

struct Kept {
  std::string server;
  SessionHandle session;  // for a connection: what it has been offered, or null
};
using Cache = std::deque<Kept>;  // the oldest first

// What OpenSSL keeps for its objects, and frees with them.
template <typename T>
void free_kept(void*, void* kept, CRYPTO_EX_DATA*, int, long, void*) {
  std::unique_ptr<T> owner(static_cast<T*>(kept));
}
int cache_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_kept<Cache>);
  return index;
}
int connection_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, free_kept<Kept>);
  return index;
}

Cache& cache_of(SSL* session) {
  return *static_cast<Cache*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(session), cache_index()));
}

Kept& connection_of(SSL* session) {
  return *static_cast<Kept*>(SSL_get_ex_data(session, connection_index()));
}

bool is_good(const SSL_SESSION* session) {
  if (std::time(nullptr) - SSL_SESSION_get_time(session) >= SSL_SESSION_get_timeout(session)) return false;
  const X509* const certificate = SSL_SESSION_get0_peer(const_cast<SSL_SESSION*>(session));
  return certificate && X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
}

// O(n), which is little beside a handshake.
SessionHandle take(Cache& cache, const std::string& server) {
  std::erase_if(cache, [](const Kept& kept) { return !is_good(kept.session.get()); });
  for (size_t i = cache.size(); i-- > 0;) {
    if (cache[i].server != server) continue;
    SessionHandle found = std::move(cache[i].session);
    cache.erase(cache.begin() + static_cast<ptrdiff_t>(i));
    return found;
  }
  return nullptr;
}

void keep(Cache& cache, Kept kept) {
  cache.push_back(std::move(kept));
  if (cache.size() > limits::kClientSessionsMax) cache.pop_front();
}

// OpenSSL's callback. A copy is kept, as OpenSSL spoils a session when its connection is not ended properly.
int keep_new(SSL* session, SSL_SESSION* given) {
  SessionHandle copy(SSL_SESSION_dup(given));
  if (copy) keep(cache_of(session), {connection_of(session).server, std::move(copy)});
  return 0;  // the original is left to OpenSSL
}

}  // namespace

bool keep_in(SSL_CTX* context) {
  auto cache = std::make_unique<Cache>();
  if (SSL_CTX_set_ex_data(context, cache_index(), cache.get()) != 1) return false;
  (void)cache.release();  // freed with the context
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, keep_new);
  return true;
}

// A copy is offered, as OpenSSL writes the secrets of the new connection into it. One that it does not take
// is none: the handshake is a full one.
bool offer(SSL* session, std::string server) {
  SessionHandle known = take(cache_of(session), server);
  if (known) {
    const SessionHandle copy(SSL_SESSION_dup(known.get()));
    if (!copy || SSL_set_session(session, copy.get()) != 1) known.reset();
  }
  auto connection = std::make_unique<Kept>(Kept{std::move(server), std::move(known)});
  if (SSL_set_ex_data(session, connection_index(), connection.get()) != 1) return false;
  (void)connection.release();  // freed with the session
  return true;
}

void note_open(SSL* session) {
  Cache& cache = cache_of(session);
  Kept& connection = connection_of(session);
  SessionHandle offered = std::move(connection.session);
  const auto is_of_server = [&](const Kept& kept) { return kept.server == connection.server; };
  if (SSL_session_reused(session) == 1 && std::ranges::none_of(cache, is_of_server)) {
    keep(cache, {connection.server, std::move(offered)});
  }
}

}  // namespace ntyws::client_sessions
