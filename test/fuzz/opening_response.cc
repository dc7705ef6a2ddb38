// Input: an option byte (odd: small limits; 2: subprotocols were offered; 4: a tunnel was asked for; 8:
// compression was offered), the seed of the split, then what a server answers, up to its end.
#include "protocol/opening_response.h"

#include "base/check.h"
#include "fuzz_target.h"
#include "input.h"

namespace ntyws {
namespace {

using fuzz::Copy;
using Status = OpeningResponse::Status;

constexpr size_t kSmallHeadBytesMax = 250;
constexpr size_t kSmallHeaderCountMax = 8;
// RFC 6455 §1.3.
constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

// Gives bytes as a connection does: no more than are worth receiving, and none behind the verdict.
size_t give(OpeningResponse& response, Bytes bytes, uint8_t seed) {
  size_t given = 0;
  for (size_t piece : fuzz::pieces(bytes.size(), seed)) {
    if (response.status() != Status::kPartial) break;
    NTYWS_CHECK(response.room() > 0);
    piece = std::min({piece, response.room(), bytes.size() - given});
    NTYWS_CHECK(response.add(Copy(bytes.subspan(given, piece)).bytes()) == response.status());
    given += piece;
  }
  if (given == bytes.size() && response.status() == Status::kPartial) response.end(OpeningError::kEnded);
  return given;
}

// What no acceptance can do without (RFC 6455 §4.1).
void check_acceptance(const OpeningResponse& response, bool offered) {
  const std::string_view head = as_text(response.head());
  NTYWS_CHECK(response.http_status() == 101 && head.starts_with("HTTP/1."));
  NTYWS_CHECK(head.find(kAccept) != std::string_view::npos);
  NTYWS_CHECK(offered == !response.protocol().empty());
  NTYWS_CHECK(!offered || response.protocol() == "chat" || response.protocol() == "superchat");
}

FUZZ_TARGET(opening_response)(Bytes input) {
  const uint8_t options = fuzz::take_byte(input);
  const bool has_small_limits = options % 2 != 0;
  const bool offered = (options & 2) != 0;
  const bool is_tunnel = (options & 4) != 0;
  const size_t head_bytes_max = has_small_limits ? kSmallHeadBytesMax : limits::kHeadBytesMax;
  const size_t header_count_max = has_small_limits ? kSmallHeaderCountMax : limits::kHeaderCountMax;
  const uint8_t seed = fuzz::take_byte(input);
  const std::string_view text = as_text(input);
  OpeningResponse::Asked asked;
  if (!is_tunnel) asked = {std::string(kKey), offered ? "chat, superchat" : ""};
  if (!is_tunnel && (options & 8) != 0) asked.deflate = DeflateOptions{.client_max_window_bits = 12};

  OpeningResponse whole(asked, head_bytes_max, header_count_max);
  const size_t given_whole = give(whole, input, 0);
  OpeningResponse response(asked, head_bytes_max, header_count_max);
  const size_t given = give(response, input, seed);

  // A verdict comes at the latest with the end.
  NTYWS_CHECK(response.status() != Status::kPartial || given < input.size());
  if (whole.status() == Status::kPartial || response.status() == Status::kPartial) return;
  NTYWS_CHECK(response.status() == whole.status());
  NTYWS_CHECK(response.error() == whole.error());
  NTYWS_CHECK(response.http_status() == whole.http_status());
  NTYWS_CHECK(as_text(response.head()) == as_text(whole.head()));
  NTYWS_CHECK(response.body() == whole.body());
  NTYWS_CHECK(response.deflate() == whole.deflate());
  NTYWS_CHECK(!response.deflate() || (asked.deflate && response.deflate()->client_max_window_bits <= 12));
  NTYWS_CHECK(response.head().size() <= head_bytes_max);
  NTYWS_CHECK(response.body().size() <= limits::kRefusalBodyMax);
  NTYWS_CHECK((response.error() == OpeningError::kNone) == (response.status() == Status::kAccepted));
  NTYWS_CHECK((response.http_status() == 0) == response.head().empty());
  if (!response.head().empty()) {
    NTYWS_CHECK(text.find(as_text(response.head())) != std::string_view::npos);
    NTYWS_CHECK(as_text(response.head()).ends_with("\r\n\r\n"));
  }
  if (response.status() != Status::kAccepted) return;
  // What is behind the head belongs to the next layer.
  NTYWS_CHECK(text.substr(0, given).ends_with(as_text(response.rest())));
  NTYWS_CHECK(text.substr(0, given_whole).ends_with(as_text(whole.rest())));
  if (is_tunnel) {
    NTYWS_CHECK(response.http_status() / 100 == 2);
  } else {
    check_acceptance(response, offered);
  }
}

}  // namespace
}  // namespace ntyws
