// Counts the connections of each remote address, for a limit on them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "net/address.h"

namespace ntyws {

class AddressCounts {
  using Counts = std::unordered_map<std::string, uint32_t>;

 public:
  // One connection's part in its address's count, for as long as it lives. It may outlive the counts.
  class Share {
   public:
    Share(std::weak_ptr<Counts> counts, std::string address)
        : counts_(std::move(counts)), address_(std::move(address)) {}
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share() {
      std::shared_ptr<Counts> counts = counts_.lock();
      if (!counts) return;
      auto entry = counts->find(address_);
      if (--entry->second == 0) counts->erase(entry);
    }

   private:
    std::weak_ptr<Counts> counts_;
    std::string address_;
  };

  // Null when the address has `connections_max` shares already.
  std::unique_ptr<Share> take(const Address& peer, uint32_t connections_max) {
    std::string address = peer.text();
    uint32_t& count = (*counts_)[address];
    if (count >= connections_max) return nullptr;
    ++count;
    return std::make_unique<Share>(counts_, std::move(address));
  }

 private:
  std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
};

}  // namespace ntyws
