// Input: the role (odd: client) and whether there is compression (2), then what may begin with a frame's
// header.
#include "protocol/frame_header.h"

#include "base/check.h"
#include "base/limits.h"
#include "frames.h"
#include "fuzz_target.h"
#include "input.h"

namespace ntyws {
namespace {

using fuzz::Copy;

// Written again by other code, a header is the same bytes: so it was in its shortest form, and no bit of it
// was dropped.
void check_complete(const FrameHeader& header, Role role, std::string_view bytes) {
  const std::string_view key(reinterpret_cast<const char*>(&header.masking_key), 4);
  const int first = (header.fin ? testing::kFin : 0) | (header.compressed ? testing::kCompressed : 0) |
                    static_cast<int>(header.opcode);
  const std::string written =
      testing::frame_header(first, header.payload_size, role == Role::kServer ? key : std::string_view());
  NTYWS_CHECK(header.size == written.size());
  NTYWS_CHECK(bytes.starts_with(written));
  NTYWS_CHECK(header.payload_size >> 63 == 0);
  NTYWS_CHECK(role == Role::kServer || header.masking_key == 0);
  if (is_control(header.opcode)) NTYWS_CHECK(header.fin && header.payload_size <= limits::kControlPayloadMax);
}

void check_writer(const FrameHeader& header) {
  const auto out = std::make_unique<uint8_t[]>(limits::kFrameHeaderMax);
  const size_t size =
      write_frame_header(out.get(), header.opcode, header.fin, header.payload_size, header.compressed);
  FrameHeader again{};
  ProtocolError error = ProtocolError::kNone;
  NTYWS_CHECK(parse_frame_header(Copy({out.get(), size}).bytes(), Role::kClient, true, again, error) ==
              HeaderStatus::kComplete);
  NTYWS_CHECK(again.compressed == header.compressed);
  NTYWS_CHECK(again.size == size && again.fin == header.fin && again.opcode == header.opcode &&
              again.payload_size == header.payload_size && again.masking_key == 0);
}

// The first bytes of a frame that is whole in itself: nothing is wrong with them.
bool could_be_fine(Role role, bool compression, std::string_view bytes) {
  const auto byte = [&](size_t at) { return static_cast<uint8_t>(bytes[at]); };
  const int opcode = byte(0) & 0x0F;
  const bool known = opcode < 3 || (opcode > 7 && opcode < 11);
  const bool begins = opcode == 1 || opcode == 2;
  const bool reserved = (byte(0) & (compression && begins ? 0x30 : 0x70)) != 0;
  const bool masked = (byte(1) & 0x80) != 0;
  const int length = byte(1) & 0x7F;
  if (!known || reserved || masked != (role == Role::kServer)) return false;
  if (opcode > 7) return byte(0) >= 0x80 && length <= 125;
  if (length == 126 && bytes.size() >= 4) return byte(2) != 0 || byte(3) >= 126;
  if (length == 127 && bytes.size() >= 10) {
    return byte(2) < 0x80 && bytes.substr(2, 6).find_first_not_of('\0') != std::string_view::npos;
  }
  return true;
}

FUZZ_TARGET(frame_header)(Bytes input) {
  const uint8_t option = fuzz::take_byte(input);
  const Role role = option % 2 ? Role::kClient : Role::kServer;
  const bool compression = (option & 2) != 0;
  input = input.first(std::min(input.size(), limits::kFrameHeaderMax + 2));

  // Every prefix, the first to be decided and all longer ones saying the same.
  HeaderStatus decided = HeaderStatus::kPartial;
  FrameHeader first{};
  ProtocolError first_error = ProtocolError::kNone;
  for (size_t size = 0; size <= input.size(); ++size) {
    FrameHeader header{};
    ProtocolError error = ProtocolError::kNone;
    const HeaderStatus status =
        parse_frame_header(Copy(input.first(size)).bytes(), role, compression, header, error);
    if (size >= 2) {
      NTYWS_CHECK((status != HeaderStatus::kBad) ==
                  could_be_fine(role, compression, as_text(input.first(size))));
    } else {
      NTYWS_CHECK(status == HeaderStatus::kPartial);
    }
    NTYWS_CHECK((status == HeaderStatus::kBad) == (error != ProtocolError::kNone));
    if (decided == HeaderStatus::kPartial) {
      if (status == HeaderStatus::kComplete) NTYWS_CHECK(header.size == size);
      decided = status;
      first = header;
      first_error = error;
    }
    NTYWS_CHECK(status == decided && error == first_error);
    if (status != HeaderStatus::kComplete) continue;
    NTYWS_CHECK(header.size == first.size && header.payload_size == first.payload_size &&
                header.masking_key == first.masking_key);
  }
  if (decided != HeaderStatus::kComplete) return;
  check_complete(first, role, as_text(input));
  check_writer(first);
}

}  // namespace
}  // namespace ntyws
