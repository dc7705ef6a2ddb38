#include "net/address.h"

#include <arpa/inet.h>

#include <cstring>

#include "loopback.h"
#include "testing.h"

namespace ntyws {
namespace {

TEST(reads_ipv4_literals) {
  std::optional<Address> address = Address::parse("127.0.0.1");
  if (!EXPECT(address)) return;
  EXPECT_EQ(address->family(), AF_INET);
  EXPECT_EQ(address->size(), sizeof(sockaddr_in));
  EXPECT_EQ(address->port(), 0);
  EXPECT_EQ(address->text(), "127.0.0.1");
  EXPECT(address->ipv4() == 0x7F000001u);
  address->set_port(65'535);
  EXPECT_EQ(address->port(), 65'535);
  address->set_port(8'888);
  EXPECT_EQ(address->port(), 8'888);
  EXPECT_EQ(address->text(), "127.0.0.1");
  EXPECT_EQ(reinterpret_cast<const sockaddr_in*>(address->raw())->sin_port, htons(8'888));
}

TEST(reads_ipv6_literals) {
  for (const char* text : {"::", "::1", "2001:db8::1", "fe80::1:2:3:4"}) {
    std::optional<Address> address = Address::parse(text);
    if (!EXPECT(address)) continue;
    EXPECT_EQ(address->family(), AF_INET6);
    EXPECT_EQ(address->size(), sizeof(sockaddr_in6));
    EXPECT_EQ(address->text(), text);
    EXPECT(!address->ipv4());
    address->set_port(8'888);
    EXPECT_EQ(address->port(), 8'888);
  }
  EXPECT_EQ(Address::parse("2001:DB8:0:0:0:0:0:1")->text(), "2001:db8::1");
}

TEST(shows_mapped_addresses_as_ipv4) {
  const std::optional<Address> address = Address::parse("::ffff:10.1.2.3");
  if (!EXPECT(address)) return;
  EXPECT_EQ(address->family(), AF_INET6);
  EXPECT_EQ(address->text(), "10.1.2.3");
  EXPECT(address->ipv4() == 0x0A010203u);
}

TEST(refuses_everything_else) {
  for (const char* text : {"", " ", "localhost", "example.com", "256.0.0.1", "1.2.3.4.5", "127.0.0.1:80",
                           "[::1]", ":::", "::1 ", "1::2::3", "12345::", "127.0.0.1/8"}) {
    if (!EXPECT(!Address::parse(text))) testing::fail(__FILE__, __LINE__, testing::quoted(text));
  }
  EXPECT(!Address::parse(std::string_view("127.0.0.1\0x", 11)));
}

TEST(the_kernel_writes_into_it) {
  const UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const std::optional<Address> loopback = Address::parse("127.0.0.1");
  EXPECT_EQ(bind(fd.get(), loopback->raw(), loopback->size()), 0);
  Address bound;
  EXPECT_EQ(getsockname(fd.get(), bound.raw(), bound.raw_size()), 0);
  EXPECT_EQ(bound.text(), "127.0.0.1");
  EXPECT_EQ(bound.size(), sizeof(sockaddr_in));
  EXPECT(bound.port() != 0);
}

}  // namespace
}  // namespace ntyws
