// What lib/bridge/native.ts has types for, as C++ has it. Whatever JavaScript gives can be read: a member
// that is of another type, out of its range or of no use to C++ is refused, and then what is returned must
// not be used.
#pragma once

#include <string>
#include <vector>

#include "binding/given.h"
#include "net/address.h"
#include "net/tls_context.h"
#include "session/dial.h"
#include "session/server.h"

namespace ntyws {

Address address_from(const Given& given);
Address path_address_from(const Given& given);
std::vector<uint16_t> ports_from(const Given& given);

// Of NativeConnectionOptions, NativeServerOptions and NativeSecureContext.
ConnectionOptions connection_options_from(const Given& given);
ServerOptions server_options_from(const Given& given);
TlsOptions tls_options_from(const Given& given);

// Of a NativeDialPlan, but for its secure context.
DialPlan dial_plan_from(const Given& given);

}  // namespace ntyws
