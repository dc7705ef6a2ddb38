#include "net/port_range.h"

#include <bitset>
#include <utility>

#include "base/limits.h"
#include "base/text.h"

namespace ntyws {
namespace {

constexpr uint32_t kPortMax = 65535;
constexpr uint32_t kNoPort = kPortMax + 1;
constexpr size_t kQuotedMax = 40;

// User input for an error message: bounded, and without bytes that would upset a terminal or a log.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, kQuotedMax)) out += c >= 0x20 && c < 0x7F ? c : '?';
  return out + (text.size() > kQuotedMax ? "...\"" : "\"");
}

uint32_t parse_port(std::string_view text) {
  if (text.empty()) return kNoPort;
  uint32_t port = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return kNoPort;
    port = port * 10 + static_cast<uint32_t>(c - '0');
    if (port > kPortMax) return kNoPort;
  }
  return port;
}

// Gathers the ports of one specification.
class Collector {
 public:
  explicit Collector(std::string_view spec) : spec_(spec) {}

  // Returns what is wrong as a sentence, or an empty string.
  std::string add_item(std::string_view item) {
    if (item.empty()) return "port list " + quoted(spec_) + " has nothing beside one of its commas";
    const size_t dash = item.find('-');
    const std::string_view first_text = trimmed(item.substr(0, dash));
    const std::string_view last_text =
        dash == std::string_view::npos ? first_text : trimmed(item.substr(dash + 1));
    const uint32_t first = parse_port(first_text);
    const uint32_t last = parse_port(last_text);
    if (first == kNoPort || last == kNoPort) {
      // Half a range ("8888-") is quoted whole: its missing half shows nothing.
      std::string_view wrong = first == kNoPort ? first_text : last_text;
      if (wrong.empty()) wrong = item;
      return "port " + quoted(wrong) + " is not a number from 0 to 65535";
    }
    if (dash == std::string_view::npos) return add_range(first, last);
    if (last < first) return "port " + quoted(item) + " runs backwards: write the lower port first";
    if (first == 0)
      return "port " + quoted(item) + " begins at 0, which stands for any free port: begin at 1";
    return add_range(first, last);
  }

  std::vector<uint16_t> ports;

 private:
  std::string add_range(uint32_t first, uint32_t last) {
    if (last - first >= limits::kPortCountMax - ports.size()) {
      return "port list " + quoted(spec_) + " has more than " + std::to_string(limits::kPortCountMax) +
             " ports";
    }
    for (uint32_t port = first; port <= last; ++port) {
      if (port != 0 && seen_[port]) return "port " + std::to_string(port) + " is given twice";
      seen_[port] = true;
      ports.push_back(static_cast<uint16_t>(port));
    }
    return {};
  }

  const std::string_view spec_;
  std::bitset<kPortMax + 1> seen_;
};

}  // namespace

PortRange parse_port_range(std::string_view spec) {
  if (trimmed(spec).empty()) {
    return {.ports = {},
            .error = "no port is given: write one (8888), a range (8888-8987) or a list of them"};
  }
  Collector collector(spec);
  for (std::string_view rest = spec;;) {
    const size_t comma = rest.find(',');
    const std::string_view item = trimmed(rest.substr(0, comma));
    std::string error = collector.add_item(item);
    if (!error.empty()) return {.ports = {}, .error = std::move(error)};
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  return {.ports = std::move(collector.ports), .error = {}};
}

}  // namespace ntyws
