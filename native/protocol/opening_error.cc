#include "protocol/opening_error.h"

#include "base/check.h"

namespace ntyws {
namespace {

constexpr OpeningErrorInfo kInfos[] = {
    {},
    {{}, "could not be connected to"},
    {{}, "broke the connection off"},
    {"WS_ERR_NO_RESPONSE", "ended the connection without a response"},
    {"ERR_TLS_FAILED", "could not be spoken to securely"},
    {"WS_ERR_HANDSHAKE_TIMEOUT", "did not answer in time"},
    {"WS_ERR_INVALID_RESPONSE", "sent a response that is not valid HTTP/1.1"},
    {"WS_ERR_RESPONSE_TOO_LONG", "sent a response whose header fields are too long"},
    {"WS_ERR_UPGRADE_REFUSED", "refused the upgrade"},
    {"WS_ERR_PROXY_REFUSED", "refused the tunnel"},
    {"WS_ERR_INVALID_UPGRADE_HEADER", "sent no Upgrade header with the value \"websocket\""},
    {"WS_ERR_INVALID_CONNECTION_HEADER", "sent no Connection header with the token \"Upgrade\""},
    {"WS_ERR_INVALID_ACCEPT_HEADER", "sent no Sec-WebSocket-Accept header that fits the key"},
    {"WS_ERR_UNREQUESTED_PROTOCOL", "chose a subprotocol that was not offered"},
    {"WS_ERR_NO_PROTOCOL", "chose none of the subprotocols offered"},
    {"WS_ERR_UNREQUESTED_EXTENSION", "chose an extension that was not offered"},
    {"WS_ERR_INVALID_EXTENSIONS_HEADER",
     "sent a Sec-WebSocket-Extensions header that is malformed or does not fit the offer"},
};
static_assert(sizeof kInfos / sizeof kInfos[0] == static_cast<size_t>(OpeningError::kCount));

}  // namespace

const OpeningErrorInfo& info(OpeningError error) {
  NTYWS_CHECK(error != OpeningError::kNone && error < OpeningError::kCount);
  return kInfos[static_cast<size_t>(error)];
}

}  // namespace ntyws
