// Both sides of a TLS connection in memory: what one puts out the other is given.
#pragma once

#include <memory>
#include <string>

#include "net/tls_session.h"
#include "testing.h"
#include "tls_certificates.h"

namespace ntyws::testing {

struct TlsPeer {
  std::unique_ptr<TlsSession> session;
  std::string inbound;    // ciphertext on its way to it
  std::string plaintext;  // that came out of it
};

struct TlsPeers {
  static constexpr size_t kReceived = limits::kReceiveBytes - limits::kTlsRecordBytes;

  // The server has a certificate for localhost, which the client trusts.
  TlsPeers() {
    const Identity identity = make_identity({}, &test_ca());
    server_options.certs = {{identity.cert_pem(), "cert"}};
    server_options.keys = {{identity.key_pem(), "key"}};
    client_options.role = TlsRole::kClient;
    client_options.ca = {{test_ca().cert_pem(), "ca"}};
  }

  static std::unique_ptr<TlsContext> context_of(const TlsOptions& options) {
    TlsOptionsError error;
    std::unique_ptr<TlsContext> context = TlsContext::create(options, error);
    if (!context) fail(__FILE__, __LINE__, error.message);
    NTYWS_CHECK(context != nullptr);
    return context;
  }

  // A new connection of what the options say now; nothing has been sent but the client's first flight.
  void connect(const std::string& host = "localhost") {
    if (contexts.empty()) contexts.set("", context_of(server_options));
    client_context = context_of(client_options);
    server = {std::make_unique<TlsSession>(contexts, buffers), {}, {}};
    client = {std::make_unique<TlsSession>(*client_context, buffers, host, "server"), {}, {}};
    client.session->start();
    take_output(server);
  }

  // The output of the last call is on its way to this peer.
  void take_output(TlsPeer& to) { to.inbound += as_text(buffers.take_output()); }

  std::string receive(TlsSession& session, Bytes ciphertext) {
    std::string plaintext(limits::kReceiveBytes, '\0');
    plaintext.resize(
        session.receive(ciphertext, {reinterpret_cast<uint8_t*>(plaintext.data()), plaintext.size()}));
    return plaintext;
  }

  // Gives a peer what is on its way to it, at most `size` bytes at a time.
  void deliver(TlsPeer& to, TlsPeer& answers, size_t size = kReceived) {
    std::string bytes = std::exchange(to.inbound, {});
    for (size_t at = 0; at < bytes.size(); at += std::min(size, bytes.size() - at)) {
      const Bytes chunk = as_bytes(std::string_view(bytes).substr(at, size));
      to.plaintext += receive(*to.session, chunk);
      take_output(answers);
    }
  }
  void settle(size_t size = kReceived) {
    while (!server.inbound.empty() || !client.inbound.empty()) {
      deliver(server, client, size);
      deliver(client, server, size);
    }
  }
  // The records that one encrypt() of this makes.
  void send(TlsPeer& from, TlsPeer& to, std::string_view text) {
    iovec piece{const_cast<char*>(text.data()), text.size()};
    std::span<iovec> pieces(&piece, 1);
    while (!pieces.empty()) {
      if (!from.session->encrypt(pieces)) return fail(__FILE__, __LINE__, "a session that can send");
      take_output(to);
    }
  }

  TlsOptions server_options;
  TlsOptions client_options;
  TlsBuffers buffers;
  ServerContexts contexts;
  std::unique_ptr<TlsContext> client_context;
  TlsPeer server;
  TlsPeer client;
};

}  // namespace ntyws::testing
