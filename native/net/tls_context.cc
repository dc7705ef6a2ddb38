#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include "base/limits.h"
#include "net/client_sessions.h"
#include "net/pem.h"
#include "net/server_contexts.h"
#include "net/tls_error.h"

namespace ntyws {
namespace {

// For resumption: sessions are good for contexts that ask the same of clients, and for no other, as the
// certificate of a client is not looked at again.
std::optional<std::array<uint8_t, SHA256_DIGEST_LENGTH>> session_id_context(const TlsOptions& options) {
  std::string all = options.asks_certificate ? (options.refuses_unauthorized ? "2" : "1") : "0";
  for (const PemText& each : options.ca) all += each.text;
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest;
  if (!SHA256(reinterpret_cast<const uint8_t*>(all.data()), all.size(), digest.data())) return std::nullopt;
  return digest;
}

// Tries what distributions have, as the place that OpenSSL was built for is that of one of them.
bool trust_system(SSL_CTX* context) {
  const char* const named = std::getenv("SSL_CERT_FILE");
  const char* const places[] = {named, "/etc/ssl/certs/ca-certificates.crt",
                                "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
                                "/etc/ssl/cert.pem"};
  for (const char* place : places) {
    if (place && SSL_CTX_load_verify_file(context, place) == 1) return true;
  }
  return false;
}

std::string unavailable() {
  return "OpenSSL cannot be used: " + take_tls_error();
}

// Fills one context; each step is false, with the error set, when it cannot be done.
class Builder {
 public:
  Builder(SSL_CTX* context, const TlsOptions& options, TlsOptionsError& error)
      : context_(context), options_(options), error_(error) {}

  bool build() {
    if (!set_modes() || !set_ciphers() || !set_alpn() || !set_ca()) return false;
    for (size_t i = 0; i < options_.certs.size(); ++i) {
      if (!set_certificate(options_.certs[i], options_.keys[i])) return false;
    }
    set_verification();
    if (options_.role == TlsRole::kServer) return set_server_side();
    return client_sessions::keep_in(context_) || refuse_for_openssl();
  }

 private:
  bool refuse(const char* code, std::string message) {
    ERR_clear_error();
    error_ = {code, std::move(message)};
    return false;
  }

  // What OpenSSL should do for any options: it has no memory, or was built without what we need.
  bool refuse_for_openssl() { return refuse("ERR_TLS_UNAVAILABLE", unavailable()); }

