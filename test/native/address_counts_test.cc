#include "session/address_counts.h"

#include "testing.h"

namespace ntyws {
namespace {

TEST(counts_each_address_by_itself) {
  AddressCounts counts(64);
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
  AddressCounts counts(64);
  auto plain = counts.take(*Address::parse("10.0.0.1"), 1);
  EXPECT(plain != nullptr);
  EXPECT(!counts.take(*Address::parse("::ffff:10.0.0.1"), 1));
}

// A regression: each of the 2^64 addresses that a customer has was counted by itself.
TEST(ipv6_addresses_with_the_same_prefix_are_one) {
  struct Case {
    const char* first;
    const char* second;
    uint32_t prefix_length;
    bool are_one;
  };
  const Case cases[] = {
      {"2001:db8:1:2::1", "2001:db8:1:2:ffff::2", 64, true},
      {"2001:db8:1:2::1", "2001:db8:1:3::1", 64, false},
      {"2001:db8:1:2::1", "2001:db8:1:3::1", 63, true},
      {"2001:db8:1:2::1", "2001:db8:1:ffff::1", 48, true},
      {"2001:db8::1", "2001:db8::1", 128, true},
      {"2001:db8::1", "2001:db8::2", 128, false},
      {"2001:db8::2", "2001:db8::3", 127, true},
      {"::1", "7fff::", 1, true},
      {"::1", "8000::", 1, false},
      // IPv4 counts whole, whatever the length.
      {"10.0.0.1", "10.0.0.2", 1, false},
      {"::ffff:10.0.0.1", "::ffff:10.0.0.2", 64, false},
      {"::ffff:10.0.0.1", "::", 64, false},
  };
  for (const Case& each : cases) {
    AddressCounts counts(each.prefix_length);
    auto first = counts.take(*Address::parse(each.first), 1);
    auto second = counts.take(*Address::parse(each.second), 1);
    EXPECT(first != nullptr);
    EXPECT_EQ(second == nullptr, each.are_one);
    first.reset();
    second.reset();
    EXPECT(counts.take(*Address::parse(each.second), 1) != nullptr);
  }
}

TEST(clients_of_unix_sockets_are_one) {
  AddressCounts counts(64);
  auto first = counts.take(*Address::at_path("/a"), 1);
  EXPECT(first && !counts.take(*Address::at_path("/b"), 1));
}

TEST(a_share_may_outlive_the_counts) {
  auto counts = std::make_unique<AddressCounts>(64);
  auto share = counts->take(*Address::parse("127.0.0.1"), 1);
  counts.reset();
  share.reset();
  EXPECT(true);
}

}  // namespace
}  // namespace ntyws
