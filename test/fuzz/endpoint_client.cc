// A client's endpoint reads what a server sends: see endpoint_stream.h.
#include "endpoint_stream.h"
#include "fuzz_target.h"

namespace ntyws {
namespace {

FUZZ_TARGET(endpoint_client)(Bytes input) {
  fuzz::run_endpoint(Role::kClient, input);
}

}  // namespace
}  // namespace ntyws
