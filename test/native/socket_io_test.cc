#include "net/socket_io.h"

#include <cerrno>
#include <string>

#include "loopback.h"
#include "testing.h"

namespace ntyws {
namespace {

using testing::SocketPair;

iovec piece(std::string_view text) {
  return {const_cast<char*>(text.data()), text.size()};
}

TEST(receives_what_is_there) {
  SocketPair pair;
  uint8_t buffer[4];
  EXPECT_EQ(receive(pair.ours.get(), buffer).status, IoStatus::kWouldBlock);
  EXPECT_EQ(::send(pair.theirs.get(), "abcdef", 6, 0), 6);
  IoResult result = receive(pair.ours.get(), buffer);
  EXPECT_EQ(result.status, IoStatus::kDone);
  EXPECT_EQ(result.size, 4);
  EXPECT_EQ(as_text(buffer), "abcd");
  result = receive(pair.ours.get(), buffer);
  EXPECT_EQ(result.size, 2);
  EXPECT_EQ(receive(pair.ours.get(), buffer).status, IoStatus::kWouldBlock);
}

TEST(knows_an_end_from_an_error) {
  uint8_t buffer[4];
  SocketPair ended;
  ended.theirs = UniqueFd();
  EXPECT_EQ(receive(ended.ours.get(), buffer).status, IoStatus::kEnd);
  const IoResult wrong = receive(-1, buffer);
  EXPECT_EQ(wrong.status, IoStatus::kError);
  EXPECT_EQ(wrong.error, EBADF);
  EXPECT_EQ(wrong.size, 0);
}

TEST(sends_one_piece_and_many_in_order) {
  SocketPair pair;
  std::string received;
  iovec one[] = {piece("one")};
  EXPECT_EQ(send(pair.ours.get(), one).size, 3);
  iovec many[] = {piece("two"), piece(""), piece("three"), piece("four")};
  const IoResult result = send(pair.ours.get(), many);
  EXPECT_EQ(result.status, IoStatus::kDone);
  EXPECT_EQ(result.size, 12);
  testing::read_all(pair.theirs.get(), received);
  EXPECT_EQ(received, "onetwothreefour");
}

TEST(sends_what_the_kernel_takes) {
  for (const bool split : {false, true}) {
    SocketPair pair;
    const std::string big(8 << 20, 'b');
    iovec pieces[] = {piece(big), piece("more")};
    const IoResult first = send(pair.ours.get(), {pieces, split ? 2u : 1u});
    EXPECT_EQ(first.status, IoStatus::kDone);
    EXPECT(first.size > 0 && first.size < big.size());
    testing::fill(pair.ours.get());
    const IoResult second = send(pair.ours.get(), {pieces, split ? 2u : 1u});
    EXPECT_EQ(second.status, IoStatus::kWouldBlock);
    EXPECT_EQ(second.size, 0);
  }
}

// Without SIGPIPE, which would end the process.
TEST(sending_to_nobody_is_an_error) {
  for (const size_t count : {1, 2}) {
    SocketPair pair;
    pair.theirs = UniqueFd();
    iovec pieces[] = {piece("a"), piece("b")};
    const IoResult result = send(pair.ours.get(), {pieces, count});
    EXPECT_EQ(result.status, IoStatus::kError);
    EXPECT_EQ(result.error, EPIPE);
  }
}

}  // namespace
}  // namespace ntyws
