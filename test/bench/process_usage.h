// CPU time and memory, as the kernel accounts them: of other processes through /proc, and of this one.

#pragma once

#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

// A server may be several processes: both functions sum over all of them, and return nothing when one cannot
// be read, because a sum without it would look like a good result.

// User and system time of all threads since the start, in seconds. The kernel counts in ticks, mostly of 10
// ms.
inline std::optional<double> cpu_seconds(const std::vector<pid_t>& pids) {
  double ticks = 0;
  for (pid_t pid : pids) {
    FILE* file = fopen(("/proc/" + std::to_string(pid) + "/stat").c_str(), "r");
    if (!file) return std::nullopt;
    char text[2048];
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = 0;
    // The second field is the program's name and may hold spaces and parentheses: count from the last one.
    const char* after_name = strrchr(text, ')');
    unsigned long user = 0;
    unsigned long system = 0;
    if (!after_name ||
        sscanf(after_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2) {
      return std::nullopt;
    }
    ticks += static_cast<double>(user + system);
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

inline std::optional<double> resident_bytes(const std::vector<pid_t>& pids) {
  double pages = 0;
  for (pid_t pid : pids) {
    FILE* file = fopen(("/proc/" + std::to_string(pid) + "/statm").c_str(), "r");
    if (!file) return std::nullopt;
    long resident = 0;
    int fields = fscanf(file, "%*d %ld", &resident);
    fclose(file);
    if (fields != 1) return std::nullopt;
    pages += static_cast<double>(resident);
  }
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// User and system time of this process, in seconds.
inline double own_cpu_seconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}
