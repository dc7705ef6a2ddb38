#include "protocol/opening_error.h"

#include <iterator>

#include "base/check.h"

namespace ntyws {
namespace {

struct Row {
  OpeningError kind;
  OpeningErrorInfo info;
};

constexpr Row kRows[] = {
    {OpeningError::kConnect, {{}, "could not be connected to"}},
    {OpeningError::kBroken, {{}, "broke the connection off"}},
    {OpeningError::kEnded, {"WS_ERR_NO_RESPONSE", "ended the connection without a response"}},
    {OpeningError::kTls, {"ERR_TLS_FAILED", "could not be spoken to securely"}},
    {OpeningError::kTimeout, {"WS_ERR_HANDSHAKE_TIMEOUT", "did not answer in time"}},
    {OpeningError::kMalformed, {"WS_ERR_INVALID_RESPONSE", "sent a response that is not valid HTTP/1.1"}},
    {OpeningError::kTooLong,
     {"WS_ERR_RESPONSE_TOO_LONG", "sent a response whose header fields are too long"}},
    {OpeningError::kRefused, {"WS_ERR_UPGRADE_REFUSED", "refused the upgrade"}},
    {OpeningError::kProxyRefused, {"WS_ERR_PROXY_REFUSED", "refused the tunnel"}},
    {OpeningError::kUpgradeField,
     {"WS_ERR_INVALID_UPGRADE_HEADER", "sent no Upgrade header with the value \"websocket\""}},
    {OpeningError::kConnectionField,
     {"WS_ERR_INVALID_CONNECTION_HEADER", "sent no Connection header with the token \"Upgrade\""}},
    {OpeningError::kAcceptField,
     {"WS_ERR_INVALID_ACCEPT_HEADER", "sent no Sec-WebSocket-Accept header that fits the key"}},
    {OpeningError::kProtocolNotOffered,
     {"WS_ERR_UNREQUESTED_PROTOCOL", "chose a subprotocol that was not offered"}},
    {OpeningError::kNoProtocol, {"WS_ERR_NO_PROTOCOL", "chose none of the subprotocols offered"}},
    {OpeningError::kExtension, {"WS_ERR_UNREQUESTED_EXTENSION", "chose an extension that was not offered"}},
    {OpeningError::kExtensionField,
     {"WS_ERR_INVALID_EXTENSIONS_HEADER",
      "sent a Sec-WebSocket-Extensions header that is malformed or does not fit the offer"}},
};

// Row i is that of the kind i + 1, as kNone has none.
constexpr size_t index_of(OpeningError error) {
  return static_cast<size_t>(error) - 1;
}

constexpr bool rows_are_sound() {
  for (size_t i = 0; i < std::size(kRows); ++i) {
    if (index_of(kRows[i].kind) != i) return false;
  }
  return std::size(kRows) == index_of(OpeningError::kCount);
}
static_assert(rows_are_sound(), "one row for each kind, in the order of the enum");

}  // namespace

const OpeningErrorInfo& info(OpeningError error) {
  NTYWS_CHECK(error != OpeningError::kNone && error < OpeningError::kCount);
  return kRows[index_of(error)].info;
}

}  // namespace ntyws
