// Reads port specifications: "8888", "8888-8987", "8888,9000-9010"; "0" stands for a free port of the
// system's choice.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ntyws {

struct PortRange {
  std::vector<uint16_t> ports;  // in the order written; empty if and only if there is an error
  std::string error;            // a sentence that names what was given and says what is allowed
};

// Spaces around numbers are fine. Refused: anything that is no number from 0 to 65535, ranges that run
// backwards or begin at 0, the same port twice (0 may come several times), nothing at all, more than
// limits::kPortCountMax ports.
PortRange parse_port_range(std::string_view spec);

}  // namespace ntyws
