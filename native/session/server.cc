#include "session/server.h"

#include <cerrno>

#include "base/check.h"

namespace ntyws {

ListenOutcome Server::listen(const Address& address, std::span<const uint16_t> ports) {
  ListenOutcome outcome = listen_on(address, ports, options_.backlog, options_.reuse_port);
  return outcome.failures.empty() ? adopt(std::move(outcome.sockets)) : std::move(outcome);
}

ListenOutcome Server::adopt(std::vector<ListeningSocket> sockets) {
  ListenOutcome outcome{std::move(sockets), {}};
  for (ListeningSocket& socket : outcome.sockets) {
    Listener* listener = Listener::start(session_.reactor, std::move(socket.fd), socket.port, *this);
    if (listener) {
      listeners_.push_back(listener);
    } else {
      outcome.failures.push_back({socket.port, errno});
    }
  }
  if (!outcome.failures.empty()) {
    outcome.sockets.clear();
    stop_listening();
  }
  return outcome;
}

void Server::close() {
  if (closing_) return;
  closing_ = true;
  stop_listening();
  // Backwards, as a connection that leaves is replaced by the last one; whoever is told may end more of them.
  for (size_t i = connections_.size(); i-- > 0;) {
    if (i < connections_.size()) connections_[i]->go_away();
  }
  report_if_closed();
}

void Server::stop_listening() {
  for (Listener* listener : listeners_) listener->stop();
  listeners_.clear();
}

void Server::add(Connection& connection) {
  connection.index_in_server = static_cast<uint32_t>(connections_.size());
  connections_.push_back(&connection);
}

void Server::remove(Connection& connection) {
  uint32_t index = connection.index_in_server;
  NTYWS_CHECK(connections_[index] == &connection);
  connections_[index] = connections_.back();
  connections_[index]->index_in_server = index;
  connections_.pop_back();
  report_if_closed();
}

void Server::report_if_closed() {
  if (!closing_ || closed_reported_ || !connections_.empty()) return;
  closed_reported_ = true;
  session_.events.on_server_closed(*this);
}

void Server::on_accept(UniqueFd fd, const Address& peer, uint16_t local_port) {
  if (static_cast<size_t>(fd.get()) >= session_.slot_count_max) return on_accept_error(EMFILE);
  Connection::start(*this, std::move(fd), peer, local_port);
}

void Server::on_accept_error(int error) {
  if (accept_error_reported_) return;
  accept_error_reported_ = true;
  session_.events.on_accept_error(*this, error);
}

}  // namespace ntyws
