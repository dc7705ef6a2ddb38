#include "net/tls_error.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

namespace ntyws {

std::string take_tls_error() {
  // The first entry is the cause; those behind it say who passed it on.
  const unsigned long error = ERR_peek_error();
  ERR_clear_error();
  if (error == 0) return "no reason given";
  const char* reason = ERR_reason_error_string(error);
  if (reason) return reason;
  return "error " + std::to_string(ERR_GET_REASON(error)) + " of OpenSSL";
}

std::string verify_error_code(long error) {
  switch (error) {
    case X509_V_OK:
      return {};
#define NTYWS_NAMED(name) \
  case X509_V_ERR_##name: \
    return #name;
      NTYWS_NAMED(UNABLE_TO_GET_ISSUER_CERT)
      NTYWS_NAMED(UNABLE_TO_GET_CRL)
      NTYWS_NAMED(UNABLE_TO_DECRYPT_CERT_SIGNATURE)
      NTYWS_NAMED(UNABLE_TO_DECRYPT_CRL_SIGNATURE)
      NTYWS_NAMED(UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY)
      NTYWS_NAMED(CERT_SIGNATURE_FAILURE)
      NTYWS_NAMED(CRL_SIGNATURE_FAILURE)
      NTYWS_NAMED(CERT_NOT_YET_VALID)
      NTYWS_NAMED(CERT_HAS_EXPIRED)
      NTYWS_NAMED(CRL_NOT_YET_VALID)
      NTYWS_NAMED(CRL_HAS_EXPIRED)
      NTYWS_NAMED(ERROR_IN_CERT_NOT_BEFORE_FIELD)
      NTYWS_NAMED(ERROR_IN_CERT_NOT_AFTER_FIELD)
      NTYWS_NAMED(ERROR_IN_CRL_LAST_UPDATE_FIELD)
      NTYWS_NAMED(ERROR_IN_CRL_NEXT_UPDATE_FIELD)
      NTYWS_NAMED(OUT_OF_MEM)
      NTYWS_NAMED(DEPTH_ZERO_SELF_SIGNED_CERT)
      NTYWS_NAMED(SELF_SIGNED_CERT_IN_CHAIN)
      NTYWS_NAMED(UNABLE_TO_GET_ISSUER_CERT_LOCALLY)
      NTYWS_NAMED(UNABLE_TO_VERIFY_LEAF_SIGNATURE)
      NTYWS_NAMED(CERT_CHAIN_TOO_LONG)
      NTYWS_NAMED(CERT_REVOKED)
      NTYWS_NAMED(INVALID_CA)
      NTYWS_NAMED(PATH_LENGTH_EXCEEDED)
      NTYWS_NAMED(INVALID_PURPOSE)
      NTYWS_NAMED(CERT_UNTRUSTED)
      NTYWS_NAMED(CERT_REJECTED)
      NTYWS_NAMED(HOSTNAME_MISMATCH)
      NTYWS_NAMED(IP_ADDRESS_MISMATCH)
#undef NTYWS_NAMED
    default:
      return "UNSPECIFIED";
  }
}

}  // namespace ntyws
