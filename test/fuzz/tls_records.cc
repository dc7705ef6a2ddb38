// Fuzzes a TLS session by the records of a peer that is OpenSSL, and shares the keys. Input: an option byte
// (role, version), then steps: what is done, and for a record its type, its size, and its content.
#include "base/check.h"
#include "fuzz_target.h"
#include "input.h"
#include "openssl_peer.h"

namespace ntyws {
namespace {

using testing::OpensslClient;
using testing::OpensslPeer;
using testing::OpensslServer;

// What all inputs have in common.
struct World {
  World() : identity(testing::make_identity({}, &testing::test_ca())) {
    TlsOptions server;
    server.certs = {{identity.cert_pem(), "cert"}};
    server.keys = {{identity.key_pem(), "key"}};
    TlsOptions client;
    client.role = TlsRole::kClient;
    client.ca = {{testing::test_ca().cert_pem(), "ca"}};
    TlsOptionsError error;
    server_contexts.set("", TlsContext::create(server, error));
    client_context = TlsContext::create(client, error);
    NTYWS_CHECK(client_context != nullptr && error.code.empty());
  }

  const testing::Identity identity;
  ServerContexts server_contexts;
  std::unique_ptr<TlsContext> client_context;
  TlsBuffers buffers;
};

class Talk {
 public:
  Talk(World& world, bool ours_is_server, int version)
      : buffers_(world.buffers),
        ours_(ours_is_server ? TlsSession(world.server_contexts, buffers_)
                             : TlsSession(*world.client_context, buffers_, "localhost", "server")) {
    if (ours_is_server) {
      peer_ = std::make_unique<OpensslClient>();
    } else {
      peer_ = std::make_unique<OpensslServer>(world.identity);
    }
    SSL_set_max_proto_version(peer_->get(), version);
    if (!ours_is_server) ours_.start();
    answer();
  }

  OpensslPeer& peer() { return *peer_; }

  void shake_hands() {
    for (int i = 0; i < 4; ++i) deliver(0);
    NTYWS_CHECK(ours_.state() == TlsSession::State::kOpen);
  }

  // What the peer has said reaches our side, in pieces of this size; 0: at once.
  void deliver(size_t piece_size) {
    const std::string said = peer_->take_output();
    for (size_t at = 0; at < said.size();) {
      const size_t size = piece_size == 0 ? said.size() : std::min(piece_size, said.size() - at);
      receive(as_bytes(std::string_view(said).substr(at, size)));
      at += size;
    }
    if (said.empty()) receive({});
  }
  void receive(Bytes ciphertext) {
    for (;;) {
      const Bytes part = ciphertext.first(std::min(ciphertext.size(), buffers_.ciphertext_room().size()));
      const size_t size = ours_.receive(part, {plaintext_.get(), limits::kReceiveBytes});
      NTYWS_CHECK(size <= part.size() + limits::kTlsRecordBytes);
      answer();
      ciphertext = ciphertext.subspan(part.size());
      if (ciphertext.empty()) return;
    }
  }

  void send(std::string_view text) {
    if (!ours_.may_encrypt()) return;
    iovec pieces[] = {{const_cast<char*>("head"), 4}, {const_cast<char*>(text.data()), text.size()}};
    std::span<iovec> left(pieces);
    while (!left.empty()) {
      const bool is_encrypted = ours_.encrypt(left);
      NTYWS_CHECK(is_encrypted == ours_.may_encrypt());
      answer();
      if (!is_encrypted) return;
    }
  }
  void close() {
    ours_.close();
    answer();
  }

 private:
  // To be called behind each call of ours.
  void answer() {
    NTYWS_CHECK(ERR_peek_error() == 0);
    const bool failed = ours_.state() == TlsSession::State::kFailed;
    NTYWS_CHECK(failed == (ours_.failure() != TlsSession::Failure::kNone));
    NTYWS_CHECK(failed == ours_.failure_reason().starts_with("TLS "));
    peer_->receive(as_text(buffers_.take_output()));
  }

  TlsBuffers& buffers_;
  TlsSession ours_;
  std::unique_ptr<OpensslPeer> peer_;
  std::unique_ptr<uint8_t[]> plaintext_ = std::make_unique_for_overwrite<uint8_t[]>(limits::kReceiveBytes);
};

}  // namespace
}  // namespace ntyws

FUZZ_TARGET(tls_records)(ntyws::Bytes input) {
  using namespace ntyws;
  static World world;
  const uint8_t option = fuzz::take_byte(input);
  const bool shakes_hands = option % 8 / 4 == 0;
  Talk talk(world, option % 2 == 0, option % 4 / 2 == 0 ? TLS1_3_VERSION : TLS1_2_VERSION);
  if (shakes_hands) talk.shake_hands();
  while (!input.empty()) {
    const uint8_t step = fuzz::take_byte(input);
    switch (step % 8) {
      case 0:
      case 1: {  // a record under the session's keys
        const int type = step / 8 % 2 == 0 ? 20 + step / 16 % 5 : fuzz::take_byte(input);
        const size_t size = fuzz::take_byte(input) * (step % 8 == 0 ? 1 : 100);
        const Bytes content = input.first(std::min(size, input.size()));
        input = input.subspan(content.size());
        if (shakes_hands) talk.peer().send_record(type, as_text(content));
        break;
      }
      case 2:
        talk.deliver(step / 8);
        break;
      case 3:
        talk.send("hello");
        break;
      case 4:
        talk.send(std::string(step / 8 * 3000, 'x'));
        break;
      case 5:
        talk.close();
        break;
      case 6:
        SSL_key_update(talk.peer().get(), step / 8 % 2);
        talk.peer().send("with new keys");
        ERR_clear_error();
        break;
      case 7: {  // bytes as they are
        const Bytes content = input.first(std::min<size_t>(fuzz::take_byte(input), input.size()));
        input = input.subspan(content.size());
        talk.receive(content);
        break;
      }
    }
  }
  talk.deliver(0);
  talk.send("the end");
  talk.close();
}
