// Which OpenSSL we were compiled against and which one is linked in. They must be the same: headers of one
// with code of another is a crash waiting.
#pragma once

namespace ntyws {

unsigned long openssl_header_version();
unsigned long openssl_library_version();

}  // namespace ntyws
