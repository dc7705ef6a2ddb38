// Connections that we dial: each from the addresses of a server to an open connection, or the reason why
// there is none. A dialer has those that are dialled with the same options.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "session/connection_group.h"
#include "session/dial.h"

namespace ntyws {

class Dialer final : public ConnectionGroup {
 public:
  Dialer(const ConnectionOptions& options, Session& session)
      : ConnectionGroup(Role::kClient, options_, session), options_(options) {}

  // on_open or on_dial_failed follows, with this number, perhaps before it returns.
  void dial(uint32_t id, DialPlan plan);
  bool has_dial(uint32_t id) const { return dials_.contains(id); }
  // Breaks a dial off, and says nothing of it.
  void hang_up(uint32_t id);
  // The same for want of time: on_dial_failed follows.
  void give_up(uint32_t id);

  // Nothing is left of what was dialled.
  bool idle() const { return dials_.empty() && empty(); }
  // For a dial that has come to its end. Null when it has been taken.
  std::unique_ptr<Dial> take(uint32_t id);

 private:
  void on_empty() override {}

  const ConnectionOptions options_;
  std::unordered_map<uint32_t, std::unique_ptr<Dial>> dials_;
};

}  // namespace ntyws
