// The Sec-WebSocket-Extensions header fields of a request or response (RFC 6455 §9.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/http_head.h"

namespace ntyws {

struct ExtensionParameter {
  std::string_view name;
  std::optional<std::string> value;  // a token, whether it came in quotes or not
};

struct Extension {
  std::string_view name;
  std::vector<ExtensionParameter> parameters;  // in their order, repeated ones too
};

// Those of all such fields, in their order; nothing when one of them is malformed. The views point into the
// head's bytes.
std::optional<std::vector<Extension>> parse_extensions(const HttpHead& head);

}  // namespace ntyws
