// Counts the connections of each remote address, for a limit on them. Who has one IPv6 address has, as a
// rule, the network that it is in: those with the same prefix count as one.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "net/address.h"

namespace ntyws {

class AddressCounts {
  // Ordered rather than hashed: peers choose their addresses, and cannot make these collide.
  using Counts = std::map<Address::Network, uint32_t>;

 public:
  explicit AddressCounts(uint32_t ipv6_prefix_length) : ipv6_prefix_length_(ipv6_prefix_length) {}

  // One connection's part in its address's count, for as long as it lives. It may outlive the counts.
  class Share {
   public:
    Share(std::weak_ptr<Counts> counts, const Address::Network& network)
        : counts_(std::move(counts)), network_(network) {}
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share() {
      std::shared_ptr<Counts> counts = counts_.lock();
      if (!counts) return;
      auto entry = counts->find(network_);
      if (--entry->second == 0) counts->erase(entry);
    }

   private:
    std::weak_ptr<Counts> counts_;
    const Address::Network network_;
  };

  // Null when the address has `connections_max` shares already.
  std::unique_ptr<Share> take(const Address& peer, uint32_t connections_max) {
    const Address::Network network = peer.network(ipv6_prefix_length_);
    uint32_t& count = (*counts_)[network];
    if (count >= connections_max) return nullptr;
    ++count;
    return std::make_unique<Share>(counts_, network);
  }

 private:
  const uint32_t ipv6_prefix_length_;
  std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
};

}  // namespace ntyws
