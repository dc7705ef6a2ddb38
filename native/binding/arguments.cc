#include "binding/arguments.h"

#include "base/limits.h"
#include "base/zlib.h"

namespace ntyws {
namespace {

constexpr uint32_t kInt32Max = INT32_MAX;
constexpr uint32_t kHeadersMax = 10'000;
// RFC 8446 §4.6.1: a week.
constexpr uint32_t kSessionTimeoutMaxS = 604'800;

// Most numbers are such, and TypeScript is what knows their ranges.
uint32_t positive(const Given& given) {
  return given.integer(0u, kInt32Max);
}

std::vector<PemText> pem_texts_from(const Given& given) {
  return given.list(limits::kArgumentListMax, [](const Given& each) {
    return PemText{each.member("text").text(), each.member("source").text(),
                   each.member("passphrase").text()};
  });
}

DeflateOptions deflate_options_from(const Given& given) {
  auto number8 = [&](const char* name, uint8_t least, uint8_t most) {
    return given.member(name).integer(least, most);
  };
  constexpr uint8_t kBitsMin = limits::kDeflateWindowBitsMin;
  constexpr uint8_t kBitsMax = limits::kDeflateWindowBitsMax;
  DeflateOptions options;
  options.server_no_context_takeover = given.member("serverNoContextTakeover").boolean();
  options.client_no_context_takeover = given.member("clientNoContextTakeover").boolean();
  options.server_max_window_bits = number8("serverMaxWindowBits", kBitsMin, kBitsMax);
  options.client_max_window_bits = number8("clientMaxWindowBits", kBitsMin, kBitsMax);
  options.level = number8("level", 1, 9);
  options.mem_level = number8("memLevel", 1, 9);
  options.threshold = positive(given.member("threshold"));
  if (!given.failed() && !zlib::functions()) given.refuse_value("be undefined in a process without zlib");
  return options;
}

// Or nothing, for the empty text.
std::optional<Address> address_or_none_from(const Given& given) {
  const std::string text = given.text();
  std::optional<Address> address;
  if (text.empty()) return address;
  address = Address::parse(text);
  if (!address) given.refuse_value("be an IP address");
  return address;
}

}  // namespace

Address address_from(const Given& given) {
  std::optional<Address> address = Address::parse(given.text());
  if (!address) given.refuse_value("be an IP address");
  return address.value_or(Address());
}

Address path_address_from(const Given& given) {
  std::optional<Address> address = Address::at_path(given.text());
  if (!address) given.refuse_value("be a path of 1 to 107 bytes without a zero byte");
  return address.value_or(Address());
}

std::vector<uint16_t> ports_from(const Given& given) {
  return given.list(limits::kArgumentListMax,
                    [](const Given& port) { return port.integer<uint16_t>(0, UINT16_MAX); });
}

ConnectionOptions connection_options_from(const Given& given) {
  auto number = [&](const char* name) { return positive(given.member(name)); };
  ConnectionOptions options;
  options.message_limits.bytes_max = number("maxPayload");
  options.message_limits.fragments_max = number("maxFragments");
  options.receive_rate_limits.messages_per_second = number("maxMessagesPerSecond");
  options.receive_rate_limits.bytes_per_second = number("maxBytesPerSecond");
  options.high_water_mark = number("highWaterMark");
  options.close_timeout_ms = number("closeTimeout");
  options.idle_timeout_ms = number("idleTimeout");
  options.sends_pings = given.member("sendPings").boolean();
  options.lifetime_max_ms = number("maxLifetime");
  options.head_bytes_max = given.member("maxHeaderSize").integer(size_t{1}, limits::kReceiveBytes);
  options.header_count_max = given.member("maxHeadersCount").integer(1u, kHeadersMax);
  const Given deflate = given.member("perMessageDeflate");
  if (!deflate.is_undefined()) options.deflate = deflate_options_from(deflate);
  return options;
}

ServerOptions server_options_from(const Given& given) {
  auto number = [&](const char* name) { return positive(given.member(name)); };
  ServerOptions options{connection_options_from(given)};
  options.backlog = static_cast<int>(number("backlog"));
  options.handshake_timeout_ms = number("handshakeTimeout");
  options.upgrade_timeout_ms = number("upgradeTimeout");
  options.connections_max = number("maxConnections");
  options.connections_per_address_max = number("maxConnectionsPerAddress");
  options.ipv6_prefix_length = given.member("ipv6PrefixLength").integer(1u, 128u);
  options.reuse_port = given.member("reusePort").boolean();
  options.asks_upgrade = given.member("asksUpgrade").boolean();
  options.reports_tls_errors = given.member("reportsTlsErrors").boolean();
  options.asks_request = given.member("asksRequest").boolean();
  return options;
}

TlsOptions tls_options_from(const Given& given) {
  auto version = [&](const char* name) {
    return given.member(name).integer(12, 13) == 12 ? TlsVersion::kTls12 : TlsVersion::kTls13;
  };
  TlsOptions options;
  options.certs = pem_texts_from(given.member("cert"));
  const Given key = given.member("key");
  options.keys = pem_texts_from(key);
  if (options.keys.size() != options.certs.size()) key.refuse_value("have as many elements as cert");
  options.ca = pem_texts_from(given.member("ca"));
  options.asks_certificate = given.member("requestCert").boolean();
  options.refuses_unauthorized = given.member("rejectUnauthorized").boolean();
  options.ciphers = given.member("ciphers").text_without_zero();
  options.version_min = version("minVersion");
  options.version_max = version("maxVersion");
  options.alpn_protocols =
      given.member("ALPNProtocols").list(limits::kArgumentListMax, [](const Given& each) {
        return each.text();
      });
  options.session_timeout_s = given.member("sessionTimeout").integer(1u, kSessionTimeoutMaxS);
  const Given ticket_keys = given.member("ticketKeys");
  options.ticket_secret = as_text(ticket_keys.bytes());
  if (!options.ticket_secret.empty() && options.ticket_secret.size() != kTicketSecretBytes) {
    ticket_keys.refuse_value("have 48 bytes, or none");
  }
  return options;
}

DialPlan dial_plan_from(const Given& given) {
  DialPlan plan;
  const Given path = given.member("path");
  const uint16_t port = given.member("port").integer<uint16_t>(0, UINT16_MAX);
  const Given addresses = given.member("addresses");
  if (!path.text().empty()) {
    plan.addresses.push_back(path_address_from(path));
  } else {
    plan.addresses = addresses.list(limits::kArgumentListMax, address_from);
    for (Address& address : plan.addresses) address.set_port(port);
    if (plan.addresses.empty()) addresses.refuse_value("have an element, or path be one");
  }
  plan.local = address_or_none_from(given.member("localAddress"));
  plan.tunnel = given.member("tunnel").latin1();
  plan.request = given.member("request").latin1();
  plan.protocols = given.member("protocols").latin1();
  plan.tls_host = given.member("tlsHost").text_without_zero();
  plan.asks_for_tls_host = given.member("asksForTlsHost").boolean();
  plan.server = given.member("server").text();
  return plan;
}

}  // namespace ntyws
