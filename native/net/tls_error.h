// What OpenSSL says went wrong, in words. Its queue of errors belongs to the thread: it is empty between our
// calls, as an old entry would be taken for the reason of the next failure.
#pragma once

#include <string>

namespace ntyws {

// OpenSSL's reason for the failure that has just been, and empties the queue.
std::string take_tls_error();

// Node's name for why a certificate was not accepted (X509_V_ERR_…, OpenSSL's number): CERT_HAS_EXPIRED and
// so on. Empty for 0, when it was.
std::string verify_error_code(long error);

}  // namespace ntyws
