// Certificates and private keys from PEM. What cannot be read leaves its reason in OpenSSL's queue of errors,
// see tls_error.h.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ntyws {

template <typename T, void (*free_it)(T*)>
struct FreedBy {
  void operator()(T* it) const { free_it(it); }
};
using CertificateHandle = std::unique_ptr<X509, FreedBy<X509, X509_free>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY, EVP_PKEY_free>>;

// All certificates of a text, in its order. Empty when there is none, or one is damaged.
std::vector<CertificateHandle> read_certificates(std::string_view text);

struct PrivateKey {
  KeyHandle key;      // null when it cannot be read
  bool is_encrypted;  // the passphrase was needed
};
PrivateKey read_private_key(std::string_view text, std::string_view passphrase);

// For messages: whom a certificate is for, and a date of it.
std::string subject_text(const X509* certificate);
std::string date_text(const ASN1_TIME* time);

}  // namespace ntyws
