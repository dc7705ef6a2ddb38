// The native tests' own harness: TEST registers a test, EXPECT and EXPECT_EQ note a failure and go on. Random
// tests take their numbers from test_random(), whose seed main.cc prints and SEED=… in the environment
// repeats.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/bytes.h"

namespace ntyws::testing {

struct Registration {
  Registration(const char* file, const char* name, void (*body)());
};

// Notes that the running test has failed, and prints where and why.
void fail(const char* file, int line, const std::string& what);

// The seed of this run, and generators that start from it: each one repeats the same numbers.
uint64_t test_seed();
inline std::mt19937_64 test_random() {
  return std::mt19937_64(test_seed());
}

// Text in quotes, with everything but visible ASCII as \xNN: a failed comparison shows each byte.
std::string quoted(std::string_view text);

// Text and bytes alike.
template <typename Value>
concept TextLike =
    std::convertible_to<const Value&, std::string_view> || std::convertible_to<const Value&, Bytes>;

template <TextLike Value>
std::string_view text_of(const Value& value) {
  if constexpr (std::convertible_to<const Value&, std::string_view>) {
    return value;
  } else {
    return as_text(value);
  }
}

template <typename Value>
std::string printed(const Value& value) {
  if constexpr (std::is_same_v<Value, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_enum_v<Value>) {
    return std::to_string(static_cast<std::underlying_type_t<Value>>(value));
  } else if constexpr (std::is_arithmetic_v<Value>) {
    return std::to_string(value);
  } else if constexpr (TextLike<Value>) {
    return quoted(text_of(value));
  } else if constexpr (requires { value.begin() == value.end(); }) {
    std::string all = "{";
    for (const auto& element : value) all += (all.size() > 1 ? ", " : "") + printed(element);
    return all + "}";
  } else {
    return "(a value)";
  }
}

template <typename A, typename B>
bool equal(const A& a, const B& b) {
  // Literals are ints; compare by value whatever the signs, without a warning at each place.
  constexpr bool both_integers = std::is_integral_v<A> && std::is_integral_v<B> && !std::is_same_v<A, bool> &&
                                 !std::is_same_v<B, bool> && !std::is_same_v<A, char> &&
                                 !std::is_same_v<B, char>;
  if constexpr (both_integers) {
    return std::cmp_equal(a, b);
  } else if constexpr (TextLike<A> && TextLike<B>) {
    return text_of(a) == text_of(b);
  } else {
    return a == b;
  }
}

template <typename A, typename B>
bool expect_equal(const A& a, const B& b, const char* a_text, const char* b_text, const char* file,
                  int line) {
  if (equal(a, b)) return true;
  fail(file, line,
       std::string(a_text) + " == " + b_text + "\n    left:  " + printed(a) + "\n    right: " + printed(b));
  return false;
}

}  // namespace ntyws::testing

#define TEST(name)                                                                               \
  static void test_##name();                                                                     \
  static const ::ntyws::testing::Registration registration_##name(__FILE__, #name, test_##name); \
  static void test_##name()

// Both are also values: `if (!EXPECT(...)) return;` ends a test that cannot go on.
#define EXPECT(condition) \
  (static_cast<bool>(condition) || (::ntyws::testing::fail(__FILE__, __LINE__, #condition), false))
#define EXPECT_EQ(a, b) (::ntyws::testing::expect_equal((a), (b), #a, #b, __FILE__, __LINE__))
