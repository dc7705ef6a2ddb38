// A TLS peer that is OpenSSL and nothing of ours, for what our own would not do: a client, or a server.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "net/tls_error.h"
#include "tls_certificates.h"
#include "tls_peers.h"

// OpenSSL's own, which its static library has: encrypts a record of any content type.
extern "C" int ssl3_write_bytes(SSL* session, int type, const void* bytes, size_t size, size_t* written);

namespace ntyws::testing {

class OpensslPeer {
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* session) const { SSL_free(session); }
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
  };

 public:
  using Session = std::unique_ptr<SSL_SESSION, Free>;

  // Its session is to be resumed, although it just leaves.
  ~OpensslPeer() { SSL_set_shutdown(get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); }
  OpensslPeer(const OpensslPeer&) = delete;
  OpensslPeer& operator=(const OpensslPeer&) = delete;

  SSL* get() { return session_.get(); }

  // What it has to say, to our session, and its answer, until neither says more.
  void talk_to(TlsSession& ours, TlsPeers& peers) {
    receive({});
    for (bool more = true; more;) {
      const std::string said = take_output();
      at_ours += peers.receive(ours, as_bytes(said));
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
  std::string take_output() {
    BIO* const bio = SSL_get_wbio(get());
    std::string bytes = contents_of(bio);
    BIO_reset(bio);
    return bytes;
  }
  void send(std::string_view text) { SSL_write(get(), text.data(), static_cast<int>(text.size())); }
  // Any record, once the handshake has been done.
  void send_record(int type, std::string_view content) {
    size_t written;
    ssl3_write_bytes(get(), type, content.data(), content.size(), &written);
    ERR_clear_error();
  }

  // To be resumed by another.
  Session session() { return Session(SSL_get1_session(get())); }

  std::string received;  // plaintext from our side
  std::string at_ours;   // plaintext that our side got
  std::string reason;    // of the last failure
  int last_result = 0;

 protected:
  explicit OpensslPeer(const SSL_METHOD* method) : context_(SSL_CTX_new(method)) {
    SSL_CTX_set_security_level(context_.get(), 0);
  }
  void start() {
    session_.reset(SSL_new(context_.get()));
    SSL_set_bio(session_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  }

  std::unique_ptr<SSL_CTX, Free> context_;

 private:
  std::unique_ptr<SSL, Free> session_;
};

class OpensslClient final : public OpensslPeer {
 public:
  explicit OpensslClient(const std::string& server_name = "localhost", SSL_SESSION* resumed = nullptr)
      : OpensslPeer(TLS_client_method()) {
    start();
    SSL_set_tlsext_host_name(get(), server_name.c_str());
    SSL_set_connect_state(get());
    if (resumed) SSL_set_session(get(), resumed);
  }
};

class OpensslServer final : public OpensslPeer {
 public:
  explicit OpensslServer(const Identity& identity) : OpensslPeer(TLS_server_method()) {
    SSL_CTX_use_certificate(context_.get(), identity.certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), identity.key.get());
    start();
    SSL_set_accept_state(get());
  }
};

}  // namespace ntyws::testing
