// One server: its listeners, its options, and who may come in.
#pragma once

#include <vector>

#include "net/listen.h"
#include "net/listener.h"
#include "net/server_contexts.h"
#include "session/address_counts.h"
#include "session/connection_group.h"

namespace ntyws {

struct ServerOptions : ConnectionOptions {
  int backlog = limits::kBacklog;
  uint32_t handshake_timeout_ms = limits::kHandshakeTimeoutMs;
  uint32_t upgrade_timeout_ms =
      limits::kUpgradeTimeoutMs;             // for an answer to on_upgrade or on_request; 0: none
  uint32_t connections_max = 0;              // 0: no limit
  uint32_t connections_per_address_max = 0;  // 0: no limit
  uint32_t ipv6_prefix_length = limits::kIpv6PrefixLength;  // addresses that share one count as one for it
  bool reuse_port = false;          // listen() may share ports with others that do the same
  bool asks_upgrade = false;        // on_upgrade decides; else every valid handshake is accepted
  bool reports_tls_errors = false;  // on_tls_error is told of clients that do not come to speak TLS
  bool asks_request = false;        // on_request answers; else a request that is no upgrade gets 426
};

class Server final : public ConnectionGroup, public AcceptEvents {
 public:
  Server(uint32_t id, const ServerOptions& options, Session& session)
      : ConnectionGroup(Role::kServer, options_, session),
        id_(id),
        options_(options),
        address_counts_(options.ipv6_prefix_length) {}

  // Listens on all the ports or, if any fails, on none. Without an address: on all, IPv6 and IPv4. To be
  // called once.
  ListenOutcome listen(const Address& address, std::span<const uint16_t> ports);
  // In its place, for sockets that listen already. Leaves nothing but failures if one cannot be watched.
  ListenOutcome adopt(std::vector<ListeningSocket> sockets);

  // Stops listening and closes every connection with 1001; on_server_closed follows when they are gone.
  void close();

  // It does not listen, and nothing is left of what it has accepted.
  bool is_idle() const { return listeners_.empty() && empty(); }

  // No new connections: the ports are free after the reactor's next reap().
  void stop_listening();

  // Connections from now on speak TLS, those who ask for this host name with this context; see
  // ServerContexts::set().
  void set_tls_context(std::string_view host_name, std::unique_ptr<TlsContext> context);
  const ServerContexts& tls_contexts() const { return tls_contexts_; }

  uint32_t id() const { return id_; }
  const ServerOptions& options() const { return options_; }
  AddressCounts& address_counts() { return address_counts_; }

  // One connection's place among connections_max, from when it is asked about to when it is open. The server
  // outlives it.
  class Place {
   public:
    explicit Place(Server& server) : server_(server) { ++server_.places_held_; }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { --server_.places_held_; }

   private:
    Server& server_;
  };
  // Null when there are as many connections as the server takes.
  std::unique_ptr<Place> take_place();

  void on_accept(UniqueFd fd, const Address& peer, uint16_t local_port) override;
  void on_accept_error(int error) override;

 private:
  void on_empty() override;

  const uint32_t id_;
  const ServerOptions options_;
  AddressCounts address_counts_;
  uint64_t places_held_ = 0;
  ServerContexts tls_contexts_;  // none for plain connections
  bool accept_error_reported_ = false;
  std::vector<Listener*> listeners_;  // owned by their slots
};

}  // namespace ntyws
