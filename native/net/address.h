// Where sockets are: IP addresses with a port, and paths of Unix sockets, as text and as the kernel wants
// them.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ntyws {

class Address {
 public:
  // Reads an IPv4 or IPv6 literal, the latter with an optional %zone; names are not looked up.
  static std::optional<Address> parse(std::string_view literal);
  // A Unix socket's path; nothing for one that is empty, too long (107 bytes) or has a zero byte.
  static std::optional<Address> at_path(std::string_view path);

  // Where accept4, getsockname and the like write to.
  sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage_); }
  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t* raw_size() { return &size_; }
  socklen_t size() const { return size_; }

  int family() const { return storage_.ss_family; }
  bool is_unix() const { return family() == AF_UNIX; }
  // 0 for a Unix socket, and then there is none to set.
  uint16_t port() const;
  void set_port(uint16_t port);

  // The address without the port. An IPv4 address that came in through an IPv6 socket is an IPv4 address.
  // Empty for a Unix socket: whoever connects to one has no path, as a rule.
  std::string text() const;
  // The same as a number in host order, when it is IPv4.
  std::optional<uint32_t> ipv4() const;

  // The first `ipv6_prefix_length` bits of an IPv6 address, zeros behind them. An IPv4 address, in whichever
  // family it came, is its own network, by its IPv6 form. All Unix sockets are in one.
  using Network = std::array<uint8_t, 16>;
  Network network(uint32_t ipv6_prefix_length) const;

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = sizeof storage_;
};

}  // namespace ntyws
