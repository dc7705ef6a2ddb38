#include "net/tls_session.h"

#include <openssl/err.h>

#include "allocated_bytes.h"
#include "base/limits.h"
#include "openssl_peer.h"

namespace ntyws::testing {
namespace {

using State = TlsSession::State;

std::string random_text(size_t size) {
  std::mt19937_64 random = test_random();
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

// How many records lie in ciphertext: each has a header of five bytes that ends with its length.
size_t record_count(std::string_view ciphertext) {
  size_t count = 0;
  while (!ciphertext.empty()) {
    const size_t size = load_be16(as_bytes(ciphertext).data() + 3);
    ciphertext.remove_prefix(5 + size);
    ++count;
  }
  return count;
}

TEST(tls_session_handshake_and_bytes_both_ways) {
  for (TlsVersion version : {TlsVersion::kTls12, TlsVersion::kTls13}) {
    TlsPeers peers;
    peers.server_options.version_max = peers.server_options.version_min = version;
    peers.connect();
    EXPECT(peers.server.session->state() == State::kHandshake);
    peers.settle();
    EXPECT(peers.server.session->state() == State::kOpen);
    EXPECT(peers.client.session->state() == State::kOpen);
    peers.send(peers.client, peers.server, "from the client");
    peers.send(peers.server, peers.client, "from the server");
    peers.settle();
    EXPECT_EQ(peers.server.plaintext, "from the client");
    EXPECT_EQ(peers.client.plaintext, "from the server");
    EXPECT_EQ(peers.server.session->report().version, version == TlsVersion::kTls12 ? "TLSv1.2" : "TLSv1.3");
  }
}

TEST(tls_session_byte_by_byte) {
  TlsPeers peers;
  peers.connect();
  peers.settle(1);
  peers.send(peers.client, peers.server, "hello");
  EXPECT_EQ(peers.server.plaintext, "");
  peers.settle(1);
  EXPECT_EQ(peers.server.plaintext, "hello");
}

// A client may send its request along with the end of its handshake.
TEST(tls_session_plaintext_right_behind_the_handshake) {
  TlsPeers peers;
  peers.connect();
  peers.deliver(peers.server, peers.client);
  peers.deliver(peers.client, peers.server);
  EXPECT(peers.client.session->state() == State::kOpen);
  EXPECT(peers.server.session->state() == State::kHandshake);
  peers.send(peers.client, peers.server, "request");
  peers.deliver(peers.server, peers.client);
  EXPECT_EQ(peers.server.plaintext, "request");
}

TEST(tls_session_large_messages_make_full_records) {
  TlsPeers peers;
  peers.connect();
  peers.settle();
  const std::string text = random_text(1'000'000);
  peers.send(peers.server, peers.client, text);
  EXPECT_EQ(record_count(peers.client.inbound), (text.size() + 16'383) / 16'384);
  peers.settle();
  EXPECT(peers.client.plaintext == text);
}

TEST(tls_session_gathers_short_pieces_into_records) {
  TlsPeers peers;
  peers.connect();
  peers.settle();
  // As frames lie: short headers, and payloads of all sizes, some of them longer than a record.
  std::mt19937_64 random = test_random();
  for (int round = 0; round < 200; ++round) {
    const std::string text = random_text(1 + random() % 100'000);
    std::vector<iovec> all;
    for (size_t at = 0; at < text.size();) {
      const size_t most = random() % 3 == 0 ? 40'000 : random() % 3 == 0 ? 10 : 4000;
      const size_t size = std::min(random() % most, text.size() - at);
      all.push_back({const_cast<char*>(text.data()) + at, size});
      at += size;
    }
    std::span<iovec> pieces(all);
    size_t most_records = 0;
    while (!pieces.empty()) {
      EXPECT(peers.server.session->encrypt(pieces));
      most_records += 1;  // the end of a call is the end of a record
      peers.take_output(peers.client);
    }
    most_records += text.size() / 16'384;
    // A long piece ends the record gathered before it only when that is full.
    EXPECT(record_count(peers.client.inbound) <= most_records);
    peers.client.plaintext.clear();
    peers.settle();
    EXPECT(peers.client.plaintext == text);
  }
}

TEST(tls_session_close_says_so_once) {
  TlsPeers peers;
  peers.connect();
  peers.settle();
  peers.server.session->close();
  peers.take_output(peers.client);
  EXPECT_EQ(record_count(peers.client.inbound), 1);
  peers.server.session->close();
  EXPECT(peers.buffers.take_output().empty());
  peers.settle();
  EXPECT(peers.client.session->state() == State::kPeerEnded);
  EXPECT(peers.client.session->failure() == TlsSession::Failure::kNone);
  // The other side may still have something to say.
  EXPECT(peers.server.session->state() == State::kOpen);
}

TEST(tls_session_close_before_the_handshake_says_nothing) {
  TlsPeers peers;
  peers.connect();
  peers.server.session->close();
  EXPECT(peers.buffers.take_output().empty());
}

// Resumed by another server with the same secret, as a reload and each worker makes one.
TEST(tls_session_resumption) {
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsPeers peers;
    peers.server_options.ticket_secret = std::string(kTicketSecretBytes, 's');
    OpensslClient::Session kept;
    auto meet = [&] {
      peers.contexts.set("", TlsPeers::context_of(peers.server_options));
      TlsSession server(peers.contexts, peers.buffers);
      OpensslClient client("localhost", kept.get());
      SSL_set_max_proto_version(client.get(), version);
      client.talk_to(server, peers);
      EXPECT(server.state() == State::kOpen);
      EXPECT_EQ(server.report().server_name, "localhost");
      kept = client.session();
      return server.report().resumed;
    };
    EXPECT(!meet());
    EXPECT(meet());
    EXPECT(meet());
    peers.server_options.ticket_secret = std::string(kTicketSecretBytes, 't');
    EXPECT(!meet());
    EXPECT(meet());
    // Whoever asks other certificates of clients does not resume a session, in which none is looked at again.
    peers.server_options.ca = {{test_ca().cert_pem(), "ca"}};
    EXPECT(!meet());
    EXPECT(meet());
    peers.server_options.asks_certificate = true;
    peers.server_options.refuses_unauthorized = false;
    EXPECT(!meet());
  }
}

TEST(tls_session_no_session_of_another_name) {
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsPeers peers;
    peers.server_options.ticket_secret = std::string(kTicketSecretBytes, 's');
    peers.contexts.set("", TlsPeers::context_of(peers.server_options));
    peers.server_options.ca = {{test_ca().cert_pem(), "ca"}};
    peers.server_options.asks_certificate = true;
    peers.contexts.set("private", TlsPeers::context_of(peers.server_options));
    OpensslClient::Session kept;
    for (const char* name : {"public", "private"}) {
      TlsSession server(peers.contexts, peers.buffers);
      OpensslClient client(name, kept.get());
      SSL_set_max_proto_version(client.get(), version);
      client.talk_to(server, peers);
      EXPECT_EQ(server.state() == State::kOpen, std::string_view(name) == "public");
      kept = client.session();
    }
  }
}

TEST(tls_session_renegotiation_is_refused) {
  TlsPeers peers;
  peers.contexts.set("", TlsPeers::context_of(peers.server_options));
  TlsSession server(peers.contexts, peers.buffers);
  OpensslClient client;
  SSL_set_max_proto_version(client.get(), TLS1_2_VERSION);
  client.talk_to(server, peers);
  EXPECT(server.state() == State::kOpen);
  EXPECT_EQ(SSL_renegotiate(client.get()), 1);
  SSL_do_handshake(client.get());
  client.talk_to(server, peers);
  EXPECT_EQ(client.reason, "no renegotiation");
  // It is OpenSSL's client that does not go on without.
  EXPECT_EQ(server.failure_reason(), "TLS failed: sslv3 alert handshake failure");
}

TEST(tls_session_new_keys_on_request) {
  TlsPeers peers;
  peers.contexts.set("", TlsPeers::context_of(peers.server_options));
  TlsSession server(peers.contexts, peers.buffers);
  OpensslClient client;
  client.talk_to(server, peers);
  EXPECT_EQ(SSL_key_update(client.get(), SSL_KEY_UPDATE_REQUESTED), 1);
  client.send("with new keys");
  client.talk_to(server, peers);
  EXPECT_EQ(client.at_ours, "with new keys");
  EXPECT(server.state() == State::kOpen);
}

// Heads of messages of TLS's own, without their bodies.
constexpr std::string_view kKeyUpdateHead("\x18\x00\x00\x01", 4);
constexpr std::string_view kTicketHead("\x04\x00\x00\xc8", 4);
constexpr std::string_view kHelloHead("\x01\x00\x01\x00\x03\x03\x00\x00", 8);

// Whether our side, having got this record, still can send; its peer is handed what it has sent.
bool can_send_after(TlsSession& ours, OpensslPeer& peer, TlsPeers& peers, int type,
                    std::string_view content) {
  peer.send_record(type, content);
  peers.receive(ours, as_bytes(peer.take_output()));
  peers.buffers.take_output();
  if (!ours.may_encrypt()) return false;
  iovec piece{const_cast<char*>("hello"), 5};
  std::span<iovec> pieces(&piece, 1);
  const bool encrypted = ours.encrypt(pieces);
  peer.receive(as_text(peers.buffers.take_output()));
  return encrypted;
}

constexpr std::string_view kUnfinished =
    "TLS failed: the peer has begun a message of TLS's own and not finished it, so nothing can be sent";

TEST(tls_session_server_whose_client_begins_a_message_of_tls) {
  for (const auto& [version, head] :
       {std::pair(TLS1_3_VERSION, kKeyUpdateHead), {TLS1_2_VERSION, kHelloHead}}) {
    TlsPeers peers;
    peers.contexts.set("", TlsPeers::context_of(peers.server_options));
    TlsSession server(peers.contexts, peers.buffers);
    OpensslClient client;
    SSL_set_max_proto_version(client.get(), version);
    client.talk_to(server, peers);
    EXPECT(!can_send_after(server, client, peers, SSL3_RT_HANDSHAKE, head));
    EXPECT(server.state() == State::kFailed);
    EXPECT(server.failure() == TlsSession::Failure::kTls);
    EXPECT_EQ(server.failure_reason(), kUnfinished);
    EXPECT_EQ(ERR_peek_error(), 0ul);
    server.close();
    EXPECT(peers.buffers.take_output().empty());
  }
}

TEST(tls_session_client_whose_server_begins_a_message_of_tls) {
  for (std::string_view head : {kKeyUpdateHead, kTicketHead}) {
    TlsPeers peers;
    const std::unique_ptr<TlsContext> context = TlsPeers::context_of(peers.client_options);
    TlsSession client(*context, peers.buffers, "localhost", "server");
    OpensslServer server(make_identity({}, &test_ca()));
    client.start();
    server.receive(as_text(peers.buffers.take_output()));
    server.talk_to(client, peers);
    EXPECT(client.state() == State::kOpen);
    EXPECT(!can_send_after(client, server, peers, SSL3_RT_HANDSHAKE, head));
    EXPECT_EQ(client.failure_reason(), kUnfinished);
  }
}

// In TLS 1.2 no message that a server may begin now has a body.
TEST(tls_session_client_of_tls_1_2_whose_server_begins_a_message_of_tls) {
  TlsPeers peers;
  const std::unique_ptr<TlsContext> context = TlsPeers::context_of(peers.client_options);
  TlsSession client(*context, peers.buffers, "localhost", "server");
  OpensslServer server(make_identity({}, &test_ca()));
  SSL_set_max_proto_version(server.get(), TLS1_2_VERSION);
  client.start();
  server.receive(as_text(peers.buffers.take_output()));
  server.talk_to(client, peers);
  EXPECT(client.state() == State::kOpen);
  EXPECT(!can_send_after(client, server, peers, SSL3_RT_HANDSHAKE, kTicketHead));
  EXPECT_EQ(client.failure_reason(), "TLS failed: unexpected message");
}

TEST(tls_session_sends_when_the_message_is_whole) {
  TlsPeers peers;
  peers.contexts.set("", TlsPeers::context_of(peers.server_options));
  TlsSession server(peers.contexts, peers.buffers);
  OpensslClient client;
  client.talk_to(server, peers);
  client.send_record(SSL3_RT_HANDSHAKE, kKeyUpdateHead);
  peers.receive(server, as_bytes(client.take_output()));
  EXPECT(can_send_after(server, client, peers, SSL3_RT_HANDSHAKE, std::string_view("\0", 1)));
  EXPECT_EQ(client.received, "hello");
}

// A client that asks for new keys all the time, or a server with new tickets.
TEST(tls_session_messages_of_tls_are_counted) {
  TlsPeers peers;
  peers.contexts.set("", TlsPeers::context_of(peers.server_options));
  for (const bool at_once : {false, true}) {
    TlsSession server(peers.contexts, peers.buffers);
    OpensslClient client;
    client.talk_to(server, peers);
    auto update_keys = [&](uint32_t count) {
      std::string said;
      for (uint32_t i = 0; i < count; ++i) {
        EXPECT_EQ(SSL_key_update(client.get(), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
        EXPECT_EQ(SSL_do_handshake(client.get()), 1);
        said += client.take_output();
        if (!at_once) peers.receive(server, as_bytes(std::exchange(said, {})));
      }
      peers.receive(server, as_bytes(said));
    };
    update_keys(limits::kTlsMessagesMax);
    EXPECT(server.state() == State::kOpen);
    client.send("with new keys");
    EXPECT_EQ(peers.receive(server, as_bytes(client.take_output())), "with new keys");
    update_keys(2);  // one may have been earned meanwhile
    EXPECT(server.state() == State::kFailed);
    EXPECT_EQ(server.failure_reason(),
              "TLS failed: the peer sends too many messages of TLS's own, such as key updates");
  }
}

// Within one record too, where a single byte more than its head would be a fault.
TEST(tls_session_requests_to_begin_anew_are_counted) {
  TlsPeers peers;
  const std::unique_ptr<TlsContext> context = TlsPeers::context_of(peers.client_options);
  TlsSession client(*context, peers.buffers, "localhost", "server");
  OpensslServer server(make_identity({}, &test_ca()));
  SSL_set_max_proto_version(server.get(), TLS1_2_VERSION);
  client.start();
  server.receive(as_text(peers.buffers.take_output()));
  server.talk_to(client, peers);
  server.send_record(SSL3_RT_HANDSHAKE, std::string(4 * 4000, '\0'));
  peers.receive(client, as_bytes(server.take_output()));
  EXPECT_EQ(client.failure_reason(),
            "TLS failed: the peer sends too many messages of TLS's own, such as key updates");
  EXPECT(peers.buffers.take_output().size() < 100 * limits::kTlsMessagesMax);
}

TEST(tls_session_hello_that_is_too_long) {
  auto hello_of = [](size_t size, size_t record_size) {
    std::string message("\x01\0\0\0\x03\x03", 6);
    message[1] = static_cast<char>(size >> 16);
    message[2] = static_cast<char>(size >> 8);
    message[3] = static_cast<char>(size);
    std::string records;
    for (size_t at = 0; at < message.size(); at += record_size) {
      const std::string part = message.substr(at, record_size);
      records += std::string("\x16\x03\x01\0", 4) + static_cast<char>(part.size()) + part;
    }
    return records;
  };
  TlsPeers peers;
  for (const size_t record_size : {6, 1, 3}) {
    for (const size_t chunk : {TlsPeers::kReceived, size_t{1}}) {
      for (const size_t size :
           {limits::kClientHelloBytesMax, limits::kClientHelloBytesMax + 1, size_t{131'396}}) {
        peers.connect();
        peers.server.inbound = hello_of(size, record_size);
        peers.deliver(peers.server, peers.client, chunk);
        const bool fits = size <= limits::kClientHelloBytesMax;
        EXPECT_EQ(peers.server.session->state() == State::kHandshake, fits);
        if (!fits)
          EXPECT_EQ(peers.server.session->failure_reason(), "TLS failed: the client's hello is too long");
      }
    }
  }
}

// Nine bytes: a record, and a hello in it that announces so many.
TEST(tls_session_hello_that_is_announced_takes_little_memory) {
  constexpr size_t kCount = 100;
  TlsPeers peers;
  peers.contexts.set("", TlsPeers::context_of(peers.server_options));
  auto bytes_each = [&](std::string_view hello) {
    std::vector<std::unique_ptr<TlsSession>> sessions;
    const size_t before = allocated_bytes();
    for (size_t i = 0; i < kCount; ++i) {
      sessions.push_back(std::make_unique<TlsSession>(peers.contexts, peers.buffers));
      peers.receive(*sessions.back(), as_bytes(hello));
      peers.buffers.take_output();
    }
    return (allocated_bytes() - before) / kCount;
  };
  // What OpenSSL needs for any handshake: its buffers of a record each.
  EXPECT(bytes_each({"\x16\x03\x01\x40\x00\x01\x00\x80\x00", 9}) < 80'000);
  EXPECT(bytes_each({"\x16\x03\x01\x40\x00\x01\x02\x01\x44", 9}) < 16'000);
}

// Behind the handshake OpenSSL takes no more for a message that is announced than for a short one: what it
// needs for any, and what has come of it.
TEST(tls_session_message_that_is_announced_takes_little_memory) {
  TlsPeers peers;
  peers.contexts.set("", TlsPeers::context_of(peers.server_options));
  const std::unique_ptr<TlsContext> context = TlsPeers::context_of(peers.client_options);
  const Identity identity = make_identity({}, &test_ca());
  auto bytes_after = [&](TlsSession& ours, OpensslPeer& peer, std::string_view head) {
    EXPECT(ours.state() == State::kOpen);
    peer.send_record(SSL3_RT_HANDSHAKE, head);
    const std::string said = peer.take_output();
    const size_t before = allocated_bytes();
    peers.receive(ours, as_bytes(said));
    const size_t after = allocated_bytes();
    EXPECT(ours.state() == State::kOpen);
    return after - before;
  };
  for (const std::string_view head :
       {std::string_view("\x01\x02\x01\x44", 4), std::string_view("\x01\0\1\0", 4)}) {
    TlsSession server(peers.contexts, peers.buffers);
    OpensslClient client;
    SSL_set_max_proto_version(client.get(), TLS1_2_VERSION);
    client.talk_to(server, peers);
    const size_t bytes = bytes_after(server, client, head);
    EXPECT(bytes < 80'000);
  }
  for (const std::string_view head :
       {std::string_view("\x04\x02\x01\x0a", 4), std::string_view("\x04\0\1\0", 4)}) {
    TlsSession client(*context, peers.buffers, "localhost", "server");
    OpensslServer server(identity);
    client.start();
    server.receive(as_text(peers.buffers.take_output()));
    server.talk_to(client, peers);
    const size_t bytes = bytes_after(client, server, head);
    EXPECT(bytes < 80'000);
  }
}

// Hosts that no certificate can be checked for, by whatever way they come here.
TEST(tls_session_client_fails_for_a_host_that_cannot_be_checked) {
  TlsPeers peers;
  for (const std::string& host : {std::string(), std::string("local\0host", 10),
                                  std::string("127.0.0.1\0", 10), std::string(".localhost")}) {
    peers.connect(host);
    EXPECT(peers.client.session->state() == State::kFailed);
    EXPECT_EQ(peers.client.session->failure_reason(),
              "TLS failed: the host is no name or address that a certificate can be checked for");
    EXPECT_EQ(peers.server.inbound, "");
    EXPECT_EQ(peers.receive(*peers.client.session, as_bytes("more")), "");
  }
}

TEST(tls_session_weak_clients_are_refused) {
  TlsPeers peers;
  peers.contexts.set("", TlsPeers::context_of(peers.server_options));
  struct Weak {
    int version;
    const char* ciphers;
    const char* reason;  // of the server
  };
  for (const Weak& weak :
       {Weak{TLS1_1_VERSION, "ALL:@SECLEVEL=0", "TLS failed: unsupported protocol"},
        Weak{TLS1_2_VERSION, "AES128-SHA:@SECLEVEL=0", "TLS failed: no shared cipher"},
        Weak{TLS1_2_VERSION, "ECDHE+AES+SHA:@SECLEVEL=0", "TLS failed: no shared cipher"}}) {
    TlsSession server(peers.contexts, peers.buffers);
    OpensslClient client;
    SSL_set_min_proto_version(client.get(), TLS1_VERSION);
    SSL_set_max_proto_version(client.get(), weak.version);
    EXPECT_EQ(SSL_set_cipher_list(client.get(), weak.ciphers), 1);
    client.talk_to(server, peers);
    EXPECT_EQ(server.failure_reason(), weak.reason);
    EXPECT(client.reason.find("alert") != std::string::npos);
  }
}

TEST(tls_session_alpn) {
  TlsPeers peers;
  peers.server_options.alpn_protocols = {"http/1.1", "other"};
  peers.client_options.alpn_protocols = {"h2", "other", "http/1.1"};
  peers.connect();
  peers.settle();
  EXPECT_EQ(peers.server.session->report().alpn_protocol, "http/1.1");
  EXPECT_EQ(peers.client.session->report().alpn_protocol, "http/1.1");
}

TEST(tls_session_alpn_without_a_protocol_in_common) {
  TlsPeers peers;
  peers.server_options.alpn_protocols = {"http/1.1"};
  peers.client_options.alpn_protocols = {"h2"};
  peers.connect();
  peers.settle();
  EXPECT(peers.server.session->state() == State::kFailed);
  EXPECT(peers.client.session->state() == State::kFailed);
  EXPECT_EQ(peers.client.session->failure_reason(), "TLS failed: tlsv1 alert no application protocol");
}

TEST(tls_session_refuses_what_is_no_tls) {
  TlsPeers peers;
  for (std::string_view garbage :
       {"\x01\x02\x03\x04\x05\x06\x07\x08", "SSH-2.0-x\r\n", "\x16\x03\x01\xff\xff\x01"}) {
    peers.connect();
    peers.server.inbound = garbage;
    peers.deliver(peers.server, peers.client);
    EXPECT(peers.server.session->state() == State::kFailed);
    EXPECT(peers.server.session->failure() == TlsSession::Failure::kTls);
    EXPECT(peers.server.session->failure_reason().starts_with("TLS failed: "));
    EXPECT_EQ(ERR_peek_error(), 0ul);
    // It stays as it is.
    EXPECT_EQ(peers.receive(*peers.server.session, as_bytes("more")), "");
    peers.server.session->close();
    EXPECT(peers.server.session->state() == State::kFailed);
  }
}

TEST(tls_session_knows_plain_http) {
  TlsPeers peers;
  for (std::string_view method : {"GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\n", "CONNECT a:1 HTTP/1.1\r\n"}) {
    peers.connect();
    peers.server.inbound = method;
    peers.deliver(peers.server, peers.client);
    EXPECT(peers.server.session->failure() == TlsSession::Failure::kPlainHttp);
    EXPECT_EQ(peers.client.inbound, "");
  }
}

TEST(tls_session_notices_a_change_on_the_way) {
  TlsPeers peers;
  peers.connect();
  peers.settle();
  peers.send(peers.client, peers.server, "hello");
  peers.server.inbound[10] ^= 1;
  peers.deliver(peers.server, peers.client);
  EXPECT_EQ(peers.server.plaintext, "");
  EXPECT(peers.server.session->state() == State::kFailed);
  EXPECT_EQ(peers.server.session->failure_reason(), "TLS failed: decryption failed or bad record mac");
  peers.settle();
  EXPECT_EQ(peers.client.session->failure_reason(), "TLS failed: sslv3 alert bad record mac");
}

TEST(tls_session_client_checks_host_and_signer) {
  TlsPeers peers;
  peers.connect("example.org");
  peers.settle();
  EXPECT_EQ(peers.client.session->failure_reason(),
            "TLS failed: certificate verify failed (HOSTNAME_MISMATCH)");
  EXPECT_EQ(peers.server.session->failure_reason(), "TLS failed: sslv3 alert bad certificate");
  peers.connect("127.0.0.1");
  peers.settle();
  EXPECT_EQ(peers.client.session->failure_reason(),
            "TLS failed: certificate verify failed (IP_ADDRESS_MISMATCH)");
  peers.client_options.ca = {{make_identity({.is_ca = true}).cert_pem(), "another ca"}};
  peers.connect();
  peers.settle();
  EXPECT_EQ(peers.client.session->failure_reason(),
            "TLS failed: certificate verify failed (UNABLE_TO_GET_ISSUER_CERT_LOCALLY)");
  peers.client_options.refuses_unauthorized = false;
  peers.connect();
  peers.settle();
  EXPECT(peers.client.session->state() == State::kOpen);
  EXPECT_EQ(peers.client.session->report().verify_error, "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
}

TEST(tls_session_client_checks_a_host_of_any_form) {
  struct Odd {
    std::string host;
    const char* name;  // in the certificate
    const char* error;
  };
  const std::string long_name(300, 'x');
  const Odd odd[] = {
      {"127.1", "localhost", "HOSTNAME_MISMATCH"},
      {"12345", "localhost", "HOSTNAME_MISMATCH"},
      {"fe80::1%lo", "localhost", "HOSTNAME_MISMATCH"},
      {"::1", "localhost", "IP_ADDRESS_MISMATCH"},
      {long_name, "localhost", "HOSTNAME_MISMATCH"},
      {"127.1", "127.1", nullptr},
      {"LOCALHOST", "localhost", nullptr},
  };
  for (const auto& [host, name, error] : odd) {
    TlsPeers peers;
    const Identity identity = make_identity({.name = name}, &test_ca());
    peers.server_options.certs = {{identity.cert_pem(), "cert"}};
    peers.server_options.keys = {{identity.key_pem(), "key"}};
    peers.connect(host);
    peers.settle();
    if (error) {
      EXPECT_EQ(peers.client.session->failure_reason(),
                std::string("TLS failed: certificate verify failed (") + error + ")");
    } else {
      EXPECT(peers.client.session->state() == TlsSession::State::kOpen);
    }
  }
}

TEST(tls_session_asks_clients_for_certificates) {
  const Identity known = make_identity({.name = "somebody"}, &test_ca());
  const Identity unknown = make_identity({.name = "nobody"});
  struct Outcome {
    const Identity* identity;
    bool refuses_unauthorized;
    std::string verify_error;  // or what refuses it
    bool is_open;
  };
  const Outcome outcomes[] = {
      {&known, true, "", true},
      {&unknown, true, "TLS failed: certificate verify failed (DEPTH_ZERO_SELF_SIGNED_CERT)", false},
      {nullptr, true, "TLS failed: peer did not return a certificate", false},
      {&unknown, false, "DEPTH_ZERO_SELF_SIGNED_CERT", true},
      {nullptr, false, "", true},
  };
  for (const Outcome& outcome : outcomes) {
    TlsPeers peers;
    peers.server_options.ca = {{test_ca().cert_pem(), "ca"}};
    peers.server_options.asks_certificate = true;
    peers.server_options.refuses_unauthorized = outcome.refuses_unauthorized;
    if (outcome.identity) {
      peers.client_options.certs = {{outcome.identity->cert_pem(), "cert"}};
      peers.client_options.keys = {{outcome.identity->key_pem(), "key"}};
    }
    peers.connect();
    peers.settle();
    TlsSession& server = *peers.server.session;
    EXPECT_EQ(server.state() == State::kOpen, outcome.is_open);
    if (outcome.is_open) {
      EXPECT_EQ(server.report().verify_error, outcome.verify_error);
      EXPECT_EQ(server.report().certificate.empty(), outcome.identity == nullptr);
    } else {
      EXPECT_EQ(server.failure_reason(), outcome.verify_error);
    }
  }
}

TEST(tls_session_outlives_the_buffers) {
  TlsPeers peers;
  peers.connect();
  std::unique_ptr<TlsSession> session;
  {
    TlsBuffers buffers;
    session = std::make_unique<TlsSession>(peers.contexts, buffers);
  }
  session.reset();
}

}  // namespace
}  // namespace ntyws::testing
