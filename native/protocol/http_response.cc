#include "protocol/http_response.h"

#include "protocol/http_head.h"

namespace ntyws {
namespace {

struct Phrase {
  int status;
  std::string_view text;
};

// RFC 9110 §15, and the registry that extends it.
constexpr Phrase kPhrases[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {102, "Processing"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {208, "Already Reported"},
    {226, "IM Used"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {506, "Variant Also Negotiates"},
    {507, "Insufficient Storage"},
    {508, "Loop Detected"},
    {511, "Network Authentication Required"},
};

// Takes the first line off, with its CRLF.
std::string_view take_line(std::string_view& lines) {
  const size_t end = lines.find("\r\n");
  const size_t size = end == std::string_view::npos ? lines.size() : end + 2;
  const std::string_view line = lines.substr(0, size);
  lines.remove_prefix(size);
  return line;
}

}  // namespace

std::string_view reason_phrase(int status) {
  for (const Phrase& phrase : kPhrases) {
    if (phrase.status == status) return phrase.text;
  }
  return "Unknown";
}

std::string final_response(int status, std::string_view headers, Bytes body) {
  // RFC 9110 §8.6: with 204 there is no Content-Length, and that of a 304 speaks of another response.
  const bool has_body = status != 204 && status != 304;

  std::string response = "HTTP/1.1 " + std::to_string(status) + " ";
  response += reason_phrase(status);
  response += "\r\nConnection: close\r\n";
  if (has_body) response += "Content-Length: " + std::to_string(body.size()) + "\r\n";

  bool has_type = false;
  while (!headers.empty()) {
    const std::string_view line = take_line(headers);
    const std::string_view name = line.substr(0, line.find(':'));
    // Two lengths, or one that is wrong, make the next byte on the connection a matter of opinion.
    if (equals_ignoring_case(name, "content-length") || equals_ignoring_case(name, "transfer-encoding")) {
      continue;
    }
    has_type |= equals_ignoring_case(name, "content-type");
    response += line;
  }
  if (has_body && !body.empty() && !has_type) response += "Content-Type: text/plain; charset=utf-8\r\n";

  response += "\r\n";
  if (has_body) response += as_text(body);
  return response;
}

}  // namespace ntyws
