#include "net/tls_error.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include "testing.h"

namespace ntyws::testing {
namespace {

TEST(tls_error_is_the_first_of_the_queue_which_is_empty_then) {
  ERR_raise(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER);
  ERR_raise(ERR_LIB_SSL, ERR_R_INTERNAL_ERROR);
  EXPECT_EQ(take_tls_error(), "no shared cipher");
  EXPECT_EQ(take_tls_error(), "no reason given");
}

TEST(tls_error_without_a_text) {
  ERR_raise(ERR_LIB_USER, 777);
  EXPECT_EQ(take_tls_error(), "error 777 of OpenSSL");
}

TEST(verify_errors_have_the_names_of_node) {
  EXPECT_EQ(verify_error_code(X509_V_OK), "");
  EXPECT_EQ(verify_error_code(X509_V_ERR_CERT_HAS_EXPIRED), "CERT_HAS_EXPIRED");
  EXPECT_EQ(verify_error_code(X509_V_ERR_HOSTNAME_MISMATCH), "HOSTNAME_MISMATCH");
  EXPECT_EQ(verify_error_code(9999), "UNSPECIFIED");
}

}  // namespace
}  // namespace ntyws::testing
