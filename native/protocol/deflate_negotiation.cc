#include "protocol/deflate_negotiation.h"

#include <algorithm>

#include "protocol/extension_list.h"

namespace ntyws {
namespace {

constexpr std::string_view kName = "permessage-deflate";
constexpr uint8_t kBitsMin = limits::kDeflateWindowBitsMin;
constexpr uint8_t kBitsMax = limits::kDeflateWindowBitsMax;

enum class From : uint8_t { kClient, kServer };

// The parameters of one offer or answer.
struct Parameters {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  bool has_client_max_window_bits = false;  // an offer's may be without a value
  std::optional<uint8_t> server_max_window_bits;
  std::optional<uint8_t> client_max_window_bits;
};

// A decimal number without leading zeros.
std::optional<uint8_t> parse_bits(const std::string& value) {
  for (uint8_t bits = kBitsMin; bits <= kBitsMax; ++bits) {
    if (value == std::to_string(bits)) return bits;
  }
  return std::nullopt;
}

// False for a parameter that is unknown or has a value that it may not have, or none that it needs.
bool read_parameter(const ExtensionParameter& parameter, From from, Parameters& parameters) {
  const std::string_view name = parameter.name;
  const std::optional<uint8_t> bits = parameter.value ? parse_bits(*parameter.value) : std::nullopt;
  if (name == "server_no_context_takeover") {
    parameters.server_no_context_takeover = true;
    return !parameter.value;
  }
  if (name == "client_no_context_takeover") {
    parameters.client_no_context_takeover = true;
    return !parameter.value;
  }
  if (name == "server_max_window_bits") {
    parameters.server_max_window_bits = bits;
    return bits.has_value();
  }
  if (name == "client_max_window_bits") {
    parameters.has_client_max_window_bits = true;
    parameters.client_max_window_bits = bits;
    return bits.has_value() || (from == From::kClient && !parameter.value);
  }
  return false;
}

std::optional<Parameters> read_parameters(const Extension& extension, From from) {
  Parameters parameters;
  const std::vector<ExtensionParameter>& given = extension.parameters;
  for (auto each = given.begin(); each != given.end(); ++each) {
    const auto is_same = [each](const ExtensionParameter& other) { return other.name == each->name; };
    if (std::any_of(given.begin(), each, is_same)) return std::nullopt;
    if (!read_parameter(*each, from, parameters)) return std::nullopt;
  }
  return parameters;
}

std::string with_bits(std::string_view name, uint8_t bits) {
  return "; " + std::string(name) + "=" + std::to_string(bits);
}

DeflateAnswer accept_offer(const Parameters& offer, const DeflateOptions& options) {
  DeflateAgreement agreed;
  agreed.server_no_context_takeover = offer.server_no_context_takeover || options.server_no_context_takeover;
  agreed.client_no_context_takeover = offer.client_no_context_takeover || options.client_no_context_takeover;
  agreed.server_max_window_bits =
      std::min(offer.server_max_window_bits.value_or(kBitsMax), options.server_max_window_bits);
  // Of a client that does not say so it may not be asked (RFC 7692 §7.1.2.2).
  if (offer.has_client_max_window_bits) {
    agreed.client_max_window_bits =
        std::min(offer.client_max_window_bits.value_or(kBitsMax), options.client_max_window_bits);
  }

  std::string response(kName);
  if (agreed.server_no_context_takeover) response += "; server_no_context_takeover";
  if (agreed.client_no_context_takeover) response += "; client_no_context_takeover";
  if (offer.server_max_window_bits || agreed.server_max_window_bits < kBitsMax) {
    response += with_bits("server_max_window_bits", agreed.server_max_window_bits);
  }
  if (agreed.client_max_window_bits < kBitsMax) {
    response += with_bits("client_max_window_bits", agreed.client_max_window_bits);
  }
  return {.agreement = agreed, .response = std::move(response)};
}

// Whether the answer keeps to what was asked for (RFC 7692 §7.1.1, §7.1.2).
bool fits(const Parameters& answer, const DeflateOptions& options) {
  if (options.server_no_context_takeover && !answer.server_no_context_takeover) return false;
  return answer.server_max_window_bits.value_or(kBitsMax) <= options.server_max_window_bits;
}

}  // namespace

std::string deflate_offer(const DeflateOptions& options) {
  std::string offer(kName);
  if (options.server_no_context_takeover) offer += "; server_no_context_takeover";
  if (options.client_no_context_takeover) offer += "; client_no_context_takeover";
  if (options.server_max_window_bits < kBitsMax) {
    offer += with_bits("server_max_window_bits", options.server_max_window_bits);
  }
  // Without a number, as browsers have it: ws refuses those that are smaller than its own, and the client's
  // window may be smaller than what it was allowed anyway.
  return offer + "; client_max_window_bits";
}

DeflateAnswer answer_deflate_offer(const HttpHead& request, const DeflateOptions& options) {
  const std::optional<std::vector<Extension>> offers = parse_extensions(request);
  if (!offers) return {.is_malformed = true, .agreement = {}, .response = {}};
  for (const Extension& offer : *offers) {
    if (offer.name != kName) continue;
    if (const std::optional<Parameters> offered = read_parameters(offer, From::kClient)) {
      return accept_offer(*offered, options);
    }
  }
  return {};
}

DeflateVerdict judge_deflate_answer(const HttpHead& response, const DeflateOptions* options,
                                    DeflateAgreement& agreement) {
  const std::optional<std::vector<Extension>> chosen = parse_extensions(response);
  if (!chosen) return DeflateVerdict::kInvalid;
  if (chosen->empty()) return DeflateVerdict::kNone;
  if (!options || chosen->size() > 1 || chosen->front().name != kName) return DeflateVerdict::kNotOffered;
  const std::optional<Parameters> answer = read_parameters(chosen->front(), From::kServer);
  if (!answer || !fits(*answer, *options)) return DeflateVerdict::kInvalid;
  agreement.server_no_context_takeover = answer->server_no_context_takeover;
  agreement.client_no_context_takeover =
      answer->client_no_context_takeover || options->client_no_context_takeover;
  agreement.server_max_window_bits = answer->server_max_window_bits.value_or(kBitsMax);
  // A smaller window than the server allows is ours to choose.
  agreement.client_max_window_bits =
      std::min(answer->client_max_window_bits.value_or(kBitsMax), options->client_max_window_bits);
  return DeflateVerdict::kAgreed;
}

}  // namespace ntyws
