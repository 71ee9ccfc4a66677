#include "service/probes.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cctype>

namespace tickmesh {
namespace {
std::string name_of(Stream stream) { return std::string(to_string(stream)); }

const prometheus::Histogram::BucketBoundaries kBatchBounds{1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 5e-3, 2e-2, 0.1, 1};
/// 1 µs to 1 s, dense where a quiet machine lies, so that a percentile read off them is worth reading.
const prometheus::Histogram::BucketBoundaries kLatencyBounds{1e-6,   2e-6, 5e-6, 1e-5, 2e-5, 5e-5,   1e-4, 1.5e-4, 2e-4,
                                                             3e-4,   4e-4, 6e-4, 8e-4, 1e-3, 1.5e-3, 2e-3, 3e-3,   5e-3,
                                                             7.5e-3, 1e-2, 2e-2, 5e-2, 0.1,  0.2,    0.5,  1};

prometheus::Histogram& histogram(prometheus::Registry& registry, const std::string& name, const std::string& help,
                                 const prometheus::Histogram::BucketBoundaries& bounds) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, bounds);
}

}  // namespace

Probes::Probes(const std::string& service, std::uint32_t ordinal, const std::string& version, const std::vector<Stream>& says)
    : registry_{std::make_shared<prometheus::Registry>()},
      journal_append_{&histogram(*registry_, "tickmesh_journal_append_seconds", "Time to record and apply one batch.", kBatchBounds)} {
  for (const Stream stream : says)
    if (leads_to_orders(stream))
      tick_to_[static_cast<std::size_t>(stream)] =
          &histogram(*registry_, "tickmesh_tick_to_" + (stream == Stream::metrics ? "metric" : name_of(stream)) + "_seconds",
                     "From the time of a tick to the release of what it led to.", kLatencyBounds);
  gauge("tickmesh_build_info", "Version of the running service; always 1.",
        {{"service", service}, {"ordinal", std::to_string(ordinal)}, {"version", version}}, 1);
}

void Probes::total(const char* name, const char* help, const std::map<std::string, std::string>& labels, std::uint64_t value) {
  auto& counter = prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add(labels);
  const double missing = static_cast<double>(value) - counter.Value();
  if (missing > 0) counter.Increment(missing);
}
void Probes::gauge(const char* name, const char* help, const std::map<std::string, std::string>& labels, double value) {
  prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add(labels).Set(value);
}

void Probes::published(Stream s, std::uint64_t n) {
  total("tickmesh_events_published_total", "Events said and released.", {{"stream", name_of(s)}}, n);
}
void Probes::applied(Stream s, std::uint64_t n) {
  total("tickmesh_events_applied_total", "Events taken from other services.", {{"stream", name_of(s)}}, n);
}
void Probes::healed(Stream s, std::uint64_t n) {
  total("tickmesh_gap_events_healed_total", "Events that came by replay instead of live.", {{"stream", name_of(s)}}, n);
}
void Probes::lost(Stream s, std::uint64_t n) {
  total("tickmesh_events_lost_total", "Events trimmed at their publisher before they could be had.", {{"stream", name_of(s)}}, n);
}
void Probes::lag(Stream s, double events, double lag_seconds) {
  gauge("tickmesh_stream_lag_events", "Events said by the publisher and not yet taken here.", {{"stream", name_of(s)}}, events);
  gauge("tickmesh_stream_lag_seconds", "Age of the last event taken while behind; 0 when not behind.", {{"stream", name_of(s)}},
        lag_seconds);
}
void Probes::queue_depth(const std::string& queue, double items) {
  gauge("tickmesh_queue_depth", "Items waiting in a bounded queue.", {{"queue", queue}}, items);
}
void Probes::journal_bytes(double bytes) { gauge("tickmesh_journal_bytes", "Size of the journal on disk.", {}, bytes); }
void Probes::journal_reserve(bool disk_full, bool in_use) {
  gauge("tickmesh_journal_disk_full", "1: the disk has no room for the journal's next segment.", {}, disk_full ? 1 : 0);
  gauge("tickmesh_journal_reserve_in_use", "1: the journal's reserve is used or not whole.", {}, in_use ? 1 : 0);
}
void Probes::journal_append(double append_seconds) { journal_append_->Observe(append_seconds); }
void Probes::projector_lag(const std::string& table, double lag_seconds) {
  gauge("tickmesh_projector_lag_seconds", "Age of the oldest event not yet in PostgreSQL.", {{"table", table}}, lag_seconds);
}
void Probes::projection_losses(std::uint64_t gaps, std::uint64_t lost, std::uint64_t n) {
  total("tickmesh_projection_gaps_total",
        "Times the journal had dropped what was not in PostgreSQL yet; each has a row in projection_gaps.", {}, gaps);
  total("tickmesh_projection_lost_events_total", "Events in those gaps, where the journal could tell.", {}, lost);
  total("tickmesh_projection_rejected_total", "Events that PostgreSQL refused; each has a row in projection_rejects.", {}, n);
}
void Probes::rejected(const std::string& input, const std::string& rule, std::uint64_t n) {
  total("tickmesh_rejected_total", "Inputs refused, by the rule they broke.", {{"input", input}, {"rule", rule}}, n);
}
void Probes::feed_age(const std::string& feed, double age) {
  gauge("tickmesh_feed_age_seconds", "Time since the feed's last tick.", {{"feed", feed}}, age);
}
void Probes::tick_to(Stream stream, double latency) {
  if (auto* histogram = tick_to_[static_cast<std::size_t>(stream)]) histogram->Observe(latency);
}
void Probes::orders(const std::map<OrderEventKind, std::size_t>& by_state) {
  using enum OrderEventKind;
  for (const OrderEventKind kind : {sending, accepted, partially_filled, canceling, unknown}) {
    std::string state{to_string(kind)};
    std::ranges::transform(state, state.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto it = by_state.find(kind);
    gauge("tickmesh_orders", "Orders that are not over, by state.", {{"state", state}},
          it == by_state.end() ? 0 : static_cast<double>(it->second));
  }
}
void Probes::equity(double value) { gauge("tickmesh_equity", "Account equity in its currency.", {}, value); }
void Probes::unrealized_pnl(double value) {
  gauge("tickmesh_unrealized_pnl", "Unrealized profit and loss in the account's currency.", {}, value);
}
void Probes::realized_pnl(double value) {
  gauge("tickmesh_realized_pnl", "Realized profit and loss in the account's currency.", {}, value);
}
void Probes::positions(double count) { gauge("tickmesh_positions", "Open positions.", {}, count); }
void Probes::risk_state(double value) { gauge("tickmesh_risk_state", "1 ACTIVE, 2 REDUCING, 3 HALTED.", {}, value); }
void Probes::disk_days_left(double days) {
  gauge("tickmesh_disk_days_left", "Days until the data disk is full at the present rate.", {}, days);
}

void Probes::total_errors(const std::string& kind, std::uint64_t n) {
  total("tickmesh_errors_total", "Failed attempts by kind.", {{"kind", kind}}, n);
}

std::string Probes::text() const { return prometheus::TextSerializer().Serialize(registry_->Collect()); }

}  // namespace tickmesh
