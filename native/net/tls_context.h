// What the TLS connections of one side have in common: certificates and keys, whom to trust, versions and
// ciphers. Made once from what the user gave, with every fault of that as a sentence; never changed after.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "net/openssl_types.h"

namespace ntyws {

enum class TlsRole : uint8_t { kServer, kClient };

// PEM, and how the user knows it: an option or a file, to be named in errors.
struct PemText {
  std::string text;
  std::string source;
  std::string passphrase = {};  // of a key that is encrypted
};

enum class TlsVersion : uint8_t { kTls12, kTls13 };

struct TlsOptions {
  TlsRole role = TlsRole::kServer;
  // Certificates, each followed by its chain, and the key of each in the same place. A client needs none.
  std::vector<PemText> certs;
  std::vector<PemText> keys;
  // Whom we trust to sign the peer's certificate. A client without any trusts whom the system trusts.
  std::vector<PemText> ca;
  bool asks_certificate = false;     // of clients; a server always has one
  bool refuses_unauthorized = true;  // a peer whose certificate is missing or not signed by those
  std::string ciphers;               // OpenSSL's list, names of TLS 1.3 suites among it; empty: kTlsCiphers
  TlsVersion version_min = TlsVersion::kTls12;
  TlsVersion version_max = TlsVersion::kTls13;
  std::vector<std::string> alpn_protocols;  // the preferred first; none: the extension is ignored
  uint32_t session_timeout_s = 300;
  // Of a server: whoever has the same secret resumes its sessions. kTicketSecretBytes, or none for one that
  // nobody knows.
  std::string ticket_secret;
};

inline constexpr size_t kTicketSecretBytes = 48;

// Forward secrecy and authenticated encryption only. AES-128 first, as the fastest with the processor's help;
// clients that would rather have ChaCha20, for want of such help, get it.
inline constexpr const char* kTlsCiphers =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

// What is wrong with the options: a stable code, and a sentence that names the source and OpenSSL's reason.
struct TlsOptionsError {
  std::string code;
  std::string message;
};

class TlsContext {
 public:
  // Null, and the error filled in, when the options cannot be used. A certificate that has expired, or is not
  // valid yet, is such a fault.
  static std::unique_ptr<TlsContext> create(const TlsOptions& options, TlsOptionsError& error);

  SSL_CTX* get() const { return context_.get(); }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const;
  };
  using Handle = std::unique_ptr<SSL_CTX, Free>;

  explicit TlsContext(Handle context) : context_(std::move(context)) {}

  Handle context_;
};

}  // namespace ntyws
