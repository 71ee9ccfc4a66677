// `latency`: how long a tick is on its way to a metric, a signal, an intent, an order.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "service/config.hpp"

namespace tickmesh::ctl {

struct LatencyOptions {
  std::string symbol;     ///< empty: all
  std::uint64_t last{0};  ///< of each hop, from the journals; 0 and no symbol: the services' own histograms
  bool json{false};
};
/// Without symbol and number from /metrics of the four services, since each started; else from the journals' last events.
/// Exit 1: no sample of any hop; 3: no service answers, or there is no journal.
int latency(const Config& config, const LatencyOptions& options);

/// A histogram of Prometheus's text format: upper bounds in seconds and how many lie at or below each; the last bound is infinite.
struct Buckets {
  std::vector<std::pair<double, std::uint64_t>> upto;
  std::uint64_t count() const { return upto.empty() ? 0 : upto.back().second; }
  /// Nothing when the text has no such histogram.
  static std::optional<Buckets> parse(const std::string& text, const std::string& name);
};
/// Seconds below which the share `q` of the samples lies, taken as even within a bucket; beyond the last finite bound, that bound.
double quantile(const Buckets& buckets, double q);
/// The same of samples, by nearest rank; sorts them.
double quantile(std::vector<double>& samples, double q);

}  // namespace tickmesh::ctl
