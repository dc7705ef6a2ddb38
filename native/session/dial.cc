#include "session/dial.h"

#include <openssl/evp.h>

#include "session/connection.h"
#include "session/dialer.h"

namespace ntyws {
namespace {

// RFC 6455 §4.1: 16 random bytes in base64.
std::string make_key(RandomPool& random) {
  const uint32_t bytes[] = {random.next(), random.next(), random.next(), random.next()};
  uint8_t encoded[25];  // EVP_EncodeBlock ends it with a zero byte
  const int size = EVP_EncodeBlock(encoded, reinterpret_cast<const uint8_t*>(bytes), sizeof bytes);
  return std::string(as_text({encoded, static_cast<size_t>(size)}));
}

}  // namespace

Dial::Dial(Dialer& dialer, uint32_t id, DialPlan plan)
    : dialer_(dialer),
      id_(id),
      plan_(std::move(plan)),
      connector_(std::make_unique<Connector>(dialer.session().reactor, dialer.session().slot_count_max,
                                             std::move(plan_.addresses), plan_.local, *this)) {
  expect({});  // of a peer that speaks first
}

void Dial::on_connected(Slot& slot, const Address& peer) {
  peer_ = peer;
  connector_.reset();
  connection_ = &Connection::adopt_dialled(*this, slot);
  connection_->advance_dial();
}

void Dial::on_connect_failed(const std::vector<ConnectFailure>& failures) {
  tried_ = failures;
  fail(OpeningError::kConnect);
}

Dial::Step Dial::next_step() const {
  if (!plan_.tunnel.empty()) return Step::kTunnel;
  if (plan_.tls) return Step::kTls;
  return plan_.request.empty() ? Step::kNone : Step::kUpgrade;
}

std::string Dial::take_request() {
  if (next_step() == Step::kTunnel) {
    expect({});
    return std::exchange(plan_.tunnel, {});
  }
  const std::string key = make_key(dialer_.session().random);
  const std::optional<DeflateOptions>& deflate = dialer_.connection_options().deflate;
  expect({key, plan_.protocols, deflate});
  std::string request = std::exchange(plan_.request, {}) + "Sec-WebSocket-Key: " + key + "\r\n";
  if (deflate) request += "Sec-WebSocket-Extensions: " + deflate_offer(*deflate) + "\r\n";
  return request + "\r\n";
}

std::unique_ptr<TlsSession> Dial::take_tls() {
  std::unique_ptr<TlsBuffers>& buffers = dialer_.session().tls_buffers;
  if (!buffers) buffers = std::make_unique<TlsBuffers>();
  const std::shared_ptr<const TlsContext> context = std::move(plan_.tls);
  return std::make_unique<TlsSession>(*context, *buffers, plan_.tls_host, plan_.server,
                                      plan_.asks_for_tls_host);
}

void Dial::expect(OpeningResponse::Asked asked) {
  const ConnectionOptions& options = dialer_.connection_options();
  response_.emplace(std::move(asked), options.head_bytes_max, options.header_count_max);
}

void Dial::fail(OpeningError error, int system_error, std::string_view tls_reason) {
  const std::unique_ptr<Dial> self = dialer_.take(id_);
  if (!self) return;  // hung up
  const bool has_answer = response_ && response_->http_status() != 0;
  dialer_.session().events.on_dial_failed(id_, {.error = error,
                                                .system_error = system_error,
                                                .tls_reason = tls_reason,
                                                .tried = tried_,
                                                .peer = peer_ ? &*peer_ : nullptr,
                                                .response = has_answer ? &*response_ : nullptr});
}

// The connection's end finds that the dial has been taken.
void Dial::hang_up() {
  if (connection_) connection_->terminate();
}

void Dial::give_up() {
  if (!connection_) return fail(OpeningError::kTimeout);
  response_->end(OpeningError::kTimeout);
  connection_->end_opening();
}

}  // namespace ntyws
