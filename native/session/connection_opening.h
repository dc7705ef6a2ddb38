// What a connection needs for its opening handshake alone, by role.
#pragma once

#include "protocol/opening_request.h"
#include "session/connection.h"
#include "session/dial.h"
#include "session/server.h"

namespace ntyws {

struct Connection::ServerOpening final : Opening {
  ServerOpening(Server& server_, const Address& peer_, uint16_t local_port_)
      : server(server_),
        peer(peer_),
        local_port(local_port_),
        request(server.options().head_bytes_max, server.options().header_count_max,
                server.options().deflate ? &*server.options().deflate : nullptr) {}

  Server& server;
  const Address peer;
  const uint16_t local_port;
  OpeningRequest request;
  std::unique_ptr<Server::Place> place;  // once it may be accepted
};

struct Connection::ClientOpening final : Opening {
  explicit ClientOpening(Dial& dial_) : dial(dial_) {}

  Dial& dial;  // until it is over, which this does not outlive
};

}  // namespace ntyws
