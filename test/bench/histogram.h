// Counts durations in log-linear buckets: constant memory and a fixed cost per value, at an error below 1.6
// %.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

class Histogram {
 public:
  void record(uint64_t ns) {
    buckets_[bucket_of(ns)]++;
    count_++;
  }

  // The lower edge, in µs, of the bucket that holds the value at `fraction` (0 to 1) of all; 0 when empty.
  double percentile_us(double fraction) const {
    uint64_t rank = static_cast<uint64_t>(fraction * static_cast<double>(count_));
    uint64_t seen = 0;
    for (size_t i = 0; i < buckets_.size(); i++) {
      seen += buckets_[i];
      if (seen > rank) return static_cast<double>(lower_edge(i)) / 1e3;
    }
    return 0;
  }

 private:
  // 64 buckets for each power of two; below 64 ns each value has its own.
  static constexpr int kBucketBits = 6;
  static constexpr uint64_t kBucketsPerPower = 1 << kBucketBits;

  static size_t bucket_of(uint64_t ns) {
    if (ns < kBucketsPerPower) return ns;
    int exponent = std::bit_width(ns) - 1;
    uint64_t within_power = (ns >> (exponent - kBucketBits)) & (kBucketsPerPower - 1);
    return (exponent - kBucketBits + 1) * kBucketsPerPower + within_power;
  }

  static uint64_t lower_edge(size_t bucket) {
    if (bucket < kBucketsPerPower) return bucket;
    int exponent = static_cast<int>(bucket / kBucketsPerPower) + kBucketBits - 1;
    return (kBucketsPerPower + bucket % kBucketsPerPower) << (exponent - kBucketBits);
  }

  std::vector<uint64_t> buckets_ = std::vector<uint64_t>(64 * kBucketsPerPower);
  uint64_t count_ = 0;
};
