#include "net/tls_session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "base/check.h"
#include "net/address.h"
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
  NTYWS_CHECK(session_ != nullptr);
  BIO_up_ref(buffers.bio_);
  SSL_set_bio(session_.get(), buffers.bio_, buffers.bio_);
}

TlsSession::TlsSession(const ServerContexts& contexts, TlsBuffers& buffers)
    : TlsSession(contexts.find("").get(), buffers) {
  contexts.serve(session_.get());
  SSL_set_accept_state(session_.get());
}

TlsSession::TlsSession(const TlsContext& context, TlsBuffers& buffers, const std::string& host,
                       const std::string& server)
    : TlsSession(context.get(), buffers) {
  SSL* const session = session_.get();
  if (Address::parse(host)) {
    NTYWS_CHECK(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str()) == 1);
  } else {
    SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    NTYWS_CHECK(SSL_set1_host(session, host.c_str()) == 1);
    SSL_set_tlsext_host_name(session, host.c_str());
  }
  SSL_set_connect_state(session);
  client_sessions::offer(session, host + ' ' + server);
}

size_t TlsSession::receive(Bytes ciphertext, MutableBytes plaintext) {
  size_t size = 0;
  buffers_.input_ = ciphertext;
  while (state_ == State::kHandshake || state_ == State::kOpen) {
    const MutableBytes room = plaintext.subspan(size);
    size_t read = 0;
    const int result = SSL_read_ex(session_.get(), room.data(), room.size(), &read);
    size += read;
    if (state_ == State::kHandshake && SSL_is_init_finished(session_.get())) note_open();
    if (result == 1) continue;
    note_result(result);
    if (state_ == State::kHandshake || state_ == State::kOpen) break;  // more ciphertext is needed
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
      return;
    case SSL_ERROR_ZERO_RETURN:
      if (!was_open_) return note_cut_off();
      state_ = State::kPeerEnded;
      return;
    default:
      return fail();
  }
}

void TlsSession::fail() {
  state_ = State::kFailed;
  failure_ = is_plain_http() ? Failure::kPlainHttp : Failure::kTls;
  const std::string verify_error = verify_error_code(SSL_get_verify_result(session_.get()));
  failure_reason_ = "TLS failed: " + take_tls_error();
  if (!verify_error.empty()) failure_reason_ += " (" + verify_error + ")";
}

void TlsSession::note_cut_off() {
  if (state_ == State::kPeerEnded) return;
  state_ = State::kFailed;
  failure_ = Failure::kCutOff;
  failure_reason_ = was_open_ ? "TLS was cut off: the connection ended without close_notify"
                              : "TLS was cut off: the connection ended within its handshake";
}

// A record is full, or ends the call. A piece that fills some is encrypted from where it lies; only what is
// too short, headers of frames above all, is copied together first.
void TlsSession::encrypt(std::span<iovec>& pieces) {
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
      encrypt_record(bytes, size);
    } else {
      size = std::min(size, limits::kTlsRecordBytes - gathered);
      copy_bytes(record + gathered, bytes, size);
      gathered += size;
      if (gathered == limits::kTlsRecordBytes) encrypt_record(record, std::exchange(gathered, 0));
    }
    left -= size;
    piece = {const_cast<uint8_t*>(bytes) + size, piece.iov_len - size};
    if (piece.iov_len == 0) pieces = pieces.subspan(1);
  }
  if (gathered > 0) encrypt_record(record, gathered);
}

// Never waits, as the buffers take everything.
void TlsSession::encrypt_record(const void* bytes, size_t size) {
  size_t written;
  NTYWS_CHECK(size == 0 || SSL_write_ex(session_.get(), bytes, size, &written) == 1);
}

void TlsSession::close() {
  if (!may_encrypt()) return;
  if (SSL_get_shutdown(session_.get()) & SSL_SENT_SHUTDOWN) return;
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
  report.certificate.resize(static_cast<size_t>(i2d_X509(certificate, nullptr)));
  uint8_t* at = reinterpret_cast<uint8_t*>(report.certificate.data());
  i2d_X509(certificate, &at);
  report.verify_error = verify_error_code(SSL_get_verify_result(session));
  return report;
}

}  // namespace ntyws
