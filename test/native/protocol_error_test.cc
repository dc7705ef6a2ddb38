#include "protocol/protocol_error.h"

#include <set>

#include "base/limits.h"
#include "protocol/utf8.h"
#include "testing.h"

namespace ntyws {
namespace {

template <typename Check>
void for_each_kind(Check check) {
  for (int i = 1; i < static_cast<int>(ProtocolError::kCount); ++i)
    check(info(static_cast<ProtocolError>(i)));
}

TEST(each_kind_has_a_code_and_a_sentence_that_fits_a_close_reason) {
  std::set<std::string_view> messages;
  int count = 0;
  for_each_kind([&](const ProtocolErrorInfo& kind) {
    EXPECT(kind.close_code == 1002 || (kind.close_code >= 1007 && kind.close_code <= 1009));
    EXPECT(kind.code.starts_with("WS_ERR_"));
    EXPECT(kind.message.size() > 10 && kind.message.size() <= limits::kCloseReasonMax);
    EXPECT(is_ascii(as_bytes(kind.message)));
    EXPECT(kind.message.front() >= 'A' && kind.message.front() <= 'Z');
    messages.insert(kind.message);
    count += 1;
  });
  EXPECT_EQ(messages.size(), count);
}

// Written out again, as users' code depends on them.
TEST(codes_are_those_of_ws) {
  const auto expect = [](ProtocolError kind, uint16_t close_code, std::string_view code) {
    EXPECT_EQ(info(kind).close_code, close_code);
    EXPECT_EQ(info(kind).code, code);
  };
  expect(ProtocolError::kReservedBit1, 1002, "WS_ERR_UNEXPECTED_RSV_1");
  expect(ProtocolError::kMisplacedReservedBit1, 1002, "WS_ERR_UNEXPECTED_RSV_1");
  expect(ProtocolError::kReservedBits, 1002, "WS_ERR_UNEXPECTED_RSV_2_3");
  expect(ProtocolError::kReservedOpcode, 1002, "WS_ERR_INVALID_OPCODE");
  expect(ProtocolError::kUnmaskedFrame, 1002, "WS_ERR_EXPECTED_MASK");
  expect(ProtocolError::kMaskedFrame, 1002, "WS_ERR_UNEXPECTED_MASK");
  expect(ProtocolError::kFragmentedControl, 1002, "WS_ERR_EXPECTED_FIN");
  expect(ProtocolError::kLongControl, 1002, "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH");
  expect(ProtocolError::kLengthTopBit, 1002, "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH");
  expect(ProtocolError::kUnexpectedContinuation, 1002, "WS_ERR_INVALID_OPCODE");
  expect(ProtocolError::kExpectedContinuation, 1002, "WS_ERR_INVALID_OPCODE");
  expect(ProtocolError::kMessageTooBig, 1009, "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH");
  expect(ProtocolError::kTooManyFragments, 1008, "WS_ERR_TOO_MANY_BUFFERED_PARTS");
  expect(ProtocolError::kInvalidUtf8, 1007, "WS_ERR_INVALID_UTF8");
  expect(ProtocolError::kInvalidCloseCode, 1002, "WS_ERR_INVALID_CLOSE_CODE");
  expect(ProtocolError::kInvalidClosePayload, 1002, "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH");
}

// ws does not refuse these, or has no code of its own for them.
TEST(the_codes_of_our_own_stay) {
  EXPECT_EQ(info(ProtocolError::kInvalidCompression).close_code, 1007);
  EXPECT_EQ(info(ProtocolError::kInvalidCompression).code, "WS_ERR_INVALID_COMPRESSED_DATA");
  EXPECT_EQ(info(ProtocolError::kTooManyMessages).close_code, 1008);
  EXPECT_EQ(info(ProtocolError::kTooManyMessages).code, "WS_ERR_TOO_MANY_MESSAGES");
  EXPECT_EQ(info(ProtocolError::kTooManyBytes).close_code, 1008);
  EXPECT_EQ(info(ProtocolError::kTooManyBytes).code, "WS_ERR_TOO_MANY_BYTES");
  EXPECT_EQ(info(ProtocolError::kLengthNotMinimal).close_code, 1002);
  EXPECT_EQ(info(ProtocolError::kLengthNotMinimal).code, "WS_ERR_INVALID_PAYLOAD_LENGTH");
}

}  // namespace
}  // namespace ntyws
