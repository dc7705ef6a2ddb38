// A TLS client that is OpenSSL and nothing of ours, for what our own would not do.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "net/tls_error.h"
#include "tls_certificates.h"
#include "tls_peers.h"

namespace ntyws::testing {

class OpensslClient {
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* session) const { SSL_free(session); }
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
  };

 public:
  using Session = std::unique_ptr<SSL_SESSION, Free>;

  explicit OpensslClient(const std::string& server_name = "localhost", SSL_SESSION* resumed = nullptr)
      : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_security_level(context_.get(), 0);
    session_.reset(SSL_new(context_.get()));
    SSL_set_bio(session_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_tlsext_host_name(session_.get(), server_name.c_str());
    SSL_set_connect_state(session_.get());
    if (resumed) SSL_set_session(session_.get(), resumed);
  }

  // Its session is to be resumed, although it just leaves.
  ~OpensslClient() { SSL_set_shutdown(get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); }
  OpensslClient(const OpensslClient&) = delete;
  OpensslClient& operator=(const OpensslClient&) = delete;

  SSL* get() { return session_.get(); }

  // What it has to say, to the server, and its answer, until neither says more.
  void talk_to(TlsSession& server, TlsPeers& peers) {
    receive({});
    for (bool more = true; more;) {
      const std::string said = take_output();
      at_server += peers.receive(server, as_bytes(said));
      const Bytes answer = peers.buffers.take_output();
      receive(as_text(answer));
      more = !said.empty() || !answer.empty();
    }
  }
  // Takes ciphertext, and adds its plaintext to `received`.
  void receive(std::string_view ciphertext) {
    BIO_write(SSL_get_rbio(get()), ciphertext.data(), static_cast<int>(ciphertext.size()));
    do {
      char plaintext[1000];
      last_result = SSL_read(get(), plaintext, sizeof plaintext);
      if (ERR_peek_error() != 0) reason = take_tls_error();
      if (last_result > 0) received.append(plaintext, static_cast<size_t>(last_result));
    } while (last_result > 0);
  }
  std::string take_output() { return take(SSL_get_wbio(get())); }
  void send(std::string_view text) { SSL_write(get(), text.data(), static_cast<int>(text.size())); }

  // To be resumed by another.
  Session session() { return Session(SSL_get1_session(get())); }

  std::string received;   // plaintext from the server
  std::string at_server;  // plaintext that the server got
  std::string reason;     // of the last failure
  int last_result = 0;

 private:
  static std::string take(BIO* bio) {
    std::string bytes = contents_of(bio);
    BIO_reset(bio);
    return bytes;
  }

  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> session_;
};

}  // namespace ntyws::testing
