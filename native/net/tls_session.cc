#include "net/tls_session.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "base/clock.h"
#include "net/client_sessions.h"
#include "net/tls_error.h"

namespace ntyws {
namespace {

// Plaintext of one encrypt(), and so of one send. Measured: each send less, with the waking of the peer that
// it brings, is worth more than ciphertext that is still in the cache when the kernel takes it.
constexpr size_t kEncryptedBytes = 64 * limits::kTlsRecordBytes;

// The peer said nothing that could be called TLS, but a method of HTTP.
bool is_plain_http() {
  const unsigned long error = ERR_peek_error();
  const int reason = ERR_GET_REASON(error);
  return ERR_GET_LIB(error) == ERR_LIB_SSL &&
         (reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST);
}

}  // namespace

void TlsSession::Free::operator()(SSL* session) const {
  SSL_free(session);
}

TlsSession::TlsSession(SSL_CTX* context, TlsBuffers& buffers)
    : session_(SSL_new(context)), buffers_(buffers) {
  if (!session_) {
    fail();
    return;
  }
  BIO_up_ref(buffers.bio_);
  SSL_set_bio(session_.get(), buffers.bio_, buffers.bio_);
}

TlsSession::TlsSession(const ServerContexts& contexts, TlsBuffers& buffers)
    : TlsSession(contexts.find("").get(), buffers) {
  if (state_ == State::kFailed) return;
  contexts.serve(session_.get());
  SSL_set_accept_state(session_.get());
}

TlsSession::TlsSession(const TlsContext& context, TlsBuffers& buffers, const std::string& host,
                       const std::string& server, bool asks_for_host)
    : TlsSession(context.get(), buffers) {
  if (state_ == State::kFailed) return;
  if (!check_host(host, asks_for_host)) {
    ERR_clear_error();
    fail("the host is no name or address that a certificate can be checked for");
    return;
  }
  SSL_set_connect_state(session_.get());
  if (!client_sessions::offer(session_.get(), host + ' ' + server)) fail();
}

// Has the server's certificate checked for the host. OpenSSL would not check it at all for an empty name, for
// what is in front of a zero byte, and for all names that end so when there is a dot in front. Only what is
// an address in full is one: "127.1" is a name.
bool TlsSession::check_host(const std::string& host, bool asks_for_host) {
  SSL* const session = session_.get();
  X509_VERIFY_PARAM* const param = SSL_get0_param(session);
  if (host.empty() || host.front() == '.' || host.find('\0') != std::string::npos) return false;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  uint8_t address[sizeof(in6_addr)];
  if (inet_pton(is_ipv6 ? AF_INET6 : AF_INET, host.c_str(), address) == 1) {
    return X509_VERIFY_PARAM_set1_ip(param, address, is_ipv6 ? sizeof(in6_addr) : sizeof(in_addr)) == 1;
  }
  SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (X509_VERIFY_PARAM_set1_host(param, host.data(), host.size()) != 1) return false;
  // RFC 6066 §3: an address is not asked for, nor is a name that does not fit.
  if (!asks_for_host || host.size() > TLSEXT_MAXLEN_host_name) return true;
  return SSL_set_tlsext_host_name(session, host.c_str()) == 1;
}

size_t TlsSession::receive(Bytes ciphertext, MutableBytes plaintext) {
  size_t size = 0;
  if (state_ == State::kHandshake && SSL_is_server(session_.get()) && !hello_size_.admit(ciphertext)) {
    fail("the client's hello is too long");
  }
  buffers_.input_ = ciphertext;
  while (state_ == State::kHandshake || state_ == State::kOpen) {
    const MutableBytes room = plaintext.subspan(size);
    size_t read = 0;
    buffers_.wants_more_ = false;
    const int result = SSL_read_ex(session_.get(), room.data(), room.size(), &read);
    size += read;
    if (state_ == State::kHandshake && SSL_is_init_finished(session_.get())) note_open();
    if (result == 1) continue;
    note_result(result);
    if (buffers_.wants_more_) break;
  }
  buffers_.input_ = {};
  return size;
}

void TlsSession::note_open() {
  state_ = State::kOpen;
  was_open_ = true;
  if (!SSL_is_server(session_.get())) client_sessions::note_open(session_.get());
}

void TlsSession::note_result(int result) {
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      if (!buffers_.wants_more_) count_message();
      return;
    case SSL_ERROR_ZERO_RETURN:
      if (!was_open_) return note_cut_off();
      state_ = State::kPeerEnded;
      return;
    default:
      return fail();
  }
}

