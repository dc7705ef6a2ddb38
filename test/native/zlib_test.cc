#include "base/zlib.h"

#include "testing.h"

namespace ntyws {
namespace {

TEST(has_all_functions_from_the_first_call_on) {
  const zlib::Functions* functions = zlib::functions();
  if (!EXPECT(functions != nullptr)) return;
  EXPECT(functions->deflateInit2_ && functions->deflate && functions->deflateReset && functions->deflateEnd);
  EXPECT(functions->inflateInit2_ && functions->inflate && functions->inflateReset &&
         functions->inflateResetKeep && functions->inflateEnd);
  EXPECT(zlib::functions() == functions);
}

// Else the declarations are not those of the zlib that was found.
TEST(is_a_zlib_that_takes_our_streams_and_refuses_others) {
  const zlib::Functions& functions = *zlib::functions();
  zlib::Stream stream{};
  EXPECT_EQ(functions.inflateInit2_(&stream, -15, zlib::kVersion, sizeof stream), zlib::kOk);
  EXPECT_EQ(functions.inflateEnd(&stream), zlib::kOk);
  EXPECT(functions.inflateInit2_(&stream, -15, zlib::kVersion, sizeof stream - 1) != zlib::kOk);
  EXPECT(functions.inflateInit2_(&stream, -15, "2", sizeof stream) != zlib::kOk);
}

}  // namespace
}  // namespace ntyws
