// The TLS contexts of a server: one for each host name that has a certificate of its own, and one for
// whoever asks for no name or for any other.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "net/tls_context.h"

namespace ntyws {

class ServerContexts {
 public:
  // For connections from now on; open ones keep what they have. `name` is a host name, or *.example.org for
  // those one label longer; the empty name is for all others.
  void set(std::string_view name, std::unique_ptr<TlsContext> context);

  // Whether connections are to speak TLS at all.
  bool empty() const { return by_name_.empty(); }

  // The context of a name that a client asked for, in whatever spelling.
  const TlsContext& find(std::string_view name) const;

  // Whether a request for this host, the value of its Host field, may be answered on the session. It may not
  // when one of the contexts asks clients for certificates, and the host has another one than the session
  // speaks by: else whoever is let in by one name's rules gets at what is behind another's (RFC 9110
  // §15.5.20).
  static bool serves_host(SSL* session, std::string_view host);

  // Has the session deal with the context that its client asks for. It must not outlive this.
  void serve(SSL* session) const;

  // OpenSSL's callback for that, of all contexts of servers: before anything else is done about a client.
  // Were it left to the usual callback for names, a session would be resumed by another name's rules.
  static int choose(SSL* session, int*, void*);

 private:
  // In lower case. Names are never taken out: each context knows its own by a pointer to the key.
  using ByName = std::unordered_map<std::string, std::unique_ptr<TlsContext>>;

  const ByName::value_type& entry_of(std::string_view name) const;

  ByName by_name_;
  bool asks_certificates_ = false;  // one of them does, or did
};

}  // namespace ntyws
