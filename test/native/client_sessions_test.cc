#include "net/client_sessions.h"

#include <chrono>
#include <thread>

#include "base/limits.h"
#include "tls_peers.h"

namespace ntyws {
namespace {

using namespace ntyws::testing;

// A server, and clients of one context that connect to it one after the other.
struct Meeting : TlsPeers {
  explicit Meeting(TlsVersion version = TlsVersion::kTls13) {
    client_options.version_max = version;
    server_options.ticket_secret = std::string(kTicketSecretBytes, 's');
    contexts.set("", context_of(server_options));
    mine = context_of(client_options);
  }

  void begin(const TlsContext& context, const std::string& where, const std::string& host = "localhost") {
    server = {std::make_unique<TlsSession>(contexts, buffers), {}, {}};
    client = {std::make_unique<TlsSession>(context, buffers, host, where), {}, {}};
    client.session->start();
    take_output(server);
  }
  // Whether the connection has resumed a session. It is just dropped afterwards.
  bool resumes(const TlsContext& context, const std::string& where = "here:1") {
    begin(context, where);
    settle();
    EXPECT(client.session->state() == TlsSession::State::kOpen);
    const bool resumed = client.session->report().resumed;
    EXPECT_EQ(server.session->report().resumed, resumed);
    EXPECT_EQ(client.session->report().certificate.empty(), false);
    client.session.reset();
    return resumed;
  }
  bool resumes() { return resumes(*mine); }

  std::unique_ptr<TlsContext> mine;
};

TEST(client_sessions_are_resumed) {
  for (const TlsVersion version : {TlsVersion::kTls12, TlsVersion::kTls13}) {
    Meeting meeting(version);
    EXPECT(!meeting.resumes());
    EXPECT(meeting.resumes());
    EXPECT(meeting.resumes());
    // The server has forgotten them: the handshake is done in full, and gives another.
    meeting.server_options.ticket_secret = std::string(kTicketSecretBytes, 't');
    meeting.contexts.set("", TlsPeers::context_of(meeting.server_options));
    EXPECT(!meeting.resumes());
    EXPECT(meeting.resumes());
  }
}

TEST(client_sessions_of_other_servers_and_contexts_are_not) {
  Meeting meeting;
  EXPECT(!meeting.resumes());
  EXPECT(!meeting.resumes(*meeting.mine, "here:2"));
  EXPECT(!meeting.resumes(*TlsPeers::context_of(meeting.client_options)));
  EXPECT(meeting.resumes());

  // Nor those of the same place that were looked at for another name.
  meeting.begin(*meeting.mine, "here:1", "elsewhere");
  meeting.settle();
  EXPECT(meeting.client.session->state() == TlsSession::State::kFailed);
  EXPECT_EQ(meeting.client.session->failure_reason(),
            "TLS failed: certificate verify failed (HOSTNAME_MISMATCH)");
}

TEST(client_sessions_are_offered_to_one_connection_at_a_time) {
  Meeting meeting;
  EXPECT(!meeting.resumes());
  meeting.begin(*meeting.mine, "here:1");
  const TlsPeer first = std::move(meeting.client);
  EXPECT(!meeting.resumes());
}

// All that resume, in TLS 1.3, are given another, and those that the server gives are few.
TEST(client_sessions_do_not_pile_up) {
  Meeting meeting;
  EXPECT(!meeting.resumes(*meeting.mine, "here:2"));
  for (size_t i = 0; i <= limits::kClientSessionsMax; ++i) EXPECT_EQ(meeting.resumes(), i > 0);
  EXPECT(meeting.resumes(*meeting.mine, "here:2"));
}

TEST(client_sessions_are_kept_up_to_a_maximum) {
  Meeting meeting;
  const auto number = [](size_t i) { return "here:" + std::to_string(i); };
  for (size_t i = 0; i <= limits::kClientSessionsMax; ++i) meeting.resumes(*meeting.mine, number(i));
  EXPECT(meeting.resumes(*meeting.mine, number(1)));
  EXPECT(!meeting.resumes(*meeting.mine, number(0)));
}

TEST(client_sessions_end_with_their_time_and_their_certificate) {
  using namespace std::chrono;
  Meeting brief;
  brief.client_options.session_timeout_s = 1;
  brief.mine = TlsPeers::context_of(brief.client_options);
  EXPECT(!brief.resumes());

  Meeting expiring;
  const Identity identity = make_identity({.ends_s = 2}, &test_ca());
  expiring.server_options.certs = {{identity.cert_pem(), "cert"}};
  expiring.server_options.keys = {{identity.key_pem(), "key"}};
  expiring.contexts.set("", TlsPeers::context_of(expiring.server_options));
  EXPECT(!expiring.resumes());
  EXPECT(expiring.resumes());
  std::this_thread::sleep_for(milliseconds(2100));
  EXPECT(!brief.resumes());
  expiring.begin(*expiring.mine, "here:1");
  expiring.settle();
  EXPECT_EQ(expiring.client.session->failure_reason(),
            "TLS failed: certificate verify failed (CERT_HAS_EXPIRED)");
}

}  // namespace
}  // namespace ntyws
