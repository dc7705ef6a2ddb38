// Input: a port specification.
#include "net/port_range.h"

#include <map>

#include "base/check.h"
#include "base/limits.h"
#include "fuzz_target.h"
#include "input.h"

namespace ntyws {
namespace {

constexpr int kWrong = -1;

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// A port's number by its digits without leading zeros, or kWrong.
int port_of(std::string_view text) {
  text = without_blanks(text);
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return kWrong;
  while (text.size() > 1 && text.front() == '0') text.remove_prefix(1);
  if (text.size() > 5) return kWrong;
  const int port = std::atoi(std::string(text).c_str());
  return port <= 65535 ? port : kWrong;
}

// Empty when the specification is wrong.
std::vector<uint16_t> expected_ports(std::string_view spec) {
  std::vector<uint16_t> ports;
  std::map<int, int> counts;
  for (;;) {
    const size_t comma = spec.find(',');
    const std::string_view item = spec.substr(0, comma);
    const size_t dash = item.find('-');
    const int first = port_of(item.substr(0, dash));
    const int last = dash == std::string_view::npos ? first : port_of(item.substr(dash + 1));
    if (first == kWrong || last == kWrong || last < first) return {};
    if (dash != std::string_view::npos && first == 0) return {};
    for (int port = first; port <= last; ++port) {
      if (port != 0 && ++counts[port] > 1) return {};
      if (ports.size() == limits::kPortCountMax) return {};
      ports.push_back(static_cast<uint16_t>(port));
    }
    if (comma == std::string_view::npos) return ports;
    spec.remove_prefix(comma + 1);
  }
}

FUZZ_TARGET(port_range)(Bytes input) {
  fuzz::Copy copy(input);
  const PortRange range = parse_port_range(as_text(copy.bytes()));
  NTYWS_CHECK(range.ports == expected_ports(as_text(input)));
  NTYWS_CHECK(range.error.empty() == !range.ports.empty());
  // One short line, whatever was given.
  NTYWS_CHECK(range.error.size() < 200);
  for (const char c : range.error) NTYWS_CHECK(c >= 0x20 && c < 0x7F);
}

}  // namespace
}  // namespace ntyws
