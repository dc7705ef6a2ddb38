// Responses that end a connection: refusals, and pages for requests that are no upgrade.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace ntyws {

// "Not Found" for 404, and so on; "Unknown" for a status that has no phrase.
std::string_view reason_phrase(int status);

// A whole response with Content-Length and "Connection: close". `headers` are whole lines, each with its
// CRLF; when they bring no Content-Type, text/plain in UTF-8 is added for a body that is not empty. Lines of
// theirs that speak of the body's length are left out, as is the body of a 204 or 304, which has none.
std::string final_response(int status, std::string_view headers, Bytes body);

}  // namespace ntyws
