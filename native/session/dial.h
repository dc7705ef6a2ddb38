// One dial: connects to one of the addresses, asks for a tunnel if there is a proxy between, then for the
// upgrade, and reports what came of it. The bytes are its connection's to send and receive.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/connector.h"
#include "net/tls_session.h"
#include "protocol/opening_response.h"

namespace ntyws {

class Dialer;
class Connection;

struct DialPlan {
  std::vector<Address> addresses;  // one at least
  std::optional<Address> local;
  std::string tunnel;     // the whole request for a tunnel; empty without a proxy
  std::string request;    // the opening request: its first line and fields, but those that the dial adds
  std::string protocols;  // those that the request offers, a comma-separated list
  std::shared_ptr<const TlsContext> tls;  // null for a connection without
  std::string tls_host;                   // that the server's certificate must be for
  bool asks_for_tls_host = true;          // the server is told that name (SNI)
  std::string server;                     // where it is: host and port, or path
};

// Why a dial failed.
struct DialFailure {
  OpeningError error;
  int system_error = 0;                       // errno, of kBroken
  std::string_view tls_reason;                // of kTls
  const std::vector<ConnectFailure>& tried;   // addresses that could not be connected to
  const Address* peer = nullptr;              // the one that could
  const OpeningResponse* response = nullptr;  // what it answered, if anything
};

class Dial final : public ConnectEvents {
 public:
  Dial(Dialer& dialer, uint32_t id, DialPlan plan);

  void start() { connector_->start(); }
  // Ends what is under way. The dial has been taken from its dialer.
  void hang_up();
  void give_up();

  // For the connection, from here on.
  Dialer& dialer() { return dialer_; }
  uint32_t id() const { return id_; }
  const Address& peer() const { return *peer_; }
  // What has to be done next, once each, in this order and as far as there is need.
  enum class Step : uint8_t { kTunnel, kTls, kUpgrade, kNone };
  Step next_step() const;
  // The request of the step kTunnel or kUpgrade, which is done by that. What is answered goes into
  // response().
  std::string take_request();
  // The same for the step kTls.
  std::unique_ptr<TlsSession> take_tls();
  OpeningResponse& response() { return *response_; }
  // The dial is over, and this object gone.
  void fail(OpeningError error, int system_error = 0, std::string_view tls_reason = {});

 private:
  void expect(OpeningResponse::Asked asked);
  void on_connected(Slot& slot, const Address& peer) override;
  void on_connect_failed(const std::vector<ConnectFailure>& failures) override;

  Dialer& dialer_;
  const uint32_t id_;
  DialPlan plan_;
  std::unique_ptr<Connector> connector_;  // null once connected
  std::vector<ConnectFailure> tried_;
  std::optional<Address> peer_;
  Connection* connection_ = nullptr;  // owned by its slot
  std::optional<OpeningResponse> response_;
};

}  // namespace ntyws
