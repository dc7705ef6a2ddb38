// Connects to the first of several addresses that answers (RFC 8305): one attempt after the other, the next
// when the last has failed or taken long, and whichever connects first wins.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "net/address.h"
#include "reactor/reactor.h"

namespace ntyws {

struct ConnectFailure {
  Address address;
  int error;  // errno
};

// Each may destroy the connector.
class ConnectEvents {
 public:
  // Connected. The slot's handler is the connector's: whoever wants the slot hands it over to one of its own,
  // else it is released.
  virtual void on_connected(Slot& slot, const Address& peer) = 0;
  // No address can be connected to.
  virtual void on_connect_failed(const std::vector<ConnectFailure>& failures) = 0;

 protected:
  ~ConnectEvents() = default;
};

class Connector {
 public:
  // `events` and `reactor` outlive the connector. `local` is where connections come from; without a port,
  // any. Descriptors from `slot_count_max` on are not used.
  Connector(Reactor& reactor, size_t slot_count_max, std::vector<Address> addresses,
            std::optional<Address> local, ConnectEvents& events)
      : reactor_(reactor),
        slot_count_max_(slot_count_max),
        addresses_(std::move(addresses)),
        local_(std::move(local)),
        events_(events) {}
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;
  // Ends all attempts.
  ~Connector();

  // To be called once; what comes of it may be reported before it returns.
  void start() { start_next(); }

 private:
  class Attempt;  // the handler of an attempt's slot

  void start_next();
  void finish(Attempt& attempt, int error);
  void fail(const Address& address, int error);

  Reactor& reactor_;
  const size_t slot_count_max_;
  const std::vector<Address> addresses_;
  const std::optional<Address> local_;
  ConnectEvents& events_;
  size_t next_ = 0;                 // of addresses_
  std::vector<Attempt*> attempts_;  // under way; owned by their slots
  std::vector<ConnectFailure> failures_;
};

}  // namespace ntyws
