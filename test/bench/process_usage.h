// CPU time and memory, as the kernel accounts them: of other processes, and of this one.

#pragma once

#include <sys/resource.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

// A server may be several processes: both functions sum over all of them, and return nothing when one cannot
// be read, because a sum without it would look like a good result.

// User and system time of all threads since the start, in seconds; to the ns, where /proc would count ticks
// of 10 ms.
inline std::optional<double> cpu_seconds(const std::vector<pid_t>& pids) {
  double seconds = 0;
  for (pid_t pid : pids) {
    clockid_t clock;
    timespec time;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return std::nullopt;
    seconds += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  }
  return seconds;
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
