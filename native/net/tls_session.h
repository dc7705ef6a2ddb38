// One connection's TLS: ciphertext in, plaintext out, and the other way round. Moves bytes only; sockets are
// the caller's.
#pragma once

#include <sys/uio.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/client_hello_size.h"
#include "net/server_contexts.h"
#include "net/tls_buffers.h"
#include "net/tls_context.h"

namespace ntyws {

// What has been agreed with the peer, and who it is.
struct TlsReport {
  std::string version;      // TLSv1.3
  std::string cipher;       // the standard's name
  std::string server_name;  // that the client asked for; may be empty
  std::string alpn_protocol;
  bool resumed = false;
  std::string certificate;   // the peer's, DER; empty without one
  std::string verify_error;  // why it is not authorized, verify_error_code(); empty when it is, or has none
};

class TlsSession {
 public:
  // The server's side. `contexts` are asked during the handshake, and live as long.
  TlsSession(const ServerContexts& contexts, TlsBuffers& buffers);
  // The client's side, of a connection to `host`: a name or an address, which the server's certificate must
  // be for. `server` says which of the servers with that certificate it is: sessions of it are resumed.
  // `asks_for_host` tells the server the name (SNI). start() begins the handshake.
  TlsSession(const TlsContext& context, TlsBuffers& buffers, const std::string& host,
             const std::string& server, bool asks_for_host = true);

  enum class State : uint8_t {
    kHandshake,
    kOpen,
    kPeerEnded,  // by close_notify: nothing more comes
    kFailed,     // see failure(); nothing more comes or goes
  };
  enum class Failure : uint8_t {
    kNone,
    kPlainHttp,  // the peer speaks HTTP without TLS
    kCutOff,     // the connection ended before TLS did
    kTls,
  };

  State state() const { return state_; }
  // The handshake has been done, whatever came after it.
  bool was_open() const { return was_open_; }
  Failure failure() const { return failure_; }
  // A sentence, for kFailed.
  const std::string& failure_reason() const { return failure_reason_; }

  // Makes the client's first flight. A session that could not be made is kFailed already.
  void start() { receive({}, {}); }

  // Takes all that came from the socket, TlsBuffers::ciphertext_room() at most, and writes the plaintext of
  // it into `plaintext`, which holds as much and a record more; returns how much that is. Whether there is
  // more to expect, state() says. There may be output, also of a failure: an alert.
  size_t receive(Bytes ciphertext, MutableBytes plaintext);

  // The connection ended here: a failure, as anybody may have cut it off, unless the peer has said so.
  void note_cut_off();

  bool may_encrypt() const { return state_ == State::kOpen || state_ == State::kPeerEnded; }
  // Encrypts as much of the pieces as makes a good send, from the front, and takes it off them. Only when
  // it may. There is output. False when it failed: what is encrypted so far is output, the rest cannot be
  // sent any more. The peer brings that about with a message of TLS's own that it begins and does not finish,
  // as OpenSSL writes nothing before it has the rest.
  bool encrypt(std::span<iovec>& pieces);

  // Says that nothing more comes from us (close_notify), once, if that can be said: else there is no output.
  void close();

  // Once it is kOpen.
  TlsReport report() const;
  // Of a server's, once it is kOpen: see ServerContexts.
  bool serves_host(std::string_view host) const { return ServerContexts::serves_host(session_.get(), host); }

 private:
  struct Free {
    void operator()(SSL* session) const;
  };

  TlsSession(SSL_CTX* context, TlsBuffers& buffers);

  bool check_host(const std::string& host, bool asks_for_host);
  void note_open();
  void note_result(int result);
  void count_message();
  void fail();
  void fail(std::string_view reason);
  bool encrypt_record(const void* bytes, size_t size);

  std::unique_ptr<SSL, Free> session_;  // null in a session that could not be made
  TlsBuffers& buffers_;
  std::string failure_reason_;
  // A token bucket: the messages of TLS's own that the peer may still send.
  uint64_t messages_counted_ms_ = 0;
  uint32_t messages_left_ = limits::kTlsMessagesMax;
  ClientHelloSize hello_size_;  // a server's
  State state_ = State::kHandshake;
  Failure failure_ = Failure::kNone;
  bool was_open_ = false;
};

}  // namespace ntyws
