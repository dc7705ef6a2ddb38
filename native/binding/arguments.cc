#include "binding/arguments.h"

namespace ntyws {
namespace {

bool to_bool(Napi::Value value) {
  return !value.IsEmpty() && value.As<Napi::Boolean>().Value();
}

std::vector<std::string> texts_from(Napi::Value value) {
  std::vector<std::string> texts;
  if (value.IsEmpty()) return texts;
  Napi::Array given = value.As<Napi::Array>();
  for (uint32_t i = 0; i < given.Length(); ++i) texts.push_back(text_from(given.Get(i)));
  return texts;
}

std::vector<PemText> pem_texts_from(Napi::Value value) {
  std::vector<PemText> texts;
  if (value.IsEmpty()) return texts;
  Napi::Array given = value.As<Napi::Array>();
  for (uint32_t i = 0; i < given.Length(); ++i) {
    Napi::Object each = given.Get(i).As<Napi::Object>();
    texts.push_back(
        {text_from(each.Get("text")), text_from(each.Get("source")), text_from(each.Get("passphrase"))});
  }
  return texts;
}

// Of text that goes into header fields, whose bytes are characters.
std::string to_latin1(Napi::Value value) {
  size_t size = 0;
  if (value.IsEmpty() || napi_get_value_string_latin1(value.Env(), value, nullptr, 0, &size) != napi_ok)
    return {};
  std::string text(size, '\0');
  napi_get_value_string_latin1(value.Env(), value, text.data(), size + 1, &size);
  return text;
}

DeflateOptions deflate_options_from(Napi::Object given) {
  auto number8 = [&](const char* name) { return static_cast<uint8_t>(to_number(given.Get(name))); };
  DeflateOptions options;
  options.server_no_context_takeover = to_bool(given.Get("serverNoContextTakeover"));
  options.client_no_context_takeover = to_bool(given.Get("clientNoContextTakeover"));
  options.server_max_window_bits = number8("serverMaxWindowBits");
  options.client_max_window_bits = number8("clientMaxWindowBits");
  options.level = number8("level");
  options.mem_level = number8("memLevel");
  options.threshold = static_cast<uint32_t>(to_number(given.Get("threshold")));
  return options;
}

}  // namespace

int64_t to_number(Napi::Value value) {
  return value.IsEmpty() ? 0 : value.As<Napi::Number>().Int64Value();
}

std::string text_from(Napi::Value value) {
  return value.IsEmpty() ? std::string() : value.As<Napi::String>().Utf8Value();
}

std::vector<uint16_t> ports_from(Napi::Value value) {
  Napi::Array given = value.As<Napi::Array>();
  std::vector<uint16_t> ports;
  for (uint32_t i = 0; i < given.Length(); ++i) {
    ports.push_back(static_cast<uint16_t>(to_number(given.Get(i))));
  }
  return ports;
}

Address address_from(Napi::Value value) {
  std::optional<Address> address = Address::parse(value.As<Napi::String>().Utf8Value());
  NTYWS_CHECK(address.has_value());
  return *address;
}

ConnectionOptions connection_options_from(Napi::Object given) {
  auto number = [&](const char* name) { return to_number(given.Get(name)); };
  auto number32 = [&](const char* name) { return static_cast<uint32_t>(number(name)); };
  ConnectionOptions options;
  options.message_limits.bytes_max = static_cast<uint64_t>(number("maxPayload"));
  options.message_limits.fragments_max = number32("maxFragments");
  options.receive_rate_limits.messages_per_second = number32("maxMessagesPerSecond");
  options.receive_rate_limits.bytes_per_second = number32("maxBytesPerSecond");
  options.high_water_mark = static_cast<uint64_t>(number("highWaterMark"));
  options.close_timeout_ms = number32("closeTimeout");
  options.idle_timeout_ms = number32("idleTimeout");
  options.sends_pings = to_bool(given.Get("sendPings"));
  options.lifetime_max_ms = number32("maxLifetime");
  options.head_bytes_max = number32("maxHeaderSize");
  options.header_count_max = number32("maxHeadersCount");
  const Napi::Value deflate = given.Get("perMessageDeflate");
  if (!deflate.IsEmpty() && deflate.IsObject()) {
    options.deflate = deflate_options_from(deflate.As<Napi::Object>());
  }
  return options;
}

ServerOptions server_options_from(Napi::Object given) {
  auto number32 = [&](const char* name) { return static_cast<uint32_t>(to_number(given.Get(name))); };
  ServerOptions options{connection_options_from(given)};
  options.backlog = static_cast<int>(number32("backlog"));
  options.handshake_timeout_ms = number32("handshakeTimeout");
  options.upgrade_timeout_ms = number32("upgradeTimeout");
  options.connections_max = number32("maxConnections");
  options.connections_per_address_max = number32("maxConnectionsPerAddress");
  options.ipv6_prefix_length = number32("ipv6PrefixLength");
  options.reuse_port = to_bool(given.Get("reusePort"));
  options.asks_upgrade = to_bool(given.Get("asksUpgrade"));
  options.reports_tls_errors = to_bool(given.Get("reportsTlsErrors"));
  options.asks_request = to_bool(given.Get("asksRequest"));
  return options;
}

TlsOptions tls_options_from(Napi::Object given) {
  auto version = [&](const char* name) {
    return to_number(given.Get(name)) == 12 ? TlsVersion::kTls12 : TlsVersion::kTls13;
  };
  TlsOptions options;
  options.certs = pem_texts_from(given.Get("cert"));
  options.keys = pem_texts_from(given.Get("key"));
  options.ca = pem_texts_from(given.Get("ca"));
  options.asks_certificate = to_bool(given.Get("requestCert"));
  options.refuses_unauthorized = to_bool(given.Get("rejectUnauthorized"));
  options.ciphers = text_from(given.Get("ciphers"));
  options.version_min = version("minVersion");
  options.version_max = version("maxVersion");
  options.alpn_protocols = texts_from(given.Get("ALPNProtocols"));
  options.session_timeout_s = static_cast<uint32_t>(to_number(given.Get("sessionTimeout")));
  Napi::Value ticket_keys = given.Get("ticketKeys");
  if (!ticket_keys.IsEmpty()) {
    Napi::Uint8Array secret = ticket_keys.As<Napi::Uint8Array>();
    options.ticket_secret = as_text({secret.Data(), secret.ByteLength()});
  }
  return options;
}

DialPlan dial_plan_from(Napi::Object given) {
  DialPlan plan;
  const std::string path = text_from(given.Get("path"));
  const uint16_t port = static_cast<uint16_t>(to_number(given.Get("port")));
  const Napi::Value addresses = given.Get("addresses");
  if (!path.empty()) {
    plan.addresses.push_back(*Address::at_path(path));
  } else if (!addresses.IsEmpty()) {
    for (uint32_t i = 0; i < addresses.As<Napi::Array>().Length(); ++i) {
      plan.addresses.push_back(address_from(addresses.As<Napi::Array>().Get(i)));
      plan.addresses.back().set_port(port);
    }
  }
  const std::string local = text_from(given.Get("localAddress"));
  if (!local.empty()) plan.local = Address::parse(local);
  plan.tunnel = to_latin1(given.Get("tunnel"));
  plan.request = to_latin1(given.Get("request"));
  plan.protocols = to_latin1(given.Get("protocols"));
  plan.tls_host = text_from(given.Get("tlsHost"));
  plan.asks_for_tls_host = to_bool(given.Get("asksForTlsHost"));
  plan.server = text_from(given.Get("server"));
  return plan;
}

}  // namespace ntyws
