#include "session/address_counts.h"

#include "testing.h"

namespace ntyws {
namespace {

TEST(counts_each_address_by_itself) {
  AddressCounts counts;
  const Address a = *Address::parse("127.0.0.1");
  const Address b = *Address::parse("::1");
  auto first = counts.take(a, 2);
  auto second = counts.take(a, 2);
  EXPECT(first && second);
  EXPECT(!counts.take(a, 2));
  auto other = counts.take(b, 2);
  EXPECT(other != nullptr);
  first.reset();
  EXPECT(counts.take(a, 2) != nullptr);
}

TEST(an_ipv4_client_is_the_same_through_an_ipv6_socket) {
  AddressCounts counts;
  auto plain = counts.take(*Address::parse("10.0.0.1"), 1);
  EXPECT(plain != nullptr);
  EXPECT(!counts.take(*Address::parse("::ffff:10.0.0.1"), 1));
}

TEST(a_share_may_outlive_the_counts) {
  auto counts = std::make_unique<AddressCounts>();
  auto share = counts->take(*Address::parse("127.0.0.1"), 1);
  counts.reset();
  share.reset();
  EXPECT(true);
}

}  // namespace
}  // namespace ntyws
