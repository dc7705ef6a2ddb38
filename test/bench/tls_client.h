// The load generator's side of TLS: makes its connections, and resumes a session if it is told to.

#pragma once

#include <memory>

#include "tls_connection.h"

class TlsClient {
 public:
  explicit TlsClient(bool resumes) : resumes_(resumes) {}

  // The connection that brings the session to resume has to be the only one until it is open.
  bool lacks_session() const { return resumes_ && !session_; }

  // Certificates are not checked.
  std::unique_ptr<TlsConnection> connect(int fd) const {
    std::unique_ptr<TlsConnection> connection = std::make_unique<TlsConnection>(context_.get(), fd);
    SSL_set_connect_state(connection->get());
    if (session_) SSL_set_session(connection->get(), session_.get());
    return connection;
  }

  // For an open connection, on which the server has said something. Returns what is wrong with its session,
  // or null: a full handshake in the place of a resumed one would go unnoticed otherwise.
  const char* note_open(const TlsConnection& connection) {
    if (!resumes_) return nullptr;
    if (session_) {
      return SSL_session_reused(connection.get()) ? nullptr : "the server did not resume the session";
    }
    // TLS 1.3 brings tickets behind the handshake, ahead of all else.
    session_.reset(SSL_get1_session(connection.get()));
    return SSL_SESSION_is_resumable(session_.get()) ? nullptr : "the server gave no session to resume";
  }

 private:
  const bool resumes_;
  const TlsContextHandle context_ = make_tls_context(TLS_client_method());
  TlsSessionHandle session_;
};