  bool set_modes() {
    SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_clear_mode(context_, SSL_MODE_AUTO_RETRY);  // see TlsSession::count_message()
    SSL_CTX_set_options(context_, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                      SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    // The default has finite-field groups, with which a client could make each handshake cost milliseconds.
    if (SSL_CTX_set1_groups_list(context_, "X25519:P-256:P-384") != 1) return refuse_for_openssl();
    SSL_CTX_set_timeout(context_, static_cast<long>(options_.session_timeout_s));
    return true;
  }

  // TLS 1.3 has suites of its own, which OpenSSL takes apart from the others. A version without any is off.
  bool set_ciphers() {
    std::string suites;
    std::string others;
    const std::string given = options_.ciphers.empty() ? kTlsCiphers : options_.ciphers;
    for (size_t begin = 0; begin <= given.size();) {
      const size_t end = std::min(given.find(':', begin), given.size());
      const std::string name = given.substr(begin, end - begin);
      std::string& list = name.starts_with("TLS_") ? suites : others;
      if (!name.empty()) list += (list.empty() ? "" : ":") + name;
      begin = end + 1;
    }
    TlsVersion min = others.empty() ? TlsVersion::kTls13 : options_.version_min;
    TlsVersion max = suites.empty() ? TlsVersion::kTls12 : options_.version_max;
    const bool known = min <= max &&
                       (suites.empty() || SSL_CTX_set_ciphersuites(context_, suites.c_str()) == 1) &&
                       (others.empty() || SSL_CTX_set_cipher_list(context_, others.c_str()) == 1);
    if (!known) {
      const std::string reason = min > max ? "none is for the TLS versions allowed" : take_tls_error();
      return refuse("ERR_TLS_INVALID_CIPHERS", "ciphers '" + given + "' cannot be used: " + reason);
    }
    auto number = [](TlsVersion version) {
      return version == TlsVersion::kTls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
    };
    const bool is_set = SSL_CTX_set_min_proto_version(context_, number(min)) == 1 &&
                        SSL_CTX_set_max_proto_version(context_, number(max)) == 1;
    return is_set || refuse_for_openssl();
  }

  // The names as the extension has them: each behind its length.
  bool set_alpn() {
    std::string names;
    for (const std::string& name : options_.alpn_protocols) {
      if (name.empty() || name.size() > UINT8_MAX) {
        return refuse("ERR_TLS_INVALID_ALPN",
                      "ALPNProtocols has names of 1 to 255 bytes, not '" + name + "'");
      }
      names += static_cast<char>(name.size()) + name;
    }
    if (names.empty()) return true;
    if (options_.role == TlsRole::kClient) {
      // Which is 0 when it is done.
      return SSL_CTX_set_alpn_protos(context_, reinterpret_cast<const uint8_t*>(names.data()),
                                     static_cast<unsigned>(names.size())) == 0 ||
             refuse_for_openssl();
    }
    static const int index = SSL_CTX_get_ex_new_index(
        0, nullptr, nullptr, nullptr, [](void*, void* kept, CRYPTO_EX_DATA*, int, long, void*) {
          std::unique_ptr<std::string> owner(static_cast<std::string*>(kept));
        });
    std::unique_ptr<std::string> kept = std::make_unique<std::string>(std::move(names));
    if (SSL_CTX_set_ex_data(context_, index, kept.get()) != 1) return refuse_for_openssl();
    SSL_CTX_set_alpn_select_cb(context_, select_protocol, kept.release());  // freed with the context
    return true;
  }

  // RFC 7301 §3.2: a client that speaks none of ours is told so by an alert.
  static int select_protocol(SSL*, const uint8_t** chosen, uint8_t* chosen_size, const uint8_t* offered,
                             unsigned offered_size, void* ours) {
    const std::string& names = *static_cast<std::string*>(ours);
    uint8_t* match;
    const int result =
        SSL_select_next_proto(&match, chosen_size, reinterpret_cast<const uint8_t*>(names.data()),
                              static_cast<unsigned>(names.size()), offered, offered_size);
    *chosen = match;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
  }

  bool set_ca() {
    for (const PemText& given : options_.ca) {
      const std::vector<CertificateHandle> certificates = read_certificates(given.text);
      if (certificates.empty()) {
        return refuse("ERR_TLS_INVALID_CA",
                      given.source + " is no list of certificates in PEM: " + take_tls_error());
      }
      for (const CertificateHandle& certificate : certificates) {
        const bool is_added =
            X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), certificate.get()) == 1 &&
            (options_.role == TlsRole::kClient || SSL_CTX_add_client_CA(context_, certificate.get()) == 1);
        if (!is_added) return refuse_for_openssl();
      }
    }
    if (options_.role == TlsRole::kClient && options_.ca.empty() && options_.refuses_unauthorized) {
      const bool found = trust_system(context_);
      ERR_clear_error();
      if (!found) {
        return refuse(
            "ERR_TLS_NO_SYSTEM_CA",
            "the system has no list of trusted certificates where it is looked for: name one in ca");
      }
    }
    return true;
  }

  bool set_certificate(const PemText& cert, const PemText& key) {
    std::vector<CertificateHandle> certificates = read_certificates(cert.text);
    if (certificates.empty()) {
      return refuse("ERR_TLS_INVALID_CERT", cert.source + " is no certificate in PEM: " + take_tls_error());
    }
    for (const CertificateHandle& certificate : certificates) {
      if (!check_dates(certificate.get(), cert.source)) return false;
    }
    const KeyHandle private_key = read_key(key);
    if (!private_key) return false;
    X509* const leaf = certificates.front().get();
    if (X509_check_private_key(leaf, private_key.get()) != 1) {
      return refuse("ERR_TLS_KEY_MISMATCH", key.source + " is not the key of the certificate in " +
                                                cert.source + ": " + take_tls_error());
    }
    STACK_OF(X509)* const chain = sk_X509_new_null();
    bool used = chain != nullptr;
    for (size_t i = 1; used && i < certificates.size(); ++i) {
      used = sk_X509_push(chain, certificates[i].get()) != 0;
    }
    used = used && SSL_CTX_use_cert_and_key(context_, leaf, private_key.get(), chain, 1) == 1;
    sk_X509_free(chain);  // and not what it holds
    if (used) return true;
    return refuse("ERR_TLS_INVALID_CERT",
                  "the certificate in " + cert.source + " cannot be used: " + take_tls_error());
  }

  bool check_dates(X509* certificate, const std::string& source) {
    const std::string which = "the certificate of " + subject_text(certificate) + " in " + source;
    const ASN1_TIME* const begin = X509_get0_notBefore(certificate);
    const ASN1_TIME* const end = X509_get0_notAfter(certificate);
    if (X509_cmp_current_time(end) < 0) {
      return refuse("ERR_TLS_CERT_HAS_EXPIRED", which + " expired on " + date_text(end));
    }
    if (X509_cmp_current_time(begin) > 0) {
      return refuse("ERR_TLS_CERT_NOT_YET_VALID", which + " is not valid before " + date_text(begin));
    }
    return true;
  }

