#include "base/openssl_version.h"

#include <openssl/crypto.h>
#include <openssl/opensslv.h>

namespace ntyws {

unsigned long openssl_header_version() {
  return OPENSSL_VERSION_NUMBER;
}
unsigned long openssl_library_version() {
  return OpenSSL_version_num();
}

}  // namespace ntyws
