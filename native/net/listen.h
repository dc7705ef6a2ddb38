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
ListenOutcome listen_on(const Address& address, std::span<const uint16_t> ports, int backlog);

}  // namespace ntyws
