// Runs the registered tests, all or those whose "file.name" contains the first argument. Exits with 1 when a
// test fails or none matches.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "testing.h"

namespace ntyws::testing {
namespace {

struct Test {
  std::string name;  // "http_head.rejects_bare_lf" for that test of http_head_test.cc
  void (*body)();
};

// A function's static, as registrations run before main in no certain order.
std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

// A loop of random inputs that goes wrong would else print one line for each.
constexpr int kFailuresShown = 20;

int failures_of_this_test = 0;

std::string stem(std::string_view path) {
  path.remove_prefix(path.rfind('/') + 1);
  return std::string(path.substr(0, path.find("_test.cc")));
}

uint64_t choose_seed() {
  if (const char* given = std::getenv("SEED")) return std::strtoull(given, nullptr, 10);
  return std::random_device{}();
}

}  // namespace

Registration::Registration(const char* file, const char* name, void (*body)()) {
  tests().push_back({stem(file) + "." + name, body});
}

void fail(const char* file, int line, const std::string& what) {
  failures_of_this_test += 1;
  if (failures_of_this_test <= kFailuresShown) {
    std::printf("  %s:%d: expected %s\n", file, line, what.c_str());
  }
}

uint64_t test_seed() {
  static const uint64_t seed = choose_seed();
  return seed;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\x%02x", byte);
      out += escape;
    }
  }
  return out + "\"";
}

static int run(std::string_view filter) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(test_seed()));
  std::sort(tests().begin(), tests().end(), [](const Test& a, const Test& b) { return a.name < b.name; });
  int passed = 0;
  int failed = 0;
  for (const Test& test : tests()) {
    if (test.name.find(filter) == std::string::npos) continue;
    // Before the test, so that a crash shows whose it is.
    std::printf("%s\n", test.name.c_str());
    std::fflush(stdout);
    failures_of_this_test = 0;
    test.body();
    if (failures_of_this_test > kFailuresShown) {
      std::printf("  and %d more\n", failures_of_this_test - kFailuresShown);
    }
    (failures_of_this_test == 0 ? passed : failed) += 1;
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace ntyws::testing

int main(int argc, char** argv) {
  return ntyws::testing::run(argc > 1 ? argv[1] : "");
}
