#include "protocol/protocol_error.h"

#include <iterator>

#include "base/check.h"
#include "base/limits.h"

namespace ntyws {
namespace {

constexpr uint16_t kProtocolErrorCode = 1002;
constexpr uint16_t kInvalidDataCode = 1007;
constexpr uint16_t kPolicyCode = 1008;
constexpr uint16_t kTooBigCode = 1009;

struct Row {
  ProtocolError kind;
  ProtocolErrorInfo info;
};

constexpr Row kRows[] = {
    {ProtocolError::kReservedBit1,
     {kProtocolErrorCode, "WS_ERR_UNEXPECTED_RSV_1",
      "RSV1 must be clear: no extension that uses it was negotiated"}},
    {ProtocolError::kMisplacedReservedBit1,
     {kProtocolErrorCode, "WS_ERR_UNEXPECTED_RSV_1",
      "RSV1 must be clear but on the first frame of a compressed message"}},
    {ProtocolError::kReservedBits,
     {kProtocolErrorCode, "WS_ERR_UNEXPECTED_RSV_2_3",
      "RSV bits must be clear: no extension that uses them was negotiated"}},
    {ProtocolError::kReservedOpcode,
     {kProtocolErrorCode, "WS_ERR_INVALID_OPCODE", "The opcode is one that RFC 6455 reserves"}},
    {ProtocolError::kUnmaskedFrame,
     {kProtocolErrorCode, "WS_ERR_EXPECTED_MASK", "A client must mask its frames"}},
    {ProtocolError::kMaskedFrame,
     {kProtocolErrorCode, "WS_ERR_UNEXPECTED_MASK", "A server must not mask its frames"}},
    {ProtocolError::kFragmentedControl,
     {kProtocolErrorCode, "WS_ERR_EXPECTED_FIN", "A control frame must not be fragmented"}},
    {ProtocolError::kLongControl,
     {kProtocolErrorCode, "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH",
      "A control frame must not carry more than 125 bytes"}},
    // ws takes such frames, so it has no code for them; this one is named after its others.
    {ProtocolError::kLengthNotMinimal,
     {kProtocolErrorCode, "WS_ERR_INVALID_PAYLOAD_LENGTH",
      "A payload length must be written in as few bytes as it needs"}},
    {ProtocolError::kLengthTopBit,
     {kProtocolErrorCode, "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH",
      "The top bit of a 64-bit payload length must be clear"}},
    {ProtocolError::kUnexpectedContinuation,
     {kProtocolErrorCode, "WS_ERR_INVALID_OPCODE", "A continuation frame came with no message to continue"}},
    {ProtocolError::kExpectedContinuation,
     {kProtocolErrorCode, "WS_ERR_INVALID_OPCODE", "A new message began within a fragmented one"}},
    {ProtocolError::kMessageTooBig,
     {kTooBigCode, "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH", "The message is longer than this endpoint allows"}},
    // 1008 and the code as in ws: the message may be short, it is the way it comes that is not wanted.
    {ProtocolError::kTooManyFragments,
     {kPolicyCode, "WS_ERR_TOO_MANY_BUFFERED_PARTS",
      "The message has more fragments than this endpoint allows"}},
    // As in ws, which has the codes of Node's zlib here.
    {ProtocolError::kInvalidCompression,
     {kInvalidDataCode, "WS_ERR_INVALID_COMPRESSED_DATA", "The message cannot be decompressed"}},
    {ProtocolError::kInvalidUtf8, {kInvalidDataCode, "WS_ERR_INVALID_UTF8", "Text must be valid UTF-8"}},
    {ProtocolError::kInvalidCloseCode,
     {kProtocolErrorCode, "WS_ERR_INVALID_CLOSE_CODE", "The close code is one that must not be sent"}},
    {ProtocolError::kInvalidClosePayload,
     {kProtocolErrorCode, "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH",
      "The payload of a close frame must be empty or begin with a two-byte code"}},
    {ProtocolError::kTooManyMessages,
     {kPolicyCode, "WS_ERR_TOO_MANY_MESSAGES",
      "More messages came within a second than this endpoint allows"}},
    {ProtocolError::kTooManyBytes,
     {kPolicyCode, "WS_ERR_TOO_MANY_BYTES", "More bytes came within a second than this endpoint allows"}},
};

// Row i is that of the kind i + 1, as kNone has none.
constexpr size_t index_of(ProtocolError error) {
  return static_cast<size_t>(error) - 1;
}

constexpr bool rows_are_sound() {
  for (size_t i = 0; i < std::size(kRows); ++i) {
    if (index_of(kRows[i].kind) != i || kRows[i].info.message.size() > limits::kCloseReasonMax) return false;
  }
  return std::size(kRows) == index_of(ProtocolError::kCount);
}
static_assert(rows_are_sound(), "one row for each kind, in the order of the enum");

}  // namespace

const ProtocolErrorInfo& info(ProtocolError error) {
  NTYWS_CHECK(error > ProtocolError::kNone && error < ProtocolError::kCount);
  return kRows[index_of(error)].info;
}

}  // namespace ntyws
