#include "net/pem.h"

#include <openssl/err.h>

#include "net/tls_error.h"
#include "testing.h"
#include "tls_certificates.h"

namespace ntyws::testing {
namespace {

TEST(pem_certificates_in_their_order) {
  const Identity first = make_identity({.name = "first"});
  const Identity second = make_identity({.name = "second"});
  const auto read = read_certificates("text before\n" + first.cert_pem() + "between\n" + second.cert_pem());
  if (!EXPECT_EQ(read.size(), 2)) return;
  EXPECT_EQ(subject_text(read[0].get()), "CN = first");
  EXPECT_EQ(subject_text(read[1].get()), "CN = second");
  EXPECT_EQ(ERR_peek_error(), 0ul);
}

TEST(pem_without_a_certificate_says_why) {
  EXPECT(read_certificates("").empty());
  EXPECT_EQ(take_tls_error(), "no start line");
  EXPECT(read_certificates(make_identity().cert_pem().substr(0, 100)).empty());
  EXPECT(take_tls_error() != "no reason given");
}

TEST(pem_keys_and_their_passphrases) {
  const Identity identity = make_identity();
  EXPECT(read_private_key(identity.key_pem(), {}).key != nullptr);
  EXPECT(!read_private_key(identity.key_pem(), "not needed").is_encrypted);
  const std::string hidden = identity.key_pem("open sesame");
  EXPECT(read_private_key(hidden, "open sesame").key != nullptr);
  for (std::string_view wrong : {"", "open barley"}) {
    const PrivateKey read = read_private_key(hidden, wrong);
    EXPECT(read.key == nullptr);
    EXPECT(read.is_encrypted);
  }
  take_tls_error();
}

TEST(pem_dates_are_in_words) {
  ASN1_TIME* const time = ASN1_TIME_set(nullptr, 86'399);
  EXPECT_EQ(date_text(time), "1970-01-01 23:59:59 UTC");
  ASN1_TIME_free(time);
}

}  // namespace
}  // namespace ntyws::testing
