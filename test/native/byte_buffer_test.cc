#include "base/byte_buffer.h"

#include <string>

#include "testing.h"

namespace ntyws {
namespace {

std::string numbered(size_t size, size_t from = 0) {
  std::string text;
  for (size_t i = 0; i < size; ++i) text += static_cast<char>(from + i);
  return text;
}

TEST(begins_with_no_memory) {
  ByteBuffer buffer;
  EXPECT(buffer.empty());
  EXPECT_EQ(buffer.size(), 0);
  EXPECT_EQ(buffer.capacity(), 0);
  EXPECT(buffer.data() == nullptr);
  EXPECT(buffer.bytes().empty());
  buffer.append({});
  EXPECT_EQ(buffer.capacity(), 0);
  EXPECT(buffer.release() == nullptr);
}

TEST(appends_behind_what_is_there) {
  ByteBuffer buffer;
  std::string expected;
  for (size_t size = 0; size < 70; ++size) {
    const std::string more = numbered(size, size * 3);
    buffer.append(as_bytes(more));
    expected += more;
    EXPECT_EQ(buffer.bytes(), expected);
    EXPECT(buffer.size() <= buffer.capacity());
  }
}

TEST(counts_what_was_written_into_its_room) {
  ByteBuffer buffer;
  buffer.append(as_bytes("ab"));
  const MutableBytes room = buffer.room(2, 10);
  EXPECT(room.data() == buffer.data() + 2);
  EXPECT_EQ(room.size(), 8);
  room[0] = 'c';
  room[1] = 'd';
  EXPECT_EQ(buffer.bytes(), "ab");
  buffer.commit(2);
  EXPECT_EQ(buffer.bytes(), "abcd");
}

TEST(at_least_doubles) {
  ByteBuffer buffer;
  const std::string bytes(100, 'b');
  const auto append = [&](size_t size) { buffer.append(as_bytes(bytes).first(size)); };
  append(10);
  EXPECT_EQ(buffer.capacity(), 10);
  append(1);
  EXPECT_EQ(buffer.capacity(), 20);
  append(9);
  EXPECT_EQ(buffer.capacity(), 20);
  append(100);
  EXPECT_EQ(buffer.capacity(), 120);
}

TEST(grows_to_the_capacity_wanted_and_only_when_it_must) {
  ByteBuffer buffer;
  buffer.room(10, 15);
  EXPECT_EQ(buffer.capacity(), 15);
  buffer.room(15, 100);
  EXPECT_EQ(buffer.capacity(), 15);
  // More is needed than was wanted.
  buffer.room(16, 12);
  EXPECT_EQ(buffer.capacity(), 16);
}

TEST(drops_bytes_from_the_end_and_keeps_the_memory) {
  ByteBuffer buffer;
  buffer.append(as_bytes(numbered(20)));
  const uint8_t* const where = buffer.data();
  for (const size_t size : {20, 19, 5, 5, 0}) {
    buffer.truncate(size);
    EXPECT_EQ(buffer.bytes(), numbered(size));
    EXPECT_EQ(buffer.capacity(), 20);
  }
  EXPECT(buffer.data() == where);
  buffer.append(as_bytes("again"));
  EXPECT_EQ(buffer.bytes(), "again");
}

TEST(gives_back_memory_that_has_no_bytes_in_it) {
  ByteBuffer buffer;
  buffer.room(5, 1'000);
  buffer.append(as_bytes("hello"));
  buffer.shrink_to_fit();
  EXPECT_EQ(buffer.bytes(), "hello");
  EXPECT_EQ(buffer.capacity(), 5);
  const uint8_t* const where = buffer.data();
  buffer.shrink_to_fit();
  EXPECT(buffer.data() == where);
  buffer.append(as_bytes("!"));
  EXPECT_EQ(buffer.bytes(), "hello!");
}

TEST(gives_its_memory_away) {
  ByteBuffer buffer;
  buffer.append(as_bytes("abc"));
  const uint8_t* const where = buffer.data();
  const MallocedBytes taken = buffer.release();
  EXPECT(taken.get() == where);
  EXPECT_EQ(as_text({taken.get(), 3}), "abc");
  EXPECT(buffer.empty());
  EXPECT_EQ(buffer.capacity(), 0);
  buffer.append(as_bytes("de"));
  EXPECT_EQ(buffer.bytes(), "de");
}

TEST(moves) {
  ByteBuffer first;
  first.append(as_bytes("abc"));
  ByteBuffer second = std::move(first);
  EXPECT_EQ(second.bytes(), "abc");
  ByteBuffer third;
  third.append(as_bytes("old"));
  third = std::move(second);
  EXPECT_EQ(third.bytes(), "abc");
  third.append(as_bytes("d"));
  EXPECT_EQ(third.bytes(), "abcd");
}

TEST(a_moved_from_buffer_is_empty) {
  ByteBuffer first;
  first.append(as_bytes("abc"));
  const ByteBuffer second = std::move(first);
  EXPECT(first.empty());
  EXPECT_EQ(first.capacity(), 0);
  first.append(as_bytes("x"));
  EXPECT_EQ(first.bytes(), "x");
}

}  // namespace
}  // namespace ntyws
