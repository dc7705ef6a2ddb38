// All of ntyws that one instance of its JavaScript has: its reactor, servers, inbox and outbox. A thread has
// as many as there are instances, side by side. A turn crosses into JavaScript once: it reads what has come,
// hands the inbox over in one call, and sends what the handlers left in the outbox.
#pragma once

#include <node_api.h>

#include <memory>
#include <string>
#include <vector>

#include "binding/inbox.h"
#include "binding/lent_messages.h"
#include "binding/loop_driver.h"
#include "binding/outbox.h"
#include "binding/reference.h"
#include "session/dialer.h"
#include "session/server.h"

namespace ntyws {

// What JavaScript gives at the start.
struct StartReferences {
  Reference owner;   // an object that holds all that follow, as all functions of the instance hold it
  Reference memory;  // the object that holds all shared arrays
  Reference inbox_attachments;
  Reference outbox_attachments;
  Reference inbox_lent;
  // function(recordCount, mayKeep): reads the inbox and seals the outbox. Returns whether it keeps the block.
  Reference dispatch;
};

// JavaScript is kept alive while there is something that it may be told: a server, a dial, a connection. It
// may be collected between, and then its owner ends the environment.
class Environment final : public std::enable_shared_from_this<Environment>, private InboxReader {
 public:
  // Why there is none: an errno, or 0 when Node allows none, as it does in the end.
  struct Refusal {
    int error;
    const char* reason;
  };
  // Null when the system or Node refuses what it needs. Ends by itself when the thread's JavaScript does.
  // `resource` is the object that async hooks see as the source of the calls into JavaScript.
  static std::shared_ptr<Environment> create(napi_env env, StartReferences references,
                                             const InboxMemory& inbox, const OutboxMemory& outbox,
                                             napi_value resource, Refusal& refusal);
  // JavaScript is not called from now on, and nothing may be asked of it but to be freed. It frees itself
  // when libuv is through with it, if nobody else holds it.
  void end();
  bool ended() const { return ended_; }

  Server& create_server(const ServerOptions& options);
  // Null for a server that is gone.
  Server* server(uint32_t id);
  // Frees a server that never listened, or of which nothing is left.
  void forget_server(uint32_t id);

  // The dialer of these options; there is one as long as something is left of what it has dialled.
  Dialer& dialer_for(const ConnectionOptions& options);
  // The dialer whose dial this is; null when the dial has come to its end.
  Dialer* dialer_of(uint32_t id);

  // Sends what JavaScript has sealed outside of a turn, or because the outbox is full.
  void flush();
  // To be called when a server was told something outside of a turn: what comes of it is seen to.
  void follow_up();
  void set_keep_alive(bool keep_alive) { driver_->set_keep_alive(keep_alive); }

 private:
  Environment(napi_env env, StartReferences references, const InboxMemory& inbox, const OutboxMemory& outbox)
      : env_(env),
        references_(std::move(references)),
        inbox_(env, inbox, *this),
        session_(reactor_, inbox_, inbox.outbound_bytes.size()),
        lent_messages_(env, {env, references_.inbox_lent.get()}),
        outbox_(env, outbox, inbox_, lent_messages_, reactor_) {}

  bool may_deliver() const override { return reading_; }
  void deliver() override;

  void turn();
  void deliver_all();
  bool call_dispatch(Inbox::Delivery delivery);
  void set_in_use();

  napi_env env_;
  StartReferences references_;
  Reactor reactor_;
  Inbox inbox_;
  Session session_;
  LentMessages lent_messages_;
  Outbox outbox_;
  std::vector<std::unique_ptr<Server>> servers_;  // by id; null where forgotten
  std::vector<std::unique_ptr<Dialer>> dialers_;
  LoopDriver* driver_ = nullptr;  // deletes itself when closed
  napi_async_context async_context_ = nullptr;
  napi_async_cleanup_hook_handle cleanup_hook_ = nullptr;
  bool turning_ = false;
  bool reading_ = false;  // sockets are being read: a full inbox can be delivered
  bool stopped_ = false;  // JavaScript cannot be called any more
  bool ended_ = false;
  bool in_use_ = false;  // JavaScript is kept alive
};

}  // namespace ntyws
