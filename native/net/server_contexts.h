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

  // Has the session deal with the context that its client asks for. It must not outlive this.
  void serve(SSL* session) const;

  // OpenSSL's callback for that, of all contexts of servers: before anything else is done about a client.
  // Were it left to the usual callback for names, a session would be resumed by another name's rules.
  static int choose(SSL* session, int*, void*);

 private:
  std::unordered_map<std::string, std::unique_ptr<TlsContext>> by_name_;  // in lower case
};

}  // namespace ntyws
