#include "base/bytes.h"

#include "guarded_bytes.h"
#include "testing.h"

namespace ntyws {
namespace {

TEST(views_text_as_bytes_and_back) {
  const std::string_view text("a\0\xff", 3);
  const Bytes bytes = as_bytes(text);
  EXPECT_EQ(bytes.size(), 3);
  EXPECT_EQ(bytes[0], 'a');
  EXPECT_EQ(bytes[2], 0xFF);
  EXPECT(as_text(bytes).data() == text.data());
  EXPECT_EQ(as_text(bytes), text);
}

TEST(copies_nothing_from_nowhere) {
  copy_bytes(nullptr, nullptr, 0);
  uint8_t to[2] = {1, 2};
  const uint8_t from[2] = {3, 4};
  copy_bytes(to, from, 1);
  EXPECT_EQ(to[0], 3);
  EXPECT_EQ(to[1], 2);
}

TEST(reads_and_writes_network_order_at_any_address) {
  for (size_t offset = 0; offset < 8; ++offset) {
    testing::GuardedBytes bytes(std::string(8 + offset, '\0'));
    uint8_t* const at = bytes.bytes().data() + offset;
    store_be64(at, 0x0102030405060708);
    EXPECT_EQ(as_text({at, 8}), "\x01\x02\x03\x04\x05\x06\x07\x08");
    EXPECT_EQ(load_be64(at), 0x0102030405060708);
    store_be16(at + 6, 0xFE12);
    EXPECT_EQ(at[6], 0xFE);
    EXPECT_EQ(at[7], 0x12);
    EXPECT_EQ(load_be16(at + 6), 0xFE12);
    EXPECT_EQ(load_be64(at), 0x010203040506FE12);
  }
}

}  // namespace
}  // namespace ntyws
