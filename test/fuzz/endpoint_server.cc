// A server's endpoint reads what a client sends: see endpoint_stream.h.
#include "endpoint_stream.h"
#include "fuzz_target.h"

namespace ntyws {
namespace {

FUZZ_TARGET(endpoint_server)(Bytes input) {
  fuzz::run_endpoint(Role::kServer, input);
}

}  // namespace
}  // namespace ntyws
