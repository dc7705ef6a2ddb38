// Connections that share their options and sums: all those of a server, or those that are dialled alike.
#pragma once

#include <iterator>
#include <memory>
#include <optional>
#include <vector>

#include "base/limits.h"
#include "base/random_pool.h"
#include "net/tls_buffers.h"
#include "protocol/deflate_negotiation.h"
#include "protocol/deflate_streams.h"
#include "protocol/endpoint.h"
#include "reactor/reactor.h"
#include "reactor/turn_budget.h"
#include "session/receive_rate.h"
#include "session/session_events.h"
#include "session/unread.h"

namespace ntyws {

// What holds for a connection of either role.
struct ConnectionOptions {
  MessageLimits message_limits;
  ReceiveRateLimits receive_rate_limits;
  uint64_t high_water_mark = limits::kHighWaterMark;
  uint32_t close_timeout_ms = limits::kCloseTimeoutMs;
  uint32_t idle_timeout_ms = limits::kIdleTimeoutMs;  // 0: none
  bool sends_pings = true;                            // when half of it has passed
  uint32_t lifetime_max_ms = 0;                       // 0: none
  size_t head_bytes_max = limits::kHeadBytesMax;
  size_t header_count_max = limits::kHeaderCountMax;
  std::optional<DeflateOptions> deflate;  // nothing: no compression

  bool operator==(const ConnectionOptions&) const = default;
};

struct ConnectionSums {
  uint64_t open = 0;  // now; the rest are sums
  uint64_t accepted = 0;
  uint64_t refused = 0;
  uint64_t messages_received = 0;
  uint64_t messages_sent = 0;
  uint64_t bytes_received = 0;
  uint64_t bytes_sent = 0;
};

// The sums by the names that users know them by. Their order is that of all arrays of them.
struct NamedSum {
  const char* name;
  uint64_t ConnectionSums::*sum;
};
inline constexpr NamedSum kNamedSums[] = {
    {"connections", &ConnectionSums::open},
    {"accepted", &ConnectionSums::accepted},
    {"refused", &ConnectionSums::refused},
    {"messagesReceived", &ConnectionSums::messages_received},
    {"messagesSent", &ConnectionSums::messages_sent},
    {"bytesReceived", &ConnectionSums::bytes_received},
    {"bytesSent", &ConnectionSums::bytes_sent},
};
static_assert(sizeof(ConnectionSums) == std::size(kNamedSums) * sizeof(uint64_t), "each has a name");

// What all connections of a thread share: they are served one after the other.
struct Session {
  Session(Reactor& reactor_, SessionEvents& events_, size_t slot_count_max_)
      : reactor(reactor_), events(events_), slot_count_max(slot_count_max_), unread(reactor_) {}

  // A turn of the reactor, and behind it of those who have sent more than their share. Returns whether more
  // may be waiting.
  bool turn(int timeout_ms) {
    const bool more = reactor.turn(timeout_ms);
    events.end_receiving();
    unread.serve();
    return more || unread.has_work();
  }
  // The same without looking: what has been begun can go on at once.
  bool has_work() const { return reactor.has_events() || unread.has_work(); }

  Reactor& reactor;
  SessionEvents& events;
  const size_t slot_count_max;              // connections on descriptors beyond it are turned away
  std::unique_ptr<TlsBuffers> tls_buffers;  // null until somebody speaks TLS
  TurnBudget tls_handshakes{limits::kTlsHandshakesPerTurn};
  SharedDeflateStreams deflate_streams;
  RandomPool random;
  Unread unread;
};

class ConnectionGroup {
 public:
  Session& session() { return session_; }
  Role role() const { return role_; }
  const ConnectionOptions& connection_options() const { return options_; }
  ConnectionSums& stats() { return stats_; }
  // No new connections come, and those that are left are on their way out.
  bool closing() const { return closing_; }
  bool empty() const { return connections_.empty(); }

  // For connections: they enter at their start and leave when their descriptor does.
  void add(Connection& connection);
  void remove(Connection& connection);

 protected:
  // `options` outlive the group.
  ConnectionGroup(Role role, const ConnectionOptions& options, Session& session)
      : session_(session), options_(options), role_(role) {}
  ~ConnectionGroup() = default;

  // Sends every connection away with 1001; on_empty() follows when they are gone, at once if there are none.
  void close_connections();
  // The last connection has left a group that is closing.
  virtual void on_empty() = 0;

 private:
  Session& session_;
  const ConnectionOptions& options_;
  const Role role_;
  bool closing_ = false;
  ConnectionSums stats_;
  std::vector<Connection*> connections_;  // owned by their slots; each knows its index
};

}  // namespace ntyws
