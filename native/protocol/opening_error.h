// Why no connection came of dialling: as a kind, with the code that users see and a sentence.
#pragma once

#include <cstdint>
#include <string_view>

namespace ntyws {

enum class OpeningError : uint8_t {
  kNone,
  kConnect,    // no address could be connected to
  kBroken,     // the connection failed before the reply: an errno says how
  kEnded,      // the peer ended it before the reply
  kTls,        // TLS failed
  kTimeout,    // handshakeTimeout
  kMalformed,  // the reply is no HTTP/1.1
  kTooLong,    // its head is too long
  kRefused,    // its status is another than 101
  kProxyRefused,
  kUpgradeField,
  kConnectionField,
  kAcceptField,
  kProtocolNotOffered,
  kNoProtocol,
  kExtension,
  kExtensionField,
  kCount,
};

struct OpeningErrorInfo {
  std::string_view code;     // empty where an errno has it
  std::string_view message;  // what the server, or the proxy, did
};

// For every kind but kNone and kCount. The reference stays valid.
const OpeningErrorInfo& info(OpeningError error);

}  // namespace ntyws
