#include "net/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/un.h>

#include <cstring>

namespace ntyws {

std::optional<Address> Address::parse(std::string_view literal) {
  // getaddrinfo would stop at it.
  if (literal.find('\0') != std::string_view::npos) return std::nullopt;
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(std::string(literal).c_str(), nullptr, &hints, &found) != 0) return std::nullopt;
  Address address;
  std::memcpy(&address.storage_, found->ai_addr, found->ai_addrlen);
  address.size_ = found->ai_addrlen;
  freeaddrinfo(found);
  return address;
}

std::optional<Address> Address::at_path(std::string_view path) {
  Address address;
  sockaddr_un& local = reinterpret_cast<sockaddr_un&>(address.storage_);
  const bool fits = !path.empty() && path.size() < sizeof local.sun_path;
  if (!fits || path.find('\0') != std::string_view::npos) return std::nullopt;
  local.sun_family = AF_UNIX;
  path.copy(local.sun_path, path.size());
  address.size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return address;
}

uint16_t Address::port() const {
  if (is_unix()) return 0;
  if (family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(storage_).sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in&>(storage_).sin_port);
}

void Address::set_port(uint16_t port) {
  if (is_unix()) return;
  if (family() == AF_INET6) {
    reinterpret_cast<sockaddr_in6&>(storage_).sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in&>(storage_).sin_port = htons(port);
  }
}

std::string Address::text() const {
  if (is_unix()) return {};
  char text[INET6_ADDRSTRLEN] = "";
  if (std::optional<uint32_t> number = ipv4()) {
    in_addr address{htonl(*number)};
    inet_ntop(AF_INET, &address, text, sizeof text);
  } else {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(storage_).sin6_addr, text, sizeof text);
  }
  return text;
}

std::optional<uint32_t> Address::ipv4() const {
  uint32_t number;
  if (is_unix()) return std::nullopt;
  if (family() == AF_INET) {
    return ntohl(reinterpret_cast<const sockaddr_in&>(storage_).sin_addr.s_addr);
  }
  const in6_addr& v6 = reinterpret_cast<const sockaddr_in6&>(storage_).sin6_addr;
  if (!IN6_IS_ADDR_V4MAPPED(&v6)) return std::nullopt;
  std::memcpy(&number, &v6.s6_addr[12], sizeof number);
  return ntohl(number);
}

Address::Network Address::network(uint32_t ipv6_prefix_length) const {
  Network network{};
  if (is_unix()) return network;
  if (const std::optional<uint32_t> number = ipv4()) {
    network[10] = network[11] = 0xFF;
    const uint32_t in_network_order = htonl(*number);
    std::memcpy(&network[12], &in_network_order, sizeof in_network_order);
    return network;
  }
  std::memcpy(network.data(), &reinterpret_cast<const sockaddr_in6&>(storage_).sin6_addr, network.size());
  for (size_t i = 0; i < network.size(); ++i) {
    const size_t bits_before = 8 * i;
    if (bits_before + 8 <= ipv6_prefix_length) continue;
    const size_t bits = ipv6_prefix_length > bits_before ? ipv6_prefix_length - bits_before : 0;
    network[i] &= static_cast<uint8_t>(0xFF00 >> bits);
  }
  return network;
}

}  // namespace ntyws
