#include "net/port_range.h"

#include "base/limits.h"
#include "guarded_bytes.h"
#include "testing.h"

namespace ntyws {
namespace {

using Ports = std::vector<uint16_t>;

PortRange parse_guarded(std::string_view spec) {
  testing::GuardedBytes bytes(spec);
  return parse_port_range(as_text(bytes.bytes()));
}

void expect_ports(std::string_view spec, const Ports& ports) {
  const PortRange range = parse_guarded(spec);
  EXPECT_EQ(range.error, "");
  EXPECT_EQ(range.ports, ports);
}

void expect_error(std::string_view spec, std::string_view error) {
  const PortRange range = parse_guarded(spec);
  EXPECT_EQ(range.error, error);
  EXPECT_EQ(range.ports, Ports{});
}

TEST(reads_ports_ranges_and_lists) {
  expect_ports("8888", {8888});
  expect_ports("1", {1});
  expect_ports("65535", {65535});
  expect_ports("8888-8890", {8888, 8889, 8890});
  expect_ports("7-7", {7});
  expect_ports("65534-65535", {65534, 65535});
  expect_ports("8888,9000-9002,80", {8888, 9000, 9001, 9002, 80});
  expect_ports("0080", {80});
}

TEST(reads_zero_several_times) {
  expect_ports("0", {0});
  expect_ports("0,0,8888,0", {0, 0, 8888, 0});
}

TEST(skips_spaces_around_numbers) {
  expect_ports(" 8888 ", {8888});
  expect_ports("\t8888 - 8889 , 1 ,2", {8888, 8889, 1, 2});
}

TEST(refuses_what_is_no_port) {
  expect_error("70000", "port \"70000\" is not a number from 0 to 65535");
  expect_error("65536", "port \"65536\" is not a number from 0 to 65535");
  expect_error("4294967297", "port \"4294967297\" is not a number from 0 to 65535");
  expect_error("18446744073709551617", "port \"18446744073709551617\" is not a number from 0 to 65535");
  expect_error("80,http", "port \"http\" is not a number from 0 to 65535");
  expect_error("1-70000", "port \"70000\" is not a number from 0 to 65535");
  for (const std::string text : {"+80", "80.0", "0x50", "1e3", "8 8", "80;81", "8888\n", "80:81"}) {
    const std::string shown = text.back() == '\n' ? "8888?" : text;
    expect_error(text, "port \"" + shown + "\" is not a number from 0 to 65535");
  }
  expect_error(std::string_view("80\0", 3), "port \"80?\" is not a number from 0 to 65535");
}

TEST(refuses_wrong_ranges) {
  expect_error("9-1", "port \"9-1\" runs backwards: write the lower port first");
  expect_error("80, 9 - 1 ", "port \"9 - 1\" runs backwards: write the lower port first");
  expect_error("1-0", "port \"1-0\" runs backwards: write the lower port first");
  expect_error("0-5", "port \"0-5\" begins at 0, which stands for any free port: begin at 1");
  expect_error("0-0", "port \"0-0\" begins at 0, which stands for any free port: begin at 1");
  expect_error("8888-", "port \"8888-\" is not a number from 0 to 65535");
  expect_error("-1", "port \"-1\" is not a number from 0 to 65535");
  expect_error("-", "port \"-\" is not a number from 0 to 65535");
  expect_error("1-2-3", "port \"2-3\" is not a number from 0 to 65535");
  expect_error("1--3", "port \"-3\" is not a number from 0 to 65535");
}

TEST(refuses_nothing) {
  for (const char* spec : {"", " ", "\t "}) {
    expect_error(spec, "no port is given: write one (8888), a range (8888-8987) or a list of them");
  }
  for (const std::string spec : {",", "80,", ",80", "80,,81", "80, ,81"}) {
    expect_error(spec, "port list \"" + spec + "\" has nothing beside one of its commas");
  }
}

TEST(refuses_the_same_port_twice) {
  expect_error("80,80", "port 80 is given twice");
  expect_error("8888-8890,8889", "port 8889 is given twice");
  expect_error("8889,8888-8890", "port 8889 is given twice");
  expect_error("65535,65535", "port 65535 is given twice");
}

TEST(refuses_too_many_ports) {
  static_assert(limits::kPortCountMax == 10'000);
  EXPECT_EQ(parse_guarded("1-10000").ports.size(), 10'000);
  EXPECT_EQ(parse_guarded("1-9999,0").ports.size(), 10'000);
  EXPECT_EQ(parse_guarded("1-10000").ports.back(), 10'000);
  expect_error("1-10001", "port list \"1-10001\" has more than 10000 ports");
  expect_error("1-65535", "port list \"1-65535\" has more than 10000 ports");
  expect_error("1-10000,0", "port list \"1-10000,0\" has more than 10000 ports");
  expect_error("1-9999,10000-10001", "port list \"1-9999,10000-10001\" has more than 10000 ports");
}

TEST(quotes_input_bounded_and_printable) {
  const std::string shown(40, '9');
  expect_error(shown, "port \"" + shown + "\" is not a number from 0 to 65535");
  expect_error(std::string(100'000, '9'), "port \"" + shown + "...\" is not a number from 0 to 65535");
  expect_error("\x1b[31m\xc3\xa9", "port \"?[31m??\" is not a number from 0 to 65535");
}

}  // namespace
}  // namespace ntyws
