#include "protocol/extension_list.h"

#include "extension_fields.h"
#include "testing.h"

namespace ntyws {
namespace {

using testing::ExtensionFields;
using Values = std::vector<std::string>;

// What was read, written in one form: "a; b; c=d, e", or "malformed".
std::string read(const ExtensionFields& fields) {
  const std::optional<std::vector<Extension>> extensions = parse_extensions(fields.head());
  if (!extensions) return "malformed";
  std::string text;
  for (const Extension& extension : *extensions) {
    text += (text.empty() ? "" : ", ") + std::string(extension.name);
    for (const ExtensionParameter& parameter : extension.parameters) {
      text += "; " + std::string(parameter.name);
      if (parameter.value) text += "=" + *parameter.value;
    }
  }
  return text;
}

void expect_read(const Values& values, std::string_view expected) {
  if (!EXPECT_EQ(read(ExtensionFields(values)), expected)) {
    testing::fail(__FILE__, __LINE__, "the above of " + testing::printed(values));
  }
}
void expect_malformed(const std::string& value) {
  expect_read({value}, "malformed");
  // Wherever it stands.
  expect_read({"fine", value}, "malformed");
  expect_read({value, "fine"}, "malformed");
  expect_read({"fine; a=b, " + value}, "malformed");
}

TEST(reads_nothing_where_there_is_nothing) {
  expect_read({}, "");
  expect_read({""}, "");
  expect_read({"", ","}, "");
  // Other fields are not looked at, malformed or not.
  EXPECT_EQ(read(ExtensionFields({}, "Sec-WebSocket-Protocol: a;;\r\nSec-WebSocket-Extension: b\r\n")), "");
}

TEST(reads_the_fields_name_in_any_case) {
  EXPECT_EQ(read(ExtensionFields({"c"}, "sec-websocket-EXTENSIONS: a, b\r\n")), "a, b, c");
}

TEST(reads_extensions_with_their_parameters_in_order) {
  expect_read({"permessage-deflate"}, "permessage-deflate");
  expect_read({"a; b"}, "a; b");
  expect_read({"a; b=c; d; e=1"}, "a; b=c; d; e=1");
  expect_read({"a; b=c, a; d, e"}, "a; b=c, a; d, e");
  expect_read({"a; b; b=1; b"}, "a; b; b=1; b");
  expect_read({"!#$%&'*+-.^_`|~09azAZ; !=~"}, "!#$%&'*+-.^_`|~09azAZ; !=~");
}

TEST(joins_several_fields) {
  expect_read({"a; b=1", "c, d; e", "f"}, "a; b=1, c, d; e, f");
  expect_read({"", "a", "", "b"}, "a, b");
}

TEST(skips_empty_items) {
  expect_read({",a"}, "a");
  expect_read({"a,"}, "a");
  expect_read({"a,,b"}, "a, b");
  expect_read({" , \t, a ,\t, b; c , ,"}, "a, b; c");
}

TEST(skips_blanks) {
  expect_read({"a;b=c,d"}, "a; b=c, d");
  expect_read({"a \t; \tb \t= \tc \t, \td"}, "a; b=c, d");
  expect_read({"a ; b = \"c\" ; d"}, "a; b=c; d");
}

TEST(reads_values_in_quotes) {
  expect_read({"a; b=\"c\""}, "a; b=c");
  expect_read({"a; b=\"c\"; d=\"15\", e"}, "a; b=c; d=15, e");
  expect_read({R"(a; b="\c\1\5")"}, "a; b=c15");
  expect_read({R"(a; b="x\yz")"}, "a; b=xyz");
}

TEST(tells_a_value_from_none) {
  const ExtensionFields fields("a; b; c=d");
  const std::optional<std::vector<Extension>> extensions = parse_extensions(fields.head());
  if (!EXPECT(extensions.has_value())) return;
  EXPECT(!extensions->front().parameters[0].value.has_value());
  EXPECT_EQ(extensions->front().parameters[1].value.value_or(""), "d");
}

TEST(refuses_a_missing_name) {
  expect_malformed("; b");
  expect_malformed("= b");
  expect_malformed("\"a\"");
  expect_malformed("a;");
  expect_malformed("a; ");
  expect_malformed("a;, b");
  expect_malformed("a; ; b");
  expect_malformed("a; b;");
  expect_malformed("a; =b");
  expect_malformed("a; \"b\"");
}

TEST(refuses_a_missing_value) {
  expect_malformed("a; b=");
  expect_malformed("a; b= , c");
  expect_malformed("a; b=; c");
  expect_malformed("a; b==c");
  expect_malformed("a; b=\"\"");
}

TEST(refuses_values_that_are_no_tokens) {
  expect_malformed("a; b=\"c d\"");
  expect_malformed("a; b=\" c\"");
  expect_malformed("a; b=\"c \"");
  expect_malformed("a; b=\"c,d\"");
  expect_malformed("a; b=\"c;d\"");
  expect_malformed("a; b=\"\xc3\xa9\"");
  expect_malformed("a; b=\xc3\xa9");
  expect_malformed(R"(a; b="c\"d")");
  expect_malformed(R"(a; b="\\")");
  expect_malformed(R"(a; b="\ ")");
}

TEST(refuses_quotes_that_do_not_close) {
  // Alone, as a list's next item could close them.
  for (const char* value : {"a; b=\"", "a; b=\"c", "a; b=c\"", R"(a; b="c\)", R"(a; b="c\")", R"(a; b="\)"}) {
    expect_read({value}, "malformed");
    expect_read({"fine", value}, "malformed");
  }
}

TEST(refuses_two_without_a_comma) {
  expect_malformed("a b");
  expect_malformed("a; b c");
  expect_malformed("a; b=c d");
  expect_malformed("a; b=\"c\"d");
  expect_malformed("a; b=\"c\" \"d\"");
  expect_malformed("a; b=c=d");
  expect_malformed("a = b");
  expect_malformed("a/b");
}

}  // namespace
}  // namespace ntyws
