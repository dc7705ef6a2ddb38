// What connections and servers report upwards. Every call may, before it returns, come back and close any
// connection.
#pragma once

#include <optional>
#include <string_view>

#include "net/tls_session.h"
#include "protocol/endpoint.h"
#include "protocol/http_head.h"
#include "reactor/slot_table.h"

namespace ntyws {

class Address;
class Connection;
class Server;
struct DialFailure;

// Why a connection ended.
struct CloseReport {
  uint16_t code;
  std::string_view reason;
  ProtocolError protocol_error = ProtocolError::kNone;
  int system_error = 0;     // errno
  bool tls_failed = false;  // the reason is that of TLS
};

// A request that waits for its answer, Connection::accept or Connection::respond.
struct RequestReport {
  uint32_t server;  // its id
  const Address& peer;
  uint16_t local_port;
  Bytes head;  // valid HTTP, with the empty line at its end
  std::optional<TlsReport> tls;
};

// Why a request that waits for its answer needs none any more.
enum class Undecided : uint8_t { kClientLeft, kTimeout, kServerClosing };

struct OpenReport {
  uint32_t owner;  // the id of the server, or of the dial
  const Address& peer;
  uint16_t local_port;
  std::string_view protocol;
  // Of a connection that was dialled; a server's has the like in its request.
  Bytes response_head = {};
  std::optional<TlsReport> tls = {};
};

// A client of a server with which there never was TLS.
struct TlsErrorReport {
  uint32_t server;  // its id
  const Address& peer;
  uint16_t local_port;
  int system_error;         // errno, or 0
  std::string_view reason;  // what TLS says, without an errno
};

class SessionEvents {
 public:
  // Where the next receive is to put its bytes, 96 KiB or more: messages that come whole need not be copied
  // then. Handlers may run first, to make the room. Empty when there is none for now: a later turn tries
  // again.
  virtual MutableBytes receive_room() = 0;
  // So many have come there. They stay until the next receive_room() or end_receiving().
  virtual void on_received(size_t size) = 0;
  // All that was received there has been reported, or copied.
  virtual void end_receiving() = 0;
  virtual void on_upgrade(Connection& connection, const RequestReport& report) = 0;
  virtual void on_request(Connection& connection, const RequestReport& report) = 0;
  // A request that was reported, and not answered, is over. Its connection may be gone.
  virtual void on_undecided(SlotHandle handle, Undecided why) = 0;
  // Only for servers that report these.
  virtual void on_tls_error(Connection& connection, const TlsErrorReport& report) = 0;
  // A connection is open, be it a server's or one that was dialled.
  virtual void on_open(Connection& connection, const OpenReport& report) = 0;
  // No connection came of a dial.
  virtual void on_dial_failed(uint32_t dial, const DialFailure& failure) = 0;
  virtual void on_message(Connection& connection, const Message& message) = 0;
  virtual void on_ping(Connection& connection, Bytes payload) = 0;
  virtual void on_pong(Connection& connection, Bytes payload) = 0;
  // The outbound queue was above the high-water mark and is empty now.
  virtual void on_drain(Connection& connection) = 0;
  // Once for each on_open.
  virtual void on_close(Connection& connection, const CloseReport& report) = 0;
  // The outbound queue holds this many bytes now; after every write that leaves some, and when they are gone.
  virtual void on_outbound_bytes(Connection& connection, size_t bytes) = 0;
  virtual void on_accept_error(Server& server, int error) = 0;
  // The peer's side of a connection is about to end: whoever wants to answer what came before has to do it
  // now.
  virtual void deliver_reported() = 0;
  // Nothing is left of a server that was closed.
  virtual void on_server_closed(Server& server) = 0;

 protected:
  ~SessionEvents() = default;
};

}  // namespace ntyws
