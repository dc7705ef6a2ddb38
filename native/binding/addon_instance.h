// What one instance of our JavaScript has of the addon. The file is loaded once, but its JavaScript may be
// there several times: tests that each have modules of their own, a package that was bundled twice. Nothing
// is shared between two instances.
#pragma once

#include <memory>
#include <vector>

#include "binding/environment.h"
#include "net/listen.h"
#include "net/tls_context.h"

namespace ntyws {

using Shares = std::vector<std::vector<ListeningSocket>>;

// Belongs to a JavaScript object, the owner, that all functions of the instance refer to, and which is
// collected with the last of them.
struct AddonInstance {
  AddonInstance(napi_env env, napi_value owner_object) : owner(env, owner_object) {}
  ~AddonInstance() {
    if (environment) environment->end();
  }
  AddonInstance(const AddonInstance&) = delete;
  AddonInstance& operator=(const AddonInstance&) = delete;

  Reference owner;
  std::shared_ptr<Environment> environment;               // from start on
  std::vector<Shares> shares;                             // by number; empty where closed
  std::vector<std::unique_ptr<TlsContext>> tls_contexts;  // by number; null where handed to a server or freed
  std::vector<std::shared_ptr<TlsContext>> client_contexts;  // by number; null where freed
};

}  // namespace ntyws
