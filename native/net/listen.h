// Opens listening sockets on a list of ports: all of them or none.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/unique_fd.h"
#include "net/address.h"

namespace ntyws {

struct ListeningSocket {
  UniqueFd fd;
  uint16_t port;  // the real one where 0 was asked for
};

struct ListenFailure {
  uint16_t port;
  int error;  // errno
};

struct ListenOutcome {
  std::vector<ListeningSocket> sockets;  // in the order of the ports; empty if any port failed
  std::vector<ListenFailure> failures;   // every port that failed
};

// The sockets are non-blocking and close-on-exec; what they accept inherits TCP_NODELAY. An IPv6 wildcard
// takes IPv4 clients too.
//
// With `reuse_port` (SO_REUSEPORT) others who ask for it too may listen on the same ports, and the kernel
// shares connections out among them; without it a port that anyone listens on has failed.
ListenOutcome listen_on(const Address& address, std::span<const uint16_t> ports, int backlog,
                        bool reuse_port = false);

struct SharedListenOutcome {
  std::vector<std::vector<ListeningSocket>> shares;  // on the same ports each; empty if any port failed
  std::vector<ListenFailure> failures;
};

// The same several times over, for as many threads. Who else may listen is up to `reuse_port` when it is
// called; once it has listened, whoever asks for it may.
SharedListenOutcome listen_shared(const Address& address, std::span<const uint16_t> ports, int backlog,
                                  bool reuse_port, size_t share_count);

}  // namespace ntyws
