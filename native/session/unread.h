// What peers have sent beyond their share of a turn: it waits here until the others have had theirs. Those
// whose bytes wait are served in turns, a share each, as far as the turn has time.
#pragma once

#include <deque>
#include <unordered_map>
#include <vector>

#include "base/byte_buffer.h"
#include "reactor/reactor.h"

namespace ntyws {

class Connection;

class Unread {
 public:
  explicit Unread(Reactor& reactor) : reactor_(reactor) {}

  // Keeps what a connection has not read of what came, a copy; nothing, if only a message is left that is
  // being decompressed. Its read_on() is called until that says that nothing is left.
  void add(Connection& connection, Bytes bytes);
  // A connection with something here may read again.
  void wake(Connection& connection);
  // Of a connection that ends, if it has any that waits for it to read again.
  void forget(Connection& connection);

  // Serves them, from where the last turn ended.
  void serve();
  // Whether some could go on at once.
  bool has_work() const { return !waiting_.empty(); }
  // Receives are to be short, as too many bytes wait.
  bool is_full() const { return size_ > limits::kUnreadBytesMax; }

 private:
  struct Entry {
    SlotHandle connection;
    ByteBuffer bytes;
    size_t read = 0;  // of them
  };

  void drop(const Entry& entry) { size_ -= entry.bytes.size(); }

  Reactor& reactor_;
  std::deque<Entry> waiting_;                   // for their turn; those that have ended meanwhile too
  std::unordered_map<uint32_t, Entry> paused_;  // by slot: their connections do not read for now
  std::vector<SlotHandle> new_;                 // since the last serve()
  size_t size_ = 0;                             // of all bytes
};

}  // namespace ntyws
