// The result of one load run, and its two forms: a line for people, a JSON object for scripts.

#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>

#include "histogram.h"
#include "load_options.h"

struct LoadResult {
  double elapsed_s = 0;
  uint64_t messages = 0;
  uint64_t handshakes = 0;
  Histogram latency;
  double client_cpu_s = 0;
  // Absent when no server process was named.
  std::optional<double> server_cpu_s;
  std::optional<double> server_rss_bytes;
  // Before the first connection; for the memory that each connection costs.
  std::optional<double> server_rss_before_bytes;

  double rss_bytes_per_connection(int connection_count) const {
    return (*server_rss_bytes - *server_rss_before_bytes) / connection_count;
  }
};

inline void print_text(const LoadOptions& options, const LoadResult& result) {
  double per_second = 1 / result.elapsed_s;
  double messages = static_cast<double>(result.messages);
  double handshakes = static_cast<double>(result.handshakes);
  double client_cpu_percent = result.client_cpu_s * per_second * 100;
  constexpr double kMiB = 1 << 20;

  switch (options.mode) {
    case Mode::kIdle:
      printf("held %d connections for %.1f s", options.connection_count, result.elapsed_s);
      if (result.server_rss_bytes) {
        printf(", rss %.1f MiB, %.0f bytes per connection", *result.server_rss_bytes / kMiB,
               result.rss_bytes_per_connection(options.connection_count));
      }
      break;
    case Mode::kChurn:
      printf("handshakes %.0f/s, client cpu %.0f%%", handshakes * per_second, client_cpu_percent);
      if (result.server_cpu_s) {
        printf(", server cpu %.0f%%, %.1f us cpu/handshake, rss %.1f MiB",
               *result.server_cpu_s * per_second * 100, *result.server_cpu_s / handshakes * 1e6,
               *result.server_rss_bytes / kMiB);
      }
      break;
    case Mode::kEcho:
    case Mode::kFanOut:
      printf("conns %d depth %d size %zu: %.0f msg/s, %.1f MB/s, latency us p50 %.1f p99 %.1f p99.9 %.1f",
             options.connection_count, options.depth, options.payload_size, messages * per_second,
             messages * per_second * static_cast<double>(options.payload_size) / 1e6,
             result.latency.percentile_us(.5), result.latency.percentile_us(.99),
             result.latency.percentile_us(.999));
      printf(", client cpu %.0f%%", client_cpu_percent);
      if (result.server_cpu_s) {
        printf(", server cpu %.0f%%, %.3f us cpu/msg, rss %.1f MiB", *result.server_cpu_s * per_second * 100,
               *result.server_cpu_s / messages * 1e6, *result.server_rss_bytes / kMiB);
      }
  }
  printf("\n");
}

// Only the fields that the mode measures are present. CPU shares are of one core.
inline void print_json(const LoadOptions& options, const LoadResult& result) {
  double per_second = 1 / result.elapsed_s;
  double messages = static_cast<double>(result.messages);
  double handshakes = static_cast<double>(result.handshakes);

  printf("{\"seconds\":%.3f", result.elapsed_s);
  if (options.mode != Mode::kIdle) printf(",\"clientCpuShare\":%.4f", result.client_cpu_s * per_second);
  if (options.mode == Mode::kChurn) {
    printf(",\"handshakes\":%.0f,\"handshakesPerSecond\":%.1f", handshakes, handshakes * per_second);
  } else if (options.mode != Mode::kIdle) {
    if (options.rate > 0) printf(",\"rate\":%.0f", options.rate);
    printf(",\"messages\":%.0f,\"messagesPerSecond\":%.1f", messages, messages * per_second);
    printf(",\"clientCpuUsPerMessage\":%.4f", result.client_cpu_s / messages * 1e6);
    printf(",\"latencyP50Us\":%.3f,\"latencyP99Us\":%.3f,\"latencyP999Us\":%.3f",
           result.latency.percentile_us(.5), result.latency.percentile_us(.99),
           result.latency.percentile_us(.999));
  }
  if (result.server_rss_bytes) {
    printf(",\"serverRssBytes\":%.0f", *result.server_rss_bytes);
    if (options.mode == Mode::kIdle) {
      printf(",\"serverRssBytesPerConnection\":%.1f",
             result.rss_bytes_per_connection(options.connection_count));
    }
  }
  if (result.server_cpu_s) {
    printf(",\"serverCpuShare\":%.4f", *result.server_cpu_s * per_second);
    if (options.mode == Mode::kChurn) {
      printf(",\"serverCpuUsPerHandshake\":%.4f", *result.server_cpu_s / handshakes * 1e6);
    } else {
      printf(",\"serverCpuUsPerMessage\":%.4f", *result.server_cpu_s / messages * 1e6);
    }
  }
  printf("}\n");
}
