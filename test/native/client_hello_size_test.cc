#include "net/client_hello_size.h"

#include <string>

#include "base/limits.h"
#include "testing.h"

namespace ntyws::testing {
namespace {

// A hello's header, and the beginning of its body, in records of this size.
std::string hello_of(size_t size, size_t record_size) {
  std::string message("\x01\0\0\0\x03\x03", 6);
  message[1] = static_cast<char>(size >> 16);
  message[2] = static_cast<char>(size >> 8);
  message[3] = static_cast<char>(size);
  std::string records;
  for (size_t at = 0; at < message.size(); at += record_size) {
    const std::string part = message.substr(at, record_size);
    records += std::string("\x16\x03\x01\0", 4) + static_cast<char>(part.size()) + part;
  }
  return records;
}

// How many bytes, given one by one, are admitted.
size_t admitted(std::string_view bytes) {
  ClientHelloSize size;
  size_t count = 0;
  while (count < bytes.size() && size.admit(as_bytes(bytes.substr(count, 1)))) ++count;
  return count;
}

TEST(client_hello_size_at_its_limit) {
  for (const size_t record_size : {1, 2, 3, 4, 6}) {
    const std::string fits = hello_of(limits::kClientHelloBytesMax, record_size);
    EXPECT(ClientHelloSize().admit(as_bytes(fits)));
    EXPECT_EQ(admitted(fits), fits.size());
    for (const size_t size : {limits::kClientHelloBytesMax + 1, size_t{131'396}, size_t{0xFFFFFF}}) {
      const std::string too_long = hello_of(size, record_size);
      EXPECT(!ClientHelloSize().admit(as_bytes(too_long)));
      EXPECT(admitted(too_long) < too_long.size());
    }
  }
}

// At the last byte of the message's header, which is the ninth.
TEST(client_hello_size_is_known_at_once) {
  EXPECT_EQ(admitted(hello_of(131'396, 6)), 8);
}

TEST(client_hello_size_behind_empty_records) {
  const std::string empty("\x16\x03\x01\0\0", 5);
  EXPECT(ClientHelloSize().admit(as_bytes(empty + empty + hello_of(300, 6))));
  EXPECT(!ClientHelloSize().admit(as_bytes(empty + empty + hello_of(131'396, 6))));
}

TEST(client_hello_size_of_what_is_none) {
  for (const std::string& other :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string("\x80\x2e\x01\x03\x01\xff\xff\xff\xff", 9),
        std::string("\x15\x03\x01\0\x02\xff\xff\xff\xff\xff", 10), std::string()}) {
    EXPECT(ClientHelloSize().admit(as_bytes(other)));
  }
}

// What comes behind the header is the body, or another message: not looked at.
TEST(client_hello_size_looks_no_further) {
  EXPECT(ClientHelloSize().admit(as_bytes(hello_of(2, 6) + hello_of(131'396, 6))));
}

}  // namespace
}  // namespace ntyws::testing
