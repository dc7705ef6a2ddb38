// TLS sessions that servers have given to the clients of one context, so that the next connection to the same
// server need not begin from nothing. A context has its own, as another one trusts others, or shows them
// another certificate.
#pragma once

#include <string>

#include "net/openssl_types.h"

namespace ntyws::client_sessions {

// Has the context keep the newest limits::kClientSessionsMax, until it is freed. False without memory.
bool keep_in(SSL_CTX* context);

// Before the handshake: offers the newest one of this server, and keeps what comes under that name. The name
// must say whom the certificate has to be for, as it is not looked at again. The session is kept no longer,
// so that one with which the handshake fails is not offered again. False without memory: there can be no
// handshake then.
bool offer(SSL* session, std::string server);

// Behind the handshake: a session that was resumed is kept after all when the server may give no other, as
// Node's does. Where it does, each is used once, so that nobody who listens can tell which connections are of
// one client (RFC 8446 §C.4).
void note_open(SSL* session);

}  // namespace ntyws::client_sessions
