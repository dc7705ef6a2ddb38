// Valid UTF-8, said with whole code points and the numbers they stand for: an oracle that shares nothing with
// the validator.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace ntyws::testing {

inline size_t code_point_size(std::string_view text) {
  const auto lead = static_cast<uint8_t>(text[0]);
  return lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
}
inline bool is_code_point(std::string_view text) {
  uint32_t point = static_cast<uint8_t>(text[0]);
  if (text.size() > 1) point &= 0x7Fu >> text.size();
  for (const char c : text.substr(1)) {
    if ((c & 0xC0) != 0x80) return false;
    point = point << 6 | (c & 0x3F);
  }
  constexpr uint32_t kLowest[] = {0, 0, 0x80, 0x800, 0x10000};
  return point >= kLowest[text.size()] && point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
}

// Whether some text begins with these bytes. A code point that is cut is completed with the lowest bytes:
// which ones they are makes no difference once the second is there.
inline bool begins_text(std::string_view text, bool must_end) {
  while (!text.empty()) {
    const size_t size = code_point_size(text);
    if (size == 0) return false;
    std::string point(text.substr(0, size));
    if (must_end && point.size() < size) return false;
    if (point.size() == 1 && size > 1) return true;
    point.resize(size, '\x80');
    if (!is_code_point(point)) return false;
    text.remove_prefix(std::min(size, text.size()));
  }
  return true;
}

}  // namespace ntyws::testing