  KeyHandle read_key(const PemText& given) {
    auto [key, is_encrypted] = read_private_key(given.text, given.passphrase);
    if (key) return std::move(key);
    if (!is_encrypted) {
      refuse("ERR_TLS_INVALID_KEY", given.source + " is no private key in PEM: " + take_tls_error());
    } else if (given.passphrase.empty()) {
      refuse("ERR_TLS_WRONG_PASSPHRASE",
             "the key in " + given.source + " is encrypted, and there is no passphrase");
    } else {
      refuse("ERR_TLS_WRONG_PASSPHRASE",
             "the passphrase is not that of the key in " + given.source + ": " + take_tls_error());
    }
    return nullptr;
  }

  // A peer that is not refused is judged all the same; what comes of it can be asked for.
  void set_verification() {
    const bool is_client = options_.role == TlsRole::kClient;
    int mode = is_client || options_.asks_certificate ? SSL_VERIFY_PEER : SSL_VERIFY_NONE;
    if (options_.refuses_unauthorized) {
      if (mode != SSL_VERIFY_NONE) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
      SSL_CTX_set_verify(context_, mode, nullptr);
    } else {
      SSL_CTX_set_verify(context_, mode, [](int, X509_STORE_CTX*) { return 1; });
    }
  }

  // Sessions are kept by clients, in tickets, so that they cost us no memory.
  bool set_server_side() {
    SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context_, 1);
    SSL_CTX_set_max_cert_list(context_, limits::kClientCertificateBytesMax);
    const auto id = session_id_context(options_);
    if (!id || SSL_CTX_set_session_id_context(context_, id->data(), id->size()) != 1) {
      return refuse_for_openssl();
    }
    if (!options_.ticket_secret.empty() && !set_ticket_keys()) return false;
    SSL_CTX_set_client_hello_cb(context_, ServerContexts::choose, nullptr);
    SSL_CTX_set_tlsext_servername_callback(
        context_, +[](SSL*, int*, void*) { return SSL_TLSEXT_ERR_OK; });
    return true;
  }

  // OpenSSL wants a name of 16 bytes and two keys of 32.
  bool set_ticket_keys() {
    constexpr size_t kNameBytes = 16;
    const std::string& secret = options_.ticket_secret;
    if (secret.size() != kTicketSecretBytes) {
      return refuse("ERR_TLS_INVALID_TICKET_KEYS", "ticketKeys has " + std::to_string(kTicketSecretBytes) +
                                                       " bytes, not " + std::to_string(secret.size()));
    }
    std::array<uint8_t, kNameBytes + SHA512_DIGEST_LENGTH> keys;
    std::copy_n(secret.begin(), kNameBytes, keys.begin());
    const bool is_set = SHA512(reinterpret_cast<const uint8_t*>(secret.data()) + kNameBytes,
                               secret.size() - kNameBytes, keys.data() + kNameBytes) &&
                        SSL_CTX_set_tlsext_ticket_keys(context_, keys.data(), keys.size()) == 1;
    OPENSSL_cleanse(keys.data(), keys.size());
    return is_set || refuse_for_openssl();
  }

  SSL_CTX* context_;
  const TlsOptions& options_;
  TlsOptionsError& error_;
};

// Of its own making only: neither the configuration nor the providers of an OpenSSL that the machine may have
// are those of the one that is linked in.
bool initialize() {
  static const bool done = OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) == 1;
  return done;
}

}  // namespace

void TlsContext::Free::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}

std::unique_ptr<TlsContext> TlsContext::create(const TlsOptions& options, TlsOptionsError& error) {
  if (options.certs.size() != options.keys.size()) {
    error = {"ERR_TLS_KEY_MISMATCH", "each certificate needs a key: there are " +
                                         std::to_string(options.certs.size()) + " in cert and " +
                                         std::to_string(options.keys.size()) + " in key"};
    return nullptr;
  }
  const bool is_server = options.role == TlsRole::kServer;
  Handle context;
  if (initialize()) context.reset(SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method()));
  if (!context) {
    error = {"ERR_TLS_UNAVAILABLE", unavailable()};
    return nullptr;
  }
  if (!Builder(context.get(), options, error).build()) return nullptr;
  return std::unique_ptr<TlsContext>(new TlsContext(std::move(context)));
}

}  // namespace ntyws
