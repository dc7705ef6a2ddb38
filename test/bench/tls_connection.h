// TLS over one non-blocking socket, for the load generator and the yardstick: sends and receives as the
// system calls do, with their results and errno.

#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/types.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <memory>

struct TlsFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* session) const { SSL_free(session); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using TlsContextHandle = std::unique_ptr<SSL_CTX, TlsFree>;
using TlsSessionHandle = std::unique_ptr<SSL_SESSION, TlsFree>;

// TLS 1.3 with one cipher, so that every server spends the same on it; whatever a socket holds is fetched at
// once, as a recv for each record's header and another for its body would be twice the system calls.
inline TlsContextHandle make_tls_context(const SSL_METHOD* method) {
  constexpr size_t kReadBufferSize = 80 << 10;  // several records
  signal(SIGPIPE, SIG_IGN);                     // OpenSSL sends with write(2)
  TlsContextHandle context(SSL_CTX_new(method));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(context.get(), "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set1_groups_list(context.get(), "X25519");
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context.get(), 1);
  SSL_CTX_set_default_read_buffer_len(context.get(), kReadBufferSize);
  return context;
}

class TlsConnection {
 public:
  // The handshake happens on the way, in the first calls of send() and receive().
  TlsConnection(SSL_CTX* context, int fd) : session_(SSL_new(context)) { SSL_set_fd(session_.get(), fd); }
  // Dropped without a goodbye, but not for a fault: else OpenSSL would not have the session resumed.
  ~TlsConnection() { SSL_set_shutdown(session_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); }

  SSL* get() const { return session_.get(); }

  // As send(2), and in as many records as the socket takes. It fails with EPROTO when TLS does.
  ssize_t send(const char* data, size_t size) {
    size_t total = 0;
    while (total < size) {
      ERR_clear_error();
      size_t sent;
      int result = SSL_write_ex(session_.get(), data + total, size - total, &sent);
      if (result != 1) return total ? static_cast<ssize_t>(total) : failure(result);
      total += sent;
    }
    return static_cast<ssize_t>(total);
  }

  // As recv(2), and takes all that has come or `capacity`.
  ssize_t receive(char* buffer, size_t capacity) {
    size_t total = 0;
    may_hold_more_ = false;
    while (total < capacity) {
      ERR_clear_error();
      size_t size;
      int result = SSL_read_ex(session_.get(), buffer + total, capacity - total, &size);
      if (result != 1) return total ? static_cast<ssize_t>(total) : failure(result);
      total += size;
    }
    may_hold_more_ = true;
    return static_cast<ssize_t>(total);
  }

  // What is here already wakes no epoll: receive() has to be called again.
  bool may_hold_more() const { return may_hold_more_; }

  // Whether the socket's being writable would help; in the handshake it is, while we wait for the peer.
  bool wants_write(bool has_output) const {
    return SSL_is_init_finished(session_.get()) ? has_output : SSL_want_write(session_.get());
  }

 private:
  ssize_t failure(int result) {
    int error = SSL_get_error(session_.get(), result);
    if (error == SSL_ERROR_ZERO_RETURN) return 0;
    errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
    return -1;
  }

  std::unique_ptr<SSL, TlsFree> session_;
  bool may_hold_more_ = false;
};
