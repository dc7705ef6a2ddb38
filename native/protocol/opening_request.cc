#include "protocol/opening_request.h"

#include "protocol/http_response.h"
#include "protocol/opening_handshake.h"

namespace ntyws {
namespace {

// What is between "://" and the path. Empty for a target that is a path.
std::string_view authority_of(std::string_view target) {
  const size_t scheme_size = target.find("://");
  if (target.starts_with('/') || scheme_size == std::string_view::npos) return {};
  const std::string_view authority = target.substr(scheme_size + 3);
  return authority.substr(0, authority.find_first_of("/?"));
}

}  // namespace

OpeningRequest::Status OpeningRequest::add(Bytes bytes) {
  bytes_.append(bytes);
  switch (parser_.parse(bytes_.bytes())) {
    case HeadStatus::kPartial:
      break;
    case HeadStatus::kComplete:
      status_ = judge();
      break;
    case HeadStatus::kMalformed:
      refuse(400, {}, "the request is not valid HTTP/1.1");
      break;
    case HeadStatus::kTooLong:
      refuse(431, {}, "the request's header fields are too long");
      break;
  }
  return status_;
}

OpeningRequest::Status OpeningRequest::judge() {
  Upgrade upgrade = judge_upgrade(parser_.head());
  key_ = upgrade.key;
  switch (upgrade.verdict) {
    case UpgradeVerdict::kUpgrade:
      if (deflate_) deflate_answer_ = answer_deflate_offer(parser_.head(), *deflate_);
      if (!deflate_answer_.is_malformed) return Status::kUpgrade;
      refuse(400, {}, "Sec-WebSocket-Extensions is malformed");
      return Status::kRefused;
    case UpgradeVerdict::kNoUpgrade:
      return Status::kNoUpgrade;
    case UpgradeVerdict::kRefuse:
      break;
  }
  refuse(upgrade.status, upgrade.extra_headers, upgrade.reason);
  return Status::kRefused;
}

void OpeningRequest::refuse_plain_request() {
  refuse(426, "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
         "this is a WebSocket server: it needs an upgrade");
}

void OpeningRequest::refuse_misdirected() {
  refuse(421, {}, "this host is not served on a connection that was made for another name");
}

void OpeningRequest::refuse_for_time() {
  refuse(408, {}, "the opening handshake took too long");
}

void OpeningRequest::refuse_undecided() {
  refuse(503, {}, "the server has not decided about the request in time");
}

void OpeningRequest::refuse_for_load() {
  refuse(503, {}, "the server has as many connections as it takes");
}

void OpeningRequest::refuse_for_load_of_address() {
  refuse(429, {}, "there are as many connections from your address as the server takes");
}

void OpeningRequest::refuse(int status, std::string_view extra_headers, std::string_view reason) {
  status_ = Status::kRefused;
  refusal_ = final_response(status, extra_headers, as_bytes(std::string(reason) + "\n"));
}

std::string_view OpeningRequest::target_host() const {
  return authority_of(parser_.head().target);
}

// What the npm package ws takes too: browsers fail a connection that gets none of the subprotocols they asked
// for.
std::string_view OpeningRequest::first_protocol() const {
  std::vector<std::string_view> offered = offered_protocols(parser_.head());
  return offered.empty() ? std::string_view() : offered.front();
}

std::string OpeningRequest::acceptance(std::string_view protocol, std::string_view extra_headers) const {
  return accept_response(key_, protocol, deflate_answer_.response, extra_headers);
}

}  // namespace ntyws
