// One server: its listeners, its connections, its options and sums.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/listen.h"
#include "net/listener.h"
#include "session/address_counts.h"
#include "session/connection.h"
#include "session/session_events.h"

namespace ntyws {

struct ServerOptions {
  int backlog = limits::kBacklog;
  MessageLimits message_limits;
  ReceiveRateLimits receive_rate_limits;
  uint64_t high_water_mark = limits::kHighWaterMark;
  uint32_t handshake_timeout_ms = limits::kHandshakeTimeoutMs;
  uint32_t close_timeout_ms = limits::kCloseTimeoutMs;
  uint32_t idle_timeout_ms = limits::kIdleTimeoutMs;  // 0: none
  bool sends_pings = true;                            // when half of it has passed
  uint32_t lifetime_max_ms = 0;                       // 0: none
  uint32_t connections_max = 0;                       // 0: no limit
  uint32_t connections_per_address_max = 0;           // 0: no limit
  size_t head_bytes_max = limits::kHeadBytesMax;
  size_t header_count_max = limits::kHeaderCountMax;
  bool reuse_port = false;    // listen() may share ports with others that do the same
  bool asks_upgrade = false;  // on_upgrade decides; else every valid handshake is accepted
  bool asks_request = false;  // on_request answers; else a request that is no upgrade gets 426
};

struct ServerStats {
  uint64_t open = 0;  // now; the rest are sums
  uint64_t accepted = 0;
  uint64_t refused = 0;
  uint64_t messages_received = 0;
  uint64_t messages_sent = 0;
  uint64_t bytes_received = 0;
  uint64_t bytes_sent = 0;
};

// What all connections of a thread share: they are served one after the other.
struct Session {
  Session(Reactor& reactor_, SessionEvents& events_, size_t slot_count_max_)
      : reactor(reactor_), events(events_), slot_count_max(slot_count_max_) {}

  Reactor& reactor;
  SessionEvents& events;
  const size_t slot_count_max;  // connections on descriptors beyond it are turned away
};

class Server final : public AcceptEvents {
 public:
  Server(uint32_t id, const ServerOptions& options, Session& session)
      : id_(id), options_(options), session_(session) {}

  // Listens on all the ports or, if any fails, on none. Without an address: on all, IPv6 and IPv4. To be
  // called once.
  ListenOutcome listen(const Address& address, std::span<const uint16_t> ports);
  // In its place, for sockets that listen already. Leaves nothing but failures if one cannot be watched.
  ListenOutcome adopt(std::vector<ListeningSocket> sockets);

  // Stops listening and closes every connection with 1001; on_server_closed follows when they are gone.
  void close();

  // No new connections: the ports are free after the reactor's next reap().
  void stop_listening();

  uint32_t id() const { return id_; }
  const ServerOptions& options() const { return options_; }
  Session& session() { return session_; }
  ServerStats& stats() { return stats_; }
  bool closing() const { return closing_; }
  bool is_full() const { return options_.connections_max != 0 && stats_.open >= options_.connections_max; }
  AddressCounts& address_counts() { return address_counts_; }

  // For connections: they enter when accepted and leave when their descriptor does.
  void add(Connection& connection);
  void remove(Connection& connection);

  void on_accept(UniqueFd fd, const Address& peer, uint16_t local_port) override;
  void on_accept_error(int error) override;

 private:
  void report_if_closed();

  const uint32_t id_;
  const ServerOptions options_;
  Session& session_;
  ServerStats stats_;
  AddressCounts address_counts_;
  bool closing_ = false;
  bool closed_reported_ = false;
  bool accept_error_reported_ = false;
  std::vector<Listener*> listeners_;      // owned by their slots
  std::vector<Connection*> connections_;  // owned by their slots; each knows its index
};

}  // namespace ntyws
