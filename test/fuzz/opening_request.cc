// Input: an option byte (odd: small limits; 2: compression is wanted), the seed of the split, then what a new
// connection sends.
#include "protocol/opening_request.h"

#include "base/check.h"
#include "base/limits.h"
#include "fuzz_target.h"
#include "input.h"

namespace ntyws {
namespace {

using fuzz::Copy;
using Status = OpeningRequest::Status;

constexpr size_t kSmallHeadBytesMax = 250;
constexpr size_t kSmallHeaderCountMax = 8;

constexpr std::string_view kBlankLine = "\r\n\r\n";

// A whole response: one head, and the body that it announces.
void check_response(std::string_view response) {
  NTYWS_CHECK(response.starts_with("HTTP/1.1 "));
  const size_t head_end = response.find(kBlankLine);
  NTYWS_CHECK(head_end != std::string_view::npos);
  const std::string_view body = response.substr(head_end + kBlankLine.size());
  const std::string length = "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  NTYWS_CHECK(response.substr(0, head_end + 2).find(length) != std::string_view::npos);
}

// The response that accepts, with the client's own words in it: they bring no line of theirs.
void check_acceptance(const OpeningRequest& request) {
  const std::string_view protocol = request.first_protocol();
  const std::string response = request.acceptance(protocol, "X-Last: 1\r\n");
  NTYWS_CHECK(response.starts_with("HTTP/1.1 101 "));
  NTYWS_CHECK(response.find(kBlankLine) == response.size() - kBlankLine.size());
  const auto lines = std::count(response.begin(), response.end(), '\n');
  NTYWS_CHECK(lines == 6 + !protocol.empty() + request.deflate().has_value());
  NTYWS_CHECK(std::count(response.begin(), response.end(), '\r') == lines);
  NTYWS_CHECK(protocol.find(',') == std::string_view::npos);
}

// What no valid opening handshake can do without (RFC 6455 §4.2.1).
void check_upgrade(const OpeningRequest& request) {
  const std::string_view head = as_text(request.head());
  NTYWS_CHECK(head.starts_with("GET /") || head.find("://") != std::string_view::npos);
  NTYWS_CHECK(head.ends_with(kBlankLine));
  NTYWS_CHECK(head.find("==") != std::string_view::npos && head.find("13") != std::string_view::npos);
  check_acceptance(request);
}

// Gives bytes as a connection does: no more than there is room for, and none behind the verdict.
size_t give(OpeningRequest& request, Bytes bytes, uint8_t seed) {
  size_t given = 0;
  for (size_t piece : fuzz::pieces(bytes.size(), seed)) {
    if (request.status() != Status::kPartial) break;
    NTYWS_CHECK(request.room() > 0);
    piece = std::min({piece, request.room(), bytes.size() - given});
    NTYWS_CHECK(request.add(Copy(bytes.subspan(given, piece)).bytes()) == request.status());
    given += piece;
  }
  return given;
}

FUZZ_TARGET(opening_request)(Bytes input) {
  const uint8_t option = fuzz::take_byte(input);
  const bool has_small_limits = option % 2 != 0;
  const DeflateOptions options{.server_no_context_takeover = true, .server_max_window_bits = 12};
  const DeflateOptions* const deflate = (option & 2) != 0 ? &options : nullptr;
  const size_t head_bytes_max = has_small_limits ? kSmallHeadBytesMax : limits::kHeadBytesMax;
  const size_t header_count_max = has_small_limits ? kSmallHeaderCountMax : limits::kHeaderCountMax;
  const uint8_t seed = fuzz::take_byte(input);
  const std::string_view text = as_text(input);

  OpeningRequest whole(head_bytes_max, header_count_max, deflate);
  const size_t given_whole = give(whole, input, 0);
  OpeningRequest request(head_bytes_max, header_count_max, deflate);
  const size_t given = give(request, input, seed);

  const Status status = request.status();
  NTYWS_CHECK(given <= head_bytes_max && request.room() == head_bytes_max - given);
  NTYWS_CHECK(status == whole.status());
  NTYWS_CHECK(request.refusal() == whole.refusal());
  NTYWS_CHECK((status == Status::kRefused) == !request.refusal().empty());
  if (status == Status::kUpgrade || status == Status::kNoUpgrade) {
    NTYWS_CHECK(as_text(request.head()) == as_text(whole.head()));
    NTYWS_CHECK(request.first_protocol() == whole.first_protocol());
    NTYWS_CHECK(request.deflate() == whole.deflate());
    NTYWS_CHECK(deflate || !request.deflate());
    // One empty line may come first; it is no part of the head.
    const size_t head_begin = text.starts_with("\r\n") ? 2 : 0;
    const size_t head_end = head_begin + request.head().size();
    NTYWS_CHECK(as_text(request.head()) == text.substr(head_begin, request.head().size()));
    NTYWS_CHECK(as_text(request.rest()) == text.substr(head_end, given - head_end));
    NTYWS_CHECK(as_text(whole.rest()) == text.substr(head_end, given_whole - head_end));
  }
  if (status == Status::kUpgrade) check_upgrade(request);
  if (status == Status::kPartial) request.refuse_for_time();
  if (status == Status::kNoUpgrade) request.refuse_plain_request();
  if (request.status() == Status::kRefused) check_response(request.refusal());
}

}  // namespace
}  // namespace ntyws
