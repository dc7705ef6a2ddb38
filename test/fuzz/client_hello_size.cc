// Input: the seed of the split, then the first bytes of a client.
#include "net/client_hello_size.h"

#include <optional>

#include "base/check.h"
#include "base/limits.h"
#include "fuzz_target.h"
#include "input.h"

namespace ntyws {
namespace {

// How long the hello says it is, by records as a whole; nothing as long as that is not known, or where a
// record is of another kind.
std::optional<uint32_t> announced_size(Bytes stream) {
  uint32_t header = 0;
  size_t seen = 0;
  while (stream.size() >= 5 && stream[0] == 22) {
    const size_t length = load_be16(stream.data() + 3);
    stream = stream.subspan(5);
    for (const uint8_t byte : stream.first(std::min(length, stream.size()))) {
      header = header << 8 | byte;
      if (++seen == 4) return header & 0xFFFFFF;
    }
    if (length > stream.size()) return std::nullopt;
    stream = stream.subspan(length);
  }
  return std::nullopt;
}

FUZZ_TARGET(client_hello_size)(Bytes input) {
  const uint8_t seed = fuzz::take_byte(input);
  const std::optional<uint32_t> announced = announced_size(input);
  const bool is_allowed = !announced || *announced <= limits::kClientHelloBytesMax;
  ClientHelloSize whole;
  NTYWS_CHECK(whole.admit(fuzz::Copy(input).bytes()) == is_allowed);
  ClientHelloSize in_pieces;
  bool is_admitted = true;
  for (const size_t size : fuzz::pieces(input.size(), seed)) {
    is_admitted = is_admitted && in_pieces.admit(fuzz::Copy(input.first(size)).bytes());
    input = input.subspan(size);
  }
  NTYWS_CHECK(is_admitted == is_allowed);
}

}  // namespace
}  // namespace ntyws