// Reading stops behind each message of TLS's own, as SSL_MODE_AUTO_RETRY is off: so that it can be counted.
// New keys cost as much as dozens of records. RFC 8446 §5.5: not even a peer that sends 100 Gbit/s needs them
// more often than every half minute.
void TlsSession::count_message() {
  const uint64_t now_ms = monotonic_ms();
  if (messages_left_ == limits::kTlsMessagesMax) messages_counted_ms_ = now_ms;
  const uint64_t earned = (now_ms - messages_counted_ms_) / limits::kTlsMessageIntervalMs;
  messages_counted_ms_ += earned * limits::kTlsMessageIntervalMs;
  messages_left_ =
      static_cast<uint32_t>(std::min<uint64_t>(messages_left_ + earned, limits::kTlsMessagesMax));
  if (messages_left_ == 0) return fail("the peer sends too many messages of TLS's own, such as key updates");
  --messages_left_;
}

void TlsSession::fail(std::string_view reason) {
  state_ = State::kFailed;
  failure_ = Failure::kTls;
  failure_reason_ = "TLS failed: ";
  failure_reason_ += reason;
}

void TlsSession::fail() {
  state_ = State::kFailed;
  failure_ = is_plain_http() ? Failure::kPlainHttp : Failure::kTls;
  std::string verify_error;
  if (session_) verify_error = verify_error_code(SSL_get_verify_result(session_.get()));
  failure_reason_ = "TLS failed: " + take_tls_error();
  if (!verify_error.empty()) failure_reason_ += " (" + verify_error + ")";
}

void TlsSession::note_cut_off() {
  if (state_ == State::kPeerEnded || state_ == State::kFailed) return;
  state_ = State::kFailed;
  failure_ = Failure::kCutOff;
  failure_reason_ = was_open_ ? "TLS was cut off: the connection ended without close_notify"
                              : "TLS was cut off: the connection ended within its handshake";
}

// A record is full, or ends the call. A piece that fills some is encrypted from where it lies; only what is
// too short, headers of frames above all, is copied together first.
bool TlsSession::encrypt(std::span<iovec>& pieces) {
  uint8_t* const record = buffers_.record_.get();
  size_t gathered = 0;
  size_t left = kEncryptedBytes;
  while (!pieces.empty() && left > 0) {
    iovec& piece = pieces.front();
    const bool is_last = pieces.size() == 1;
    size_t size = std::min(piece.iov_len, left);
    const uint8_t* const bytes = static_cast<const uint8_t*>(piece.iov_base);
    if (gathered == 0 && (is_last || size >= limits::kTlsRecordBytes)) {
      if (!is_last) size -= size % limits::kTlsRecordBytes;
      if (!encrypt_record(bytes, size)) return false;
    } else {
      size = std::min(size, limits::kTlsRecordBytes - gathered);
      copy_bytes(record + gathered, bytes, size);
      gathered += size;
      if (gathered == limits::kTlsRecordBytes && !encrypt_record(record, std::exchange(gathered, 0)))
        return false;
    }
    left -= size;
    piece = {const_cast<uint8_t*>(bytes) + size, piece.iov_len - size};
    if (piece.iov_len == 0) pieces = pieces.subspan(1);
  }
  return encrypt_record(record, gathered);
}

// The buffers take everything, so that OpenSSL never has to wait for us. It has to wait for a peer that has
// begun a message of TLS's own: no such peer is known, and what it has us hold meanwhile would need a limit.
bool TlsSession::encrypt_record(const void* bytes, size_t size) {
  if (size == 0) return true;
  size_t written;
  const int result = SSL_write_ex(session_.get(), bytes, size, &written);
  if (result == 1) return true;
  if (SSL_get_error(session_.get(), result) == SSL_ERROR_WANT_READ) {
    fail("the peer has begun a message of TLS's own and not finished it, so nothing can be sent");
  } else {
    fail();
  }
  return false;
}

void TlsSession::close() {
  if (!may_encrypt()) return;
  if (SSL_get_shutdown(session_.get()) & SSL_SENT_SHUTDOWN) return;
  // Which refuses, too, within a message that the peer has begun.
  SSL_shutdown(session_.get());
  ERR_clear_error();
}

TlsReport TlsSession::report() const {
  SSL* const session = session_.get();
  TlsReport report;
  report.version = SSL_get_version(session);
  report.cipher = SSL_CIPHER_standard_name(SSL_get_current_cipher(session));
  const char* const name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
  if (name) report.server_name = name;
  const uint8_t* protocol;
  unsigned protocol_size;
  SSL_get0_alpn_selected(session, &protocol, &protocol_size);
  report.alpn_protocol = as_text({protocol, protocol_size});
  report.resumed = SSL_session_reused(session) == 1;
  const X509* const certificate = SSL_get0_peer_certificate(session);
  if (!certificate) return report;
  report.verify_error = verify_error_code(SSL_get_verify_result(session));
  const int size = i2d_X509(certificate, nullptr);
  report.certificate.resize(static_cast<size_t>(std::max(size, 0)));
  uint8_t* at = reinterpret_cast<uint8_t*>(report.certificate.data());
  if (size <= 0 || i2d_X509(certificate, &at) != size) {
    report.certificate.clear();
    report.verify_error = "OUT_OF_MEM";
    ERR_clear_error();
  }
  return report;
}

}  // namespace ntyws
