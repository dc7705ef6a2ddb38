// Certificates and keys for tests, made when they are needed: none that is kept could expire.
#pragma once

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <string>

#include "base/check.h"
#include "net/pem.h"

namespace ntyws::testing {

struct CertificateSpec {
  std::string name = "localhost";  // common name, and the only host name
  long begins_s = -3600;           // from now on
  long ends_s = 3600;              // the same
  bool is_ca = false;
  bool is_rsa = false;  // else P-256
  int rsa_bits = 2048;
};

// Of a BIO in memory.
inline std::string contents_of(BIO* bio) {
  char* data;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

struct Identity {
  CertificateHandle certificate;
  KeyHandle key;

  std::string cert_pem() const {
    BIO* bio = BIO_new(BIO_s_mem());
    NTYWS_CHECK(PEM_write_bio_X509(bio, certificate.get()) == 1);
    return taken(bio);
  }
  // Encrypted when there is a passphrase.
  std::string key_pem(const std::string& passphrase = {}) const {
    BIO* bio = BIO_new(BIO_s_mem());
    const EVP_CIPHER* cipher = passphrase.empty() ? nullptr : EVP_aes_128_cbc();
    NTYWS_CHECK(PEM_write_bio_PKCS8PrivateKey(bio, key.get(), cipher, passphrase.data(),
                                              static_cast<int>(passphrase.size()), nullptr, nullptr) == 1);
    return taken(bio);
  }

 private:
  static std::string taken(BIO* bio) {
    std::string text = contents_of(bio);
    BIO_free(bio);
    return text;
  }
};

// Signed by `issuer`, or by itself.
inline Identity make_identity(const CertificateSpec& spec = {}, const Identity* issuer = nullptr) {
  Identity made{
      CertificateHandle(X509_new()),
      KeyHandle(spec.is_rsa ? EVP_RSA_gen(static_cast<unsigned>(spec.rsa_bits)) : EVP_EC_gen("P-256"))};
  X509* const certificate = made.certificate.get();
  static long serial = 0;
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), spec.begins_s);
  X509_gmtime_adj(X509_getm_notAfter(certificate), spec.ends_s);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const uint8_t*>(spec.name.c_str()), -1, -1, 0);
  const X509* const signer = issuer ? issuer->certificate.get() : certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  auto extend = [&](int kind, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    NTYWS_CHECK(extension != nullptr);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  };
  extend(NID_basic_constraints, spec.is_ca ? "critical,CA:TRUE" : "CA:FALSE");
  extend(NID_subject_alt_name, "DNS:" + spec.name);
  NTYWS_CHECK(X509_sign(certificate, issuer ? issuer->key.get() : made.key.get(), EVP_sha256()) > 0);
  return made;
}

// One that all tests may share.
inline const Identity& test_ca() {
  static const Identity ca = make_identity({.name = "test CA", .is_ca = true});
  return ca;
}

}  // namespace ntyws::testing
