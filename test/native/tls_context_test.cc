#include "net/tls_context.h"

#include <openssl/err.h>

#include "testing.h"
#include "tls_certificates.h"

namespace ntyws::testing {
namespace {

TlsOptions server_options(const Identity& identity) {
  TlsOptions options;
  options.certs = {{identity.cert_pem(), "'c.pem' (cert)"}};
  options.keys = {{identity.key_pem(), "'k.pem' (key)"}};
  return options;
}

// Makes a context of them, which has to fail.
TlsOptionsError error_of(const TlsOptions& options) {
  TlsOptionsError error;
  EXPECT(TlsContext::create(options, error) == nullptr);
  EXPECT_EQ(ERR_peek_error(), 0ul);
  return error;
}

bool is_good(const TlsOptions& options) {
  TlsOptionsError error;
  const bool made = TlsContext::create(options, error) != nullptr;
  EXPECT_EQ(error.message, "");
  EXPECT_EQ(ERR_peek_error(), 0ul);
  return made;
}

TEST(tls_context_of_certificate_and_key) {
  EXPECT(is_good(server_options(make_identity())));
  EXPECT(is_good(server_options(make_identity({.is_rsa = true}))));
}

TEST(tls_context_of_several_certificates_and_chains) {
  const Identity between = make_identity({.name = "between", .is_ca = true}, &test_ca());
  const Identity leaf = make_identity({}, &between);
  TlsOptions options = server_options(leaf);
  options.certs[0].text += between.cert_pem();
  const Identity rsa = make_identity({.is_rsa = true});
  options.certs.push_back({rsa.cert_pem(), "cert"});
  options.keys.push_back({rsa.key_pem(), "key"});
  EXPECT(is_good(options));
}

TEST(tls_context_names_what_is_no_certificate) {
  TlsOptions options = server_options(make_identity());
  options.certs[0].text = "nothing";
  EXPECT_EQ(error_of(options).code, "ERR_TLS_INVALID_CERT");
  EXPECT_EQ(error_of(options).message, "'c.pem' (cert) is no certificate in PEM: no start line");
  options.certs[0].text = make_identity().cert_pem();
  options.certs[0].text[100] = '!';
  EXPECT_EQ(error_of(options).code, "ERR_TLS_INVALID_CERT");
  // A good one in front does not make up for a damaged one behind it.
  options.certs[0].text = make_identity().cert_pem() + options.certs[0].text;
  EXPECT_EQ(error_of(options).code, "ERR_TLS_INVALID_CERT");
}

TEST(tls_context_names_what_is_no_key) {
  TlsOptions options = server_options(make_identity());
  options.keys[0].text = options.certs[0].text;
  EXPECT_EQ(error_of(options).code, "ERR_TLS_INVALID_KEY");
  EXPECT(error_of(options).message.starts_with("'k.pem' (key) is no private key in PEM: "));
}

TEST(tls_context_wants_the_key_of_the_certificate) {
  for (bool is_rsa : {false, true}) {
    TlsOptions options = server_options(make_identity());
    options.keys[0].text = make_identity({.is_rsa = is_rsa}).key_pem();
    EXPECT_EQ(error_of(options).code, "ERR_TLS_KEY_MISMATCH");
    EXPECT(error_of(options).message.starts_with(
        "'k.pem' (key) is not the key of the certificate in 'c.pem' (cert): "));
  }
}

TEST(tls_context_wants_the_passphrase_of_the_key) {
  const Identity identity = make_identity();
  TlsOptions options = server_options(identity);
  options.keys[0].text = identity.key_pem("open sesame");
  EXPECT_EQ(error_of(options).code, "ERR_TLS_WRONG_PASSPHRASE");
  EXPECT_EQ(error_of(options).message, "the key in 'k.pem' (key) is encrypted, and there is no passphrase");
  options.keys[0].passphrase = "open barley";
  EXPECT_EQ(error_of(options).code, "ERR_TLS_WRONG_PASSPHRASE");
  EXPECT(error_of(options).message.starts_with("the passphrase is not that of the key in 'k.pem' (key): "));
  options.keys[0].passphrase = std::string(5000, 'x');
  EXPECT_EQ(error_of(options).code, "ERR_TLS_WRONG_PASSPHRASE");
  options.keys[0].passphrase = "open sesame";
  EXPECT(is_good(options));
}

TEST(tls_context_refuses_certificates_out_of_their_time) {
  TlsOptionsError error = error_of(server_options(make_identity({.name = "old", .ends_s = -60})));
  EXPECT_EQ(error.code, "ERR_TLS_CERT_HAS_EXPIRED");
  EXPECT(error.message.starts_with("the certificate of CN = old in 'c.pem' (cert) expired on 20"));
  EXPECT(error.message.ends_with(" UTC"));
  error = error_of(server_options(make_identity({.name = "new", .begins_s = 60})));
  EXPECT_EQ(error.code, "ERR_TLS_CERT_NOT_YET_VALID");
  EXPECT(error.message.starts_with("the certificate of CN = new in 'c.pem' (cert) is not valid before 20"));
  // In the chain too.
  TlsOptions options = server_options(make_identity());
  options.certs[0].text += make_identity({.name = "old chain", .ends_s = -60}).cert_pem();
  EXPECT(error_of(options).message.starts_with("the certificate of CN = old chain in "));
}

TEST(tls_context_refuses_weak_keys) {
  const TlsOptionsError error = error_of(server_options(make_identity({.is_rsa = true, .rsa_bits = 1024})));
  EXPECT_EQ(error.code, "ERR_TLS_INVALID_CERT");
  EXPECT_EQ(error.message, "the certificate in 'c.pem' (cert) cannot be used: ee key too small");
}

TEST(tls_context_names_what_is_no_list_of_ca) {
  TlsOptions options = server_options(make_identity());
  options.ca = {{test_ca().cert_pem(), "a"}, {"?", "ca[1]"}};
  EXPECT_EQ(error_of(options).code, "ERR_TLS_INVALID_CA");
  EXPECT_EQ(error_of(options).message, "ca[1] is no list of certificates in PEM: no start line");
  options.ca.pop_back();
  EXPECT(is_good(options));
}

TEST(tls_context_ciphers) {
  TlsOptions options = server_options(make_identity());
  for (const char* good :
       {"TLS_AES_256_GCM_SHA384", "ECDHE+AESGCM", "TLS_AES_128_GCM_SHA256:ECDHE+AESGCM:!RSA"}) {
    options.ciphers = good;
    EXPECT(is_good(options));
  }
  for (const char* bad : {"NOTHING", "TLS_NOTHING", ":"}) {
    options.ciphers = bad;
    EXPECT_EQ(error_of(options).code, "ERR_TLS_INVALID_CIPHERS");
  }
  EXPECT_EQ(error_of(options).message, "ciphers ':' cannot be used: none is for the TLS versions allowed");
  options.ciphers = "TLS_AES_128_GCM_SHA256";
  options.version_max = TlsVersion::kTls12;
  EXPECT_EQ(error_of(options).code, "ERR_TLS_INVALID_CIPHERS");
}

TEST(tls_context_wants_a_key_for_each_certificate) {
  TlsOptions options = server_options(make_identity());
  options.certs.push_back(options.certs[0]);
  EXPECT_EQ(error_of(options).code, "ERR_TLS_KEY_MISMATCH");
  EXPECT_EQ(error_of(options).message, "each certificate needs a key: there are 2 in cert and 1 in key");
}

TEST(tls_context_wants_all_of_the_ticket_keys) {
  TlsOptions options = server_options(make_identity());
  options.ticket_secret = "short";
  EXPECT_EQ(error_of(options).code, "ERR_TLS_INVALID_TICKET_KEYS");
  EXPECT_EQ(error_of(options).message, "ticketKeys has 48 bytes, not 5");
}

TEST(tls_context_alpn_names) {
  TlsOptions options = server_options(make_identity());
  options.alpn_protocols = {std::string(255, 'a'), "b"};
  EXPECT(is_good(options));
  options.alpn_protocols = {std::string(256, 'a')};
  EXPECT_EQ(error_of(options).code, "ERR_TLS_INVALID_ALPN");
  options.alpn_protocols = {""};
  EXPECT_EQ(error_of(options).code, "ERR_TLS_INVALID_ALPN");
}

TEST(tls_context_of_a_client_trusts_the_system) {
  TlsOptions options;
  options.role = TlsRole::kClient;
  options.refuses_unauthorized = false;
  EXPECT(is_good(options));
  options.refuses_unauthorized = true;
  setenv("SSL_CERT_FILE", "/proc/self/exe", 1);
  // What is named there, and is no list, does not stand in the way of those that are.
  TlsOptionsError error;
  const bool made = TlsContext::create(options, error) != nullptr;
  EXPECT_EQ(made ? "" : "ERR_TLS_NO_SYSTEM_CA", error.code);
  unsetenv("SSL_CERT_FILE");
  EXPECT_EQ(ERR_peek_error(), 0ul);
}

}  // namespace
}  // namespace ntyws::testing
