// The metrics a service exposes. Their names and help texts stand in probes.cpp alone; the code says what happened.
#pragma once
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/core.hpp"

namespace tickmesh {

class Probes {
 public:
  /// `says` decides which latencies from the tick are kept here.
  Probes(const std::string& service, std::uint32_t ordinal, const std::string& version, const std::vector<Stream>& says);
  // Totals are given as they stand; the exported counter follows.
  void published(Stream stream, std::uint64_t total);
  void applied(Stream stream, std::uint64_t total);
  void healed(Stream stream, std::uint64_t total);
  void lost(Stream stream, std::uint64_t total);
  void lag(Stream stream, double events, double seconds);
  void queue_depth(const std::string& queue, double items);
  void journal_bytes(double bytes);
  void journal_reserve(bool disk_full, bool in_use);
  void journal_append(double seconds);
  void projector_lag(const std::string& table, double seconds);
  void projection_losses(std::uint64_t gaps, std::uint64_t lost, std::uint64_t rejected);
  void rejected(const std::string& input, const std::string& rule, std::uint64_t total);
  void feed_age(const std::string& feed, double seconds);
  /// From the tick to what it led to on `stream`: metrics, signal, intent or order, and of `says`.
  void tick_to(Stream stream, double seconds);
  /// Those not over yet; a state that is left out has none.
  void orders(const std::map<OrderEventKind, std::size_t>& by_state);
  void equity(double value);
  void unrealized_pnl(double value);
  void realized_pnl(double value);
  void positions(double count);
  void risk_state(double value);  ///< 1 ACTIVE, 2 REDUCING, 3 HALTED
  void disk_days_left(double days);
  void total_errors(const std::string& kind, std::uint64_t total);
  /// Prometheus text format.
  std::string text() const;

 private:
  void total(const char* name, const char* help, const std::map<std::string, std::string>& labels, std::uint64_t value);
  void gauge(const char* name, const char* help, const std::map<std::string, std::string>& labels, double value);
  std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Histogram* journal_append_;
  std::array<prometheus::Histogram*, kStreams> tick_to_{};
};

}  // namespace tickmesh
