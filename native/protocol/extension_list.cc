#include "protocol/extension_list.h"

#include <algorithm>

namespace ntyws {
namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : left_(text) {}

  bool at_end() {
    skip_blanks();
    return left_.empty();
  }
  // Takes the character off, and the blanks before it, if it is next.
  bool take(char c) {
    skip_blanks();
    if (!left_.starts_with(c)) return false;
    left_.remove_prefix(1);
    return true;
  }
  // Empty when there is none.
  std::string_view take_token() {
    skip_blanks();
    const auto end = std::find_if_not(left_.begin(), left_.end(), is_token_char);
    const std::string_view token = left_.substr(0, static_cast<size_t>(end - left_.begin()));
    left_.remove_prefix(token.size());
    return token;
  }
  // What stands in quotes has to be a token too. Empty when it is none.
  std::string take_value() {
    if (!take('"')) return std::string(take_token());
    std::string value;
    while (!left_.empty() && !left_.starts_with('"')) {
      if (left_.starts_with('\\')) left_.remove_prefix(1);
      if (left_.empty() || !is_token_char(left_.front())) return {};
      value += left_.front();
      left_.remove_prefix(1);
    }
    return take('"') ? value : std::string();
  }

 private:
  void skip_blanks() { left_.remove_prefix(std::min(left_.find_first_not_of(" \t"), left_.size())); }

  std::string_view left_;
};

bool parse_extension(Scanner& scanner, Extension& extension) {
  extension.name = scanner.take_token();
  if (extension.name.empty()) return false;
  while (scanner.take(';')) {
    ExtensionParameter parameter{scanner.take_token(), {}};
    if (parameter.name.empty()) return false;
    if (scanner.take('=')) {
      parameter.value = scanner.take_value();
      if (parameter.value->empty()) return false;
    }
    extension.parameters.push_back(std::move(parameter));
  }
  return true;
}

}  // namespace

// A list may have empty items (RFC 9110 §5.6.1).
std::optional<std::vector<Extension>> parse_extensions(const HttpHead& head) {
  std::vector<Extension> extensions;
  for (const HeaderField& field : head.fields) {
    if (!equals_ignoring_case(field.name, "sec-websocket-extensions")) continue;
    Scanner scanner(field.value);
    do {
      if (scanner.take(',') || scanner.at_end()) continue;
      if (!parse_extension(scanner, extensions.emplace_back())) return std::nullopt;
      if (!scanner.at_end() && !scanner.take(',')) return std::nullopt;
    } while (!scanner.at_end());
  }
  return extensions;
}

}  // namespace ntyws
