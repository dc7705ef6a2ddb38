// A head whose fields are all Sec-WebSocket-Extensions, on memory of its own that ends before a guard page.
#pragma once

#include <string>
#include <vector>

#include "base/limits.h"
#include "guarded_bytes.h"
#include "protocol/http_head.h"

namespace ntyws::testing {

class ExtensionFields {
 public:
  explicit ExtensionFields(const std::vector<std::string>& values, std::string_view before = "X: y\r\n")
      : text_(written(values, before)),
        parser_(HeadKind::kRequest, limits::kHeadBytesMax, limits::kHeaderCountMax) {
    NTYWS_CHECK(parser_.parse(text_.bytes()) == HeadStatus::kComplete);
  }
  explicit ExtensionFields(const std::string& value) : ExtensionFields(std::vector<std::string>{value}) {}

  // Valid as long as this object.
  const HttpHead& head() const { return parser_.head(); }

 private:
  static std::string written(const std::vector<std::string>& values, std::string_view before) {
    std::string text = "GET / HTTP/1.1\r\n" + std::string(before);
    for (const std::string& value : values) text += "Sec-WebSocket-Extensions: " + value + "\r\n";
    return text + "\r\n";
  }

  GuardedBytes text_;
  HeadParser parser_;
};

}  // namespace ntyws::testing
