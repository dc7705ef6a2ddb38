#include "net/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <climits>
#include <ctime>

namespace ntyws {
namespace {

using BioHandle = std::unique_ptr<BIO, FreedBy<BIO, BIO_free_all>>;

// Null, with the reason in the queue, when OpenSSL cannot take a text of this length.
BioHandle open_text(std::string_view text) {
  if (text.size() > INT_MAX) {
    ERR_raise(ERR_LIB_PEM, PEM_R_HEADER_TOO_LONG);
    return nullptr;
  }
  return BioHandle(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Asked for when PEM is encrypted. Without one OpenSSL would ask on the terminal.
struct Passphrase {
  std::string_view text;
  bool was_asked = false;

  static int give(char* into, int size, int, void* self) {
    Passphrase& passphrase = *static_cast<Passphrase*>(self);
    passphrase.was_asked = true;
    if (passphrase.text.empty() || passphrase.text.size() > static_cast<size_t>(size)) return -1;
    std::copy(passphrase.text.begin(), passphrase.text.end(), into);
    return static_cast<int>(passphrase.text.size());
  }
};

}  // namespace

std::vector<CertificateHandle> read_certificates(std::string_view text) {
  std::vector<CertificateHandle> certificates;
  BioHandle bio = open_text(text);
  if (!bio) return certificates;
  Passphrase none;
  while (X509* next = PEM_read_bio_X509_AUX(bio.get(), nullptr, Passphrase::give, &none)) {
    certificates.emplace_back(next);
  }
  const unsigned long end = ERR_peek_last_error();
  if (ERR_GET_LIB(end) == ERR_LIB_PEM && ERR_GET_REASON(end) == PEM_R_NO_START_LINE) {
    if (!certificates.empty()) ERR_clear_error();
  } else {
    certificates.clear();
  }
  return certificates;
}

PrivateKey read_private_key(std::string_view text, std::string_view given) {
  Passphrase passphrase{given};
  BioHandle bio = open_text(text);
  if (!bio) return {nullptr, false};
  KeyHandle key(PEM_read_bio_PrivateKey(bio.get(), nullptr, Passphrase::give, &passphrase));
  return {std::move(key), passphrase.was_asked};
}

std::string subject_text(const X509* certificate) {
  BioHandle bio(BIO_new(BIO_s_mem()));
  if (!bio) return "an unknown name";
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate), 0,
                     XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  char* text;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

std::string date_text(const ASN1_TIME* time) {
  tm parts;
  char text[32];
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unknown date";
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text;
}

}  // namespace ntyws
