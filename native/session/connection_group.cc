#include "session/connection_group.h"

#include "base/check.h"
#include "session/connection.h"

namespace ntyws {

void ConnectionGroup::add(Connection& connection) {
  connection.index_in_group = static_cast<uint32_t>(connections_.size());
  connections_.push_back(&connection);
}

void ConnectionGroup::remove(Connection& connection) {
  uint32_t index = connection.index_in_group;
  NTYWS_CHECK(connections_[index] == &connection);
  connections_[index] = connections_.back();
  connections_[index]->index_in_group = index;
  connections_.pop_back();
  if (closing_ && connections_.empty()) on_empty();
}

void ConnectionGroup::close_connections() {
  closing_ = true;
  if (connections_.empty()) return on_empty();
  // Backwards, as a connection that leaves is replaced by the last one; whoever is told may end more of them.
  for (size_t i = connections_.size(); i-- > 0;) {
    if (i < connections_.size()) connections_[i]->go_away();
  }
}

}  // namespace ntyws
