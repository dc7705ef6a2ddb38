#include "protocol/close_payload.h"

#include <string>

#include "frames.h"
#include "guarded_bytes.h"
#include "testing.h"

namespace ntyws {
namespace {

using testing::close_payload;
using testing::GuardedBytes;

std::string written(uint16_t code, std::string_view reason) {
  GuardedBytes out(std::string(limits::kControlPayloadMax, '\xee'));
  const size_t size = write_close_payload(out.bytes().data(), code, reason);
  return std::string(as_text(out.bytes().first(size)));
}

TEST(knows_the_codes_that_may_be_sent) {
  for (uint32_t code = 0; code <= 0xFFFF; ++code) {
    const bool defined = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
    const bool valid = defined || (code >= 3000 && code < 5000);
    if (is_valid_close_code(static_cast<uint16_t>(code)) != valid) {
      testing::fail(__FILE__, __LINE__, "the right verdict on " + std::to_string(code));
    }
  }
}

TEST(reads_an_empty_payload) {
  const ClosePayload close = parse_close_payload({});
  EXPECT_EQ(close.code, close_code::kNoStatus);
  EXPECT_EQ(close.reason, "");
  EXPECT_EQ(close.error, ProtocolError::kNone);
}

TEST(reads_codes_and_reasons) {
  for (const uint16_t code : {1000, 1001, 1014, 3000, 4999}) {
    for (const std::string& reason : {std::string(), std::string("bye"), std::string("\xc3\xa9t\xc3\xa9"),
                                      std::string(limits::kCloseReasonMax, 'a')}) {
      GuardedBytes bytes(close_payload(code, reason));
      const ClosePayload close = parse_close_payload(bytes.bytes());
      EXPECT_EQ(close.error, ProtocolError::kNone);
      EXPECT_EQ(close.code, code);
      EXPECT_EQ(close.reason, reason);
    }
  }
}

TEST(refuses_half_a_code) {
  EXPECT_EQ(parse_close_payload(GuardedBytes(std::string_view("\x03")).bytes()).error,
            ProtocolError::kInvalidClosePayload);
}

TEST(refuses_codes_that_must_not_be_sent) {
  for (const uint16_t code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535}) {
    EXPECT_EQ(parse_close_payload(GuardedBytes(close_payload(code, "why")).bytes()).error,
              ProtocolError::kInvalidCloseCode);
  }
}

TEST(refuses_reasons_that_are_no_text) {
  for (const char* reason : {"\x80", "a\xff", "\xc3", "ok\xe2\x82", "\xed\xa0\x80"}) {
    EXPECT_EQ(parse_close_payload(GuardedBytes(close_payload(1000, reason)).bytes()).error,
              ProtocolError::kInvalidUtf8);
  }
}

TEST(writes_what_it_reads) {
  EXPECT_EQ(written(1000, ""), close_payload(1000));
  EXPECT_EQ(written(4999, "bye"), close_payload(4999, "bye"));
  EXPECT_EQ(written(close_code::kNoStatus, "ignored"), "");
  const std::string longest(limits::kCloseReasonMax, 'a');
  EXPECT_EQ(written(1001, longest), close_payload(1001, longest));
  EXPECT_EQ(written(1001, longest + "b"), close_payload(1001, longest));
}

// An echoed close has no reason; memcpy from null is undefined even when it copies nothing.
TEST(writes_a_reason_that_is_a_null_view) {
  EXPECT_EQ(written(1000, {}), close_payload(1000));
}

TEST(cuts_before_the_code_point_that_does_not_fit) {
  for (const std::string_view point : {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) {
    for (size_t before = limits::kCloseReasonMax - 5; before <= limits::kCloseReasonMax; ++before) {
      const std::string prefix(before, 'a');
      const std::string reason = prefix + std::string(point) + "bcdef";
      std::string expected = reason.substr(0, limits::kCloseReasonMax);
      if (before + point.size() > limits::kCloseReasonMax) expected = prefix;
      EXPECT_EQ(written(1000, reason), close_payload(1000, expected));
    }
  }
}

}  // namespace
}  // namespace ntyws
