#include "net/server_contexts.h"

#include "testing.h"
#include "tls_certificates.h"

namespace ntyws::testing {
namespace {

std::unique_ptr<TlsContext> any_context() {
  const Identity identity = make_identity();
  TlsOptions options;
  options.certs = {{identity.cert_pem(), "cert"}};
  options.keys = {{identity.key_pem(), "key"}};
  TlsOptionsError error;
  return TlsContext::create(options, error);
}

TEST(server_contexts_by_name) {
  ServerContexts contexts;
  EXPECT(contexts.empty());
  for (const char* name : {"", "example.org", "*.example.org", "A.Example.Org."})
    contexts.set(name, any_context());
  EXPECT(!contexts.empty());
  const TlsContext* others = &contexts.find("");
  const TlsContext* exact = &contexts.find("example.org");
  const TlsContext* wildcard = &contexts.find("b.example.org");
  const TlsContext* a = &contexts.find("a.example.org");
  EXPECT(others != exact && exact != wildcard && wildcard != a && a != others);
  EXPECT(&contexts.find("EXAMPLE.ORG") == exact);
  EXPECT(&contexts.find("example.org.") == exact);
  EXPECT(&contexts.find("xyz.example.org") == wildcard);
  // A wildcard is one label.
  EXPECT(&contexts.find("a.b.example.org") == others);
  EXPECT(&contexts.find("org") == others);
  EXPECT(&contexts.find(".") == others);
  EXPECT(&contexts.find("notexample.org") == others);
}

TEST(server_contexts_the_last_one_holds) {
  ServerContexts contexts;
  contexts.set("", any_context());
  contexts.set("a", any_context());
  const TlsContext* before = &contexts.find("a");
  contexts.set("A", any_context());
  EXPECT(&contexts.find("a") != before);
}

}  // namespace
}  // namespace ntyws::testing
