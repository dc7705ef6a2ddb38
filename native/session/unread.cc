#include "session/unread.h"

#include "session/connection.h"

namespace ntyws {

void Unread::add(Connection& connection, Bytes bytes) {
  Entry entry{connection.handle(), {}};
  if (!bytes.empty()) entry.bytes.append(bytes);
  size_ += bytes.size();
  new_.push_back(entry.connection);
  waiting_.push_back(std::move(entry));
}

void Unread::wake(Connection& connection) {
  auto node = paused_.extract(connection.handle().index);
  if (node) waiting_.push_back(std::move(node.mapped()));
}

void Unread::forget(Connection& connection) {
  if (auto node = paused_.extract(connection.handle().index)) drop(node.mapped());
}

void Unread::serve() {
  while (!waiting_.empty() && !reactor_.turn_is_over()) {
    // Out of the queue, as its handlers may end the connection, and wake others.
    Entry entry = std::move(waiting_.front());
    waiting_.pop_front();
    Connection* const connection = Connection::find(reactor_, entry.connection);
    if (connection && connection->may_read_on()) {
      entry.read += connection->read_on(entry.bytes.bytes().subspan(entry.read));
      if (connection->has_unread()) {
        waiting_.push_back(std::move(entry));
        continue;
      }
    } else if (connection && connection->has_unread()) {
      paused_.emplace(entry.connection.index, std::move(entry));
      continue;
    }
    drop(entry);
  }
  // As long as they wait, epoll need not say that there is more. Most have been read by now.
  for (SlotHandle handle : new_) {
    Connection* const connection = Connection::find(reactor_, handle);
    if (connection && connection->has_unread()) connection->update_interest();
  }
  new_.clear();
}

}  // namespace ntyws
