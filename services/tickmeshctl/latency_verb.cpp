#include "tickmeshctl/latency_verb.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <limits>
#include <sstream>

#include "bus/codec.hpp"
#include "journal/walk.hpp"
#include "service/http_server.hpp"
#include "tickmeshctl/output.hpp"

namespace tickmesh::ctl {
namespace {

struct Hop {
  const char* name;     ///< as in tickmesh_tick_to_<name>_seconds
  const char* service;  ///< who says it
  int port;             ///< its offset
  Stream stream;
};
constexpr std::array kHops{Hop{"metric", "metrics_engine", 2, Stream::metrics}, Hop{"signal", "metrics_engine", 2, Stream::signal},
                           Hop{"intent", "position_manager", 3, Stream::intent}, Hop{"order", "broker_gateway", 4, Stream::order}};
constexpr std::array kQuantiles{std::pair{"p50", 0.50}, std::pair{"p95", 0.95}, std::pair{"p99", 0.99}};

/// One hop's answer: seconds at each of kQuantiles.
struct Row {
  std::uint64_t count{0};
  std::array<double, kQuantiles.size()> at{};
  std::string problem{};
};

std::string micros(double seconds) { return fmt::format("{:.1f}", seconds * 1e6); }

int show(const LatencyOptions& options, const std::array<Row, kHops.size()>& rows, const char* source, const char* ends) {
  Json hops = Json::array();
  std::vector<std::vector<std::string>> lines;
  bool any = false, reached = false;
  for (std::size_t i = 0; i < kHops.size(); ++i) {
    const Row& row = rows[i];
    any = any || row.count > 0;
    reached = reached || row.problem.empty();
    Json hop{{"hop", std::string("tick_to_") + kHops[i].name}, {"service", kHops[i].service}, {"count", row.count}};
    std::vector<std::string> line{std::string("tick → ") + kHops[i].name, std::to_string(row.count)};
    for (std::size_t q = 0; q < kQuantiles.size(); ++q) {
      hop[std::string(kQuantiles[q].first) + "_us"] = row.count > 0 ? Json(std::round(row.at[q] * 1e7) / 10) : Json(nullptr);
      line.push_back(row.count > 0 ? micros(row.at[q]) : "-");
    }
    hop["problem"] = row.problem;
    line.push_back(row.problem.empty() ? ends : row.problem);
    hops.push_back(std::move(hop));
    lines.push_back(std::move(line));
  }
  const Json data{{"source", source}, {"symbol", options.symbol}, {"hops", hops}};
  return done(options.json, data, table({"HOP", "COUNT", "P50 us", "P95 us", "P99 us", "ENDS"}, lines),
              !reached ? kUnreachable
              : any    ? kDone
                       : kNotMet);
}

int from_metrics(const Config& config, const LatencyOptions& options) {
  std::array<Row, kHops.size()> rows;
  for (std::size_t i = 0; i < kHops.size(); ++i) {
    const auto address = fmt::format("{}:{}", config.text("health.address"), config.integer("health.base_port") + kHops[i].port);
    try {
      const auto text = http_call(address, "GET", "/metrics", "", "", 2'000).body;
      const auto buckets = Buckets::parse(text, fmt::format("tickmesh_tick_to_{}_seconds", kHops[i].name));
      if (!buckets) {
        rows[i].problem = fmt::format("{} keeps no such histogram", kHops[i].service);
        continue;
      }
      rows[i].count = buckets->count();
      for (std::size_t q = 0; q < kQuantiles.size(); ++q) rows[i].at[q] = quantile(*buckets, kQuantiles[q].second);
    } catch (const std::exception&) {
      rows[i].problem = fmt::format("{} does not answer at {}", kHops[i].service, address);
    }
  }
  return show(options, rows, "metrics", "when others can hear, since the service started");
}

/// The tick's way to `event`, in seconds; nothing when no tick led to it, it is of another symbol, or it follows an order already sent.
std::optional<double> way(const Event& event, const Symbol& symbol) {
  const Timestamp tick = tick_time_of(event);
  if (!tick) return std::nullopt;
  const Symbol* of = nullptr;
  if (const auto* metrics = std::get_if<Metrics>(&event)) of = &metrics->symbol;
  if (const auto* signal = std::get_if<Signal>(&event)) of = &signal->symbol;
  if (const auto* intent = std::get_if<Intent>(&event)) of = &intent->symbol;
  if (const auto* order = std::get_if<OrderEvent>(&event); order != nullptr && order->kind == OrderEventKind::sending)
    of = &order->order.symbol;
  if (of == nullptr || (!symbol.empty() && *of != symbol)) return std::nullopt;
  return static_cast<double>((time_of(event) - tick).ns) / 1e9;
}

/// The last samples in segments from `begin` on; how many segments hold enough is found by trying.
Result<std::deque<double>> samples_from(const std::shared_ptr<FolderSource>& source, std::uint64_t begin, const Hop& hop,
                                        const Symbol& symbol, std::uint64_t last) {
  const ProtoCodec codec;
  std::deque<double> samples;
  Walk walk{source, Lsn{begin * source->segment_bytes()}};
  Event event;
  for (;;) {
    const auto record = walk.next();
    if (!record) return std::unexpected(record.error());
    if (!*record) return samples;
    SaidRecord said;
    if ((**record).type != RecordType::said || !decode((**record).body, said) || said.first.stream != hop.stream) continue;
    for (const ByteView bytes : said.events) {
      if (!codec.decode(hop.stream, bytes, event)) continue;
      if (const auto seconds = way(event, symbol)) samples.push_back(*seconds);
      if (samples.size() > last) samples.pop_front();
    }
  }
}

Result<std::deque<double>> last_samples(const std::string& dir, const Hop& hop, const Symbol& symbol, std::uint64_t last) {
  const auto source = FolderSource::open(dir, real_disk());
  if (!source) return std::unexpected(source.error());
  const auto segments = (*source)->indices();
  if (segments.empty()) return std::unexpected(Error{"unreachable", "journal.dir", "holds the publisher's journal", dir});
  for (std::size_t back = 2;; back *= 4) {
    const bool all = back >= segments.size();
    auto samples = samples_from(*source, all ? segments.front() : segments[segments.size() - back], hop, symbol, last);
    if (!samples || all || samples->size() >= last) return samples;
  }
}

int from_journals(const Config& config, const LatencyOptions& options) {
  Symbol symbol;
  if (!options.symbol.empty()) {
    const auto instruments = load_instruments(config.text("mesh.instruments"));
    if (!instruments) return failed(options.json, instruments.error());
    const auto resolved = instruments->resolve(options.symbol);
    if (!resolved) return failed(options.json, resolved.error());
    symbol = *resolved;
  }
  std::array<Row, kHops.size()> rows;
  for (std::size_t i = 0; i < kHops.size(); ++i) {
    const auto samples =
        last_samples(config.text("journal.dir") + "/" + kHops[i].service + "-0", kHops[i], symbol, options.last > 0 ? options.last : 1'000);
    if (!samples) {
      rows[i].problem = to_string(samples.error());
      continue;
    }
    std::vector<double> sorted(samples->begin(), samples->end());
    rows[i].count = sorted.size();
    if (sorted.empty()) continue;
    for (std::size_t q = 0; q < kQuantiles.size(); ++q) rows[i].at[q] = quantile(sorted, kQuantiles[q].second);
  }
  return show(options, rows, "journals", "when the input that brought it was taken");
}

}  // namespace

std::optional<Buckets> Buckets::parse(const std::string& text, const std::string& name) {
  Buckets out;
  const std::string begin = name + "_bucket{le=\"";
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(begin)) continue;
    const auto quote = line.find('"', begin.size());
    const auto space = line.find(' ', begin.size());
    if (quote == std::string::npos || space == std::string::npos) return std::nullopt;
    const std::string bound = line.substr(begin.size(), quote - begin.size());
    try {
      out.upto.emplace_back(bound == "+Inf" ? std::numeric_limits<double>::infinity() : std::stod(bound),
                            std::stoull(line.substr(space + 1)));
    } catch (const std::exception&) {
      return std::nullopt;
    }
  }
  if (out.upto.empty()) return std::nullopt;
  return out;
}

double quantile(const Buckets& buckets, double q) {
  const double rank = q * static_cast<double>(buckets.count());
  double below = 0, from = 0;
  for (const auto& [bound, upto] : buckets.upto) {
    const auto here = static_cast<double>(upto);
    if (here >= rank && here > below) return std::isinf(bound) ? from : from + (bound - from) * (rank - below) / (here - below);
    below = here;
    from = std::isinf(bound) ? from : bound;
  }
  return from;
}

double quantile(std::vector<double>& samples, double q) {
  std::ranges::sort(samples);
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(samples.size())));
  return samples[std::clamp<std::size_t>(rank, 1, samples.size()) - 1];
}

int latency(const Config& config, const LatencyOptions& options) {
  return options.symbol.empty() && options.last == 0 ? from_metrics(config, options) : from_journals(config, options);
}

}  // namespace tickmesh::ctl
