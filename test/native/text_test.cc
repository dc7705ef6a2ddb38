#include "base/text.h"

#include "testing.h"

namespace ntyws {
namespace {

TEST(takes_white_space_off_both_ends_only) {
  EXPECT_EQ(trimmed(""), "");
  EXPECT_EQ(trimmed(" \t "), "");
  EXPECT_EQ(trimmed("a"), "a");
  EXPECT_EQ(trimmed("\t a\t b  "), "a\t b");
  EXPECT_EQ(trimmed("\r\na\n"), "\r\na\n");
}

}  // namespace
}  // namespace ntyws
