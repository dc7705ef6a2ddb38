#include "session/dialer.h"

namespace ntyws {

void Dialer::dial(uint32_t id, DialPlan plan) {
  auto dial = std::make_unique<Dial>(*this, id, std::move(plan));
  Dial& started = *dial;
  dials_.emplace(id, std::move(dial));
  started.start();
}

void Dialer::hang_up(uint32_t id) {
  if (std::unique_ptr<Dial> dial = take(id)) dial->hang_up();
}

void Dialer::give_up(uint32_t id) {
  if (auto found = dials_.find(id); found != dials_.end()) found->second->give_up();
}

std::unique_ptr<Dial> Dialer::take(uint32_t id) {
  auto node = dials_.extract(id);
  return node ? std::move(node.mapped()) : nullptr;
}

}  // namespace ntyws
