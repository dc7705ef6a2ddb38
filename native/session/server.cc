#include "session/server.h"

#include <cerrno>

#include "session/connection.h"

namespace ntyws {

ListenOutcome Server::listen(const Address& address, std::span<const uint16_t> ports) {
  ListenOutcome outcome = listen_on(address, ports, options_.backlog, options_.reuse_port);
  return outcome.failures.empty() ? adopt(std::move(outcome.sockets)) : std::move(outcome);
}

ListenOutcome Server::adopt(std::vector<ListeningSocket> sockets) {
  ListenOutcome outcome{std::move(sockets), {}};
  for (ListeningSocket& socket : outcome.sockets) {
    Listener* listener = Listener::start(session().reactor, std::move(socket.fd), socket.port, *this);
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
  if (closing()) return;
  stop_listening();
  close_connections();
}

void Server::set_tls_context(std::string_view host_name, std::unique_ptr<TlsContext> context) {
  if (!session().tls_buffers) session().tls_buffers = std::make_unique<TlsBuffers>();
  tls_contexts_.set(host_name, std::move(context));
}

std::unique_ptr<Server::Place> Server::take_place() {
  const uint64_t connections_max = options_.connections_max;
  if (connections_max != 0 && stats().open + places_held_ >= connections_max) return nullptr;
  return std::make_unique<Place>(*this);
}

void Server::stop_listening() {
  for (Listener* listener : listeners_) listener->stop();
  listeners_.clear();
}

void Server::on_empty() {
  session().events.on_server_closed(*this);
}

void Server::on_accept(UniqueFd fd, const Address& peer, uint16_t local_port) {
  if (static_cast<size_t>(fd.get()) >= session().slot_count_max) return on_accept_error(EMFILE);
  Connection::start(*this, std::move(fd), peer, local_port);
}

void Server::on_accept_error(int error) {
  if (accept_error_reported_) return;
  accept_error_reported_ = true;
  session().events.on_accept_error(*this, error);
}

}  // namespace ntyws
