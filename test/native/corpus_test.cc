// Replays the fuzzers' corpus: what they once found, and what leads them on, goes through every target again.
// Finding more is up to `npm run fuzz`.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "fuzz_target.h"
#include "testing.h"

// Declared here as GCC does not install the sanitizers' headers everywhere.
extern "C" void __sanitizer_set_death_callback(void (*callback)());

namespace ntyws {
namespace {

namespace fs = std::filesystem;

const fs::path kCorpus = NTYWS_FUZZ_CORPUS;

std::string running;  // the file whose input is in a target

void print_running() {
  std::fprintf(stderr, "while replaying %s\n", running.c_str());
}
void on_abort(int) {
  print_running();
}

std::set<fs::path> entries_of(const fs::path& directory) {
  std::set<fs::path> entries;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, error))
    entries.insert(entry.path());
  return entries;
}

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(every_input_passes_its_target) {
  __sanitizer_set_death_callback(print_running);
  const auto old_handler = std::signal(SIGABRT, on_abort);
  std::set<fs::path> known;
  for (const fuzz::Target& target : fuzz::targets()) {
    const fs::path directory = kCorpus / target.name;
    known.insert(directory);
    const std::set<fs::path> files = entries_of(directory);
    EXPECT(!files.empty());
    for (const fs::path& file : files) {
      running = file.string();
      target.run(as_bytes(content_of(file)));
    }
  }
  __sanitizer_set_death_callback(nullptr);
  std::signal(SIGABRT, old_handler);
  EXPECT_EQ(entries_of(kCorpus) == known, true);
}

}  // namespace
}  // namespace ntyws
