// IP addresses with a port, as text and as the kernel wants them.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ntyws {

class Address {
 public:
  // Reads an IPv4 or IPv6 literal, the latter with an optional %zone; names are not looked up.
  static std::optional<Address> parse(std::string_view literal);

  // Where accept4, getsockname and the like write to.
  sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage_); }
  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t* raw_size() { return &size_; }
  socklen_t size() const { return size_; }

  int family() const { return storage_.ss_family; }
  uint16_t port() const;
  void set_port(uint16_t port);

  // The address without the port. An IPv4 address that came in through an IPv6 socket is an IPv4 address.
  std::string text() const;
  // The same as a number in host order, when it is IPv4.
  std::optional<uint32_t> ipv4() const;

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = sizeof storage_;
};

}  // namespace ntyws
