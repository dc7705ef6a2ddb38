// Input: three option bytes (what the server wants, what the client wants), then a header's value, which is
// taken for an offer and for an answer.
#include "protocol/deflate_negotiation.h"

#include "base/check.h"
#include "extension_fields.h"
#include "fuzz_target.h"
#include "input.h"

namespace ntyws {
namespace {

using testing::ExtensionFields;

bool within(uint8_t bits, uint8_t max) {
  return bits >= limits::kDeflateWindowBitsMin && bits <= max;
}

DeflateOptions options_of(uint8_t bits, bool server_no_context_takeover, bool client_no_context_takeover) {
  return {.server_no_context_takeover = server_no_context_takeover,
          .client_no_context_takeover = client_no_context_takeover,
          .server_max_window_bits = static_cast<uint8_t>(8 + bits % 8),
          .client_max_window_bits = static_cast<uint8_t>(8 + bits / 8 % 8)};
}

// The value of a field as a head has it, and only what may stand in one: the parser of heads has a target of
// its own.
std::string field_value(Bytes input) {
  std::string value(as_text(input.first(std::min<size_t>(input.size(), 1'000))));
  std::erase_if(value, [](char c) { return (static_cast<uint8_t>(c) < 0x20 && c != '\t') || c == 0x7F; });
  return value;
}

// What the server says is within its options, and read by any client whose offer it was.
void check_answer(const ExtensionFields& request, const DeflateOptions& server, const DeflateOptions& client,
                  bool is_clients_offer) {
  const DeflateAnswer answer = answer_deflate_offer(request.head(), server);
  NTYWS_CHECK(answer.agreement.has_value() == !answer.response.empty());
  if (!answer.agreement) {
    NTYWS_CHECK(!is_clients_offer);
    return;
  }
  NTYWS_CHECK(!answer.is_malformed);
  const DeflateAgreement& agreed = *answer.agreement;
  NTYWS_CHECK(within(agreed.server_max_window_bits, server.server_max_window_bits));
  NTYWS_CHECK(within(agreed.client_max_window_bits, limits::kDeflateWindowBitsMax));
  NTYWS_CHECK(agreed.server_no_context_takeover || !server.server_no_context_takeover);
  NTYWS_CHECK(agreed.client_no_context_takeover || !server.client_no_context_takeover);

  // A client without wishes agrees to anything; one whose offer it was finds them in it.
  DeflateAgreement judged;
  const ExtensionFields response(answer.response);
  const DeflateOptions no_wishes;
  NTYWS_CHECK(judge_deflate_answer(response.head(), &no_wishes, judged) == DeflateVerdict::kAgreed);
  NTYWS_CHECK(judged == agreed);
  if (!is_clients_offer) return;
  NTYWS_CHECK(judge_deflate_answer(response.head(), &client, judged) == DeflateVerdict::kAgreed);
  NTYWS_CHECK(within(agreed.server_max_window_bits, client.server_max_window_bits));
  // Its own window may be smaller than what it was allowed.
  NTYWS_CHECK(judged.client_max_window_bits ==
              std::min(agreed.client_max_window_bits, client.client_max_window_bits));
  judged.client_max_window_bits = agreed.client_max_window_bits;
  NTYWS_CHECK(judged == agreed);
}

void check_judgement(const ExtensionFields& response, const DeflateOptions& client, bool is_malformed) {
  DeflateAgreement agreed;
  const DeflateVerdict verdict = judge_deflate_answer(response.head(), &client, agreed);
  DeflateAgreement unasked;
  const DeflateVerdict without = judge_deflate_answer(response.head(), nullptr, unasked);
  NTYWS_CHECK(without != DeflateVerdict::kAgreed);
  NTYWS_CHECK((without == DeflateVerdict::kInvalid) == is_malformed);
  if (is_malformed) NTYWS_CHECK(verdict == DeflateVerdict::kInvalid);
  NTYWS_CHECK((verdict == DeflateVerdict::kNone) == (without == DeflateVerdict::kNone));
  NTYWS_CHECK(unasked == DeflateAgreement());
  if (verdict != DeflateVerdict::kAgreed) {
    NTYWS_CHECK(agreed == DeflateAgreement());
    return;
  }
  NTYWS_CHECK(within(agreed.server_max_window_bits, client.server_max_window_bits));
  NTYWS_CHECK(within(agreed.client_max_window_bits, client.client_max_window_bits));
  NTYWS_CHECK(agreed.server_no_context_takeover || !client.server_no_context_takeover);
  NTYWS_CHECK(agreed.client_no_context_takeover || !client.client_no_context_takeover);
}

FUZZ_TARGET(deflate_negotiation)(Bytes input) {
  const uint8_t flags = fuzz::take_byte(input);
  const DeflateOptions server = options_of(fuzz::take_byte(input), flags & 1, flags & 2);
  const DeflateOptions client = options_of(fuzz::take_byte(input), flags & 4, flags & 8);
  const ExtensionFields given(field_value(input));
  check_answer(given, server, client, false);
  check_judgement(given, client, answer_deflate_offer(given.head(), server).is_malformed);
  check_answer(ExtensionFields(deflate_offer(client)), server, client, true);
}

}  // namespace
}  // namespace ntyws
