// What JavaScript gives, as C++ has it. lib/native.ts has the types, and TypeScript has checked the values.
// What is read of an object is empty while a worker is terminated; no JavaScript comes after that.
#pragma once

#include <string>
#include <vector>

#include "binding/napi.h"
#include "net/address.h"
#include "net/tls_context.h"
#include "session/dial.h"
#include "session/server.h"

namespace ntyws {

int64_t to_number(Napi::Value value);
std::string text_from(Napi::Value value);
std::vector<uint16_t> ports_from(Napi::Value value);
Address address_from(Napi::Value value);

// Of NativeConnectionOptions, NativeServerOptions and NativeSecureContext.
ConnectionOptions connection_options_from(Napi::Object given);
ServerOptions server_options_from(Napi::Object given);
TlsOptions tls_options_from(Napi::Object given);

// Of a NativeDialPlan, but for its secure context.
DialPlan dial_plan_from(Napi::Object given);

}  // namespace ntyws
