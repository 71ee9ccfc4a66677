// mesh.latency: from the moment a tick was meant to come until the venue has the order it caused, through the real services; beside a
// graph of raw PUBs and SUBs of the same shape.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "bench/harness/benchmark.hpp"
#include "bench/harness/market_ticks.hpp"
#include "bench/harness/pacing.hpp"
#include "bench/harness/processes.hpp"
#include "bench/harness/raw_graph.hpp"
#include "bus/codec.hpp"
#include "journal/journal.hpp"
#include "service/clock.hpp"
#include "support/mesh.hpp"

namespace tickmesh::bench {
namespace {

/// A market that has orders to give: wide swings, narrow spreads, no commissions. What is measured is how long they take.
std::string busy_instruments(const std::string& path) {
  std::ifstream in{std::string(TICKMESH_SOURCE_DIR) + "/deploy/config/instruments.toml"};
  std::ofstream out{path};
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("daily_volatility")) line = "daily_volatility = 0.5";
    if (line.starts_with("daily_volume")) line = "daily_volume = 1e12";
    if (line.starts_with("demo.spread_ticks")) line = "demo.spread_ticks = 1.0";
    if (line.starts_with("tick_size = \"0.01\"")) line = "tick_size = \"0.001\"";
    out << line << '\n';
  }
  return path;
}

/// Everything an instance said on some streams, by name.
template <class Use>
void each_said(const std::string& journal, Use&& use) {
  const ProtoCodec codec;
  const auto cursor = must(read_journal(journal, real_disk()));
  SaidRecord said;
  Event event;
  for (auto record = must(cursor->next()); record; record = must(cursor->next())) {
    if (record->type != RecordType::said) continue;
    must(decode(record->body, said));
    Name name = said.first;
    for (const ByteView bytes : said.events) {
      must(codec.decode(name.stream, bytes, event));
      use(name, event, bytes.size());
      ++name.at.sequence;
    }
  }
}

using Key = std::pair<Partition, Sequence>;
Key key(const Name& name) { return {name.partition, name.at.sequence}; }

class MeshLatency final : public Benchmark {
 public:
  MeshLatency(unsigned rate, bool fsync, const Settings& settings)
      : rate_{rate},
        fsync_{fsync},
        seconds_{settings.quick ? 4u
                 : rate > 5'000 ? 10u
                                : 20u} {}
  std::vector<RowName> rows() const override {
    const std::string name = fmt::format("mesh.latency.{}.{}", rate_, fsync_ ? "fsync" : "nosync");
    return {{name + ".p50", "us"}, {name + ".p99", "us"}};
  }
  Turn turn() override {
    const std::vector<double> measured = ours();  // first, for it tells what the floor has to carry
    const auto floor = raw_graph(shape_, seconds_);
    return {{floor.p50_us, floor.p99_us}, measured};
  }
  std::vector<std::string> notes() const override {
    return {fmt::format("{} orders in {} s; bytes an event: tick {} · signal {} · intent {} · order {}; journals on {}", orders_, seconds_,
                        shape_.tick_bytes, shape_.signal_bytes, shape_.intent_bytes, shape_.order_bytes,
                        fsync_ ? "the disk" : "tmpfs, where a sync costs nothing"),
            "median of each hop, us: " + hops_};
  }

 private:
  std::vector<double> ours() {
    ScratchDir memory{"/dev/shm"}, disk;
    TestMesh mesh{{{"mesh.instruments", busy_instruments(memory / "instruments.toml")},
                   {"journal.dir", (fsync_ ? disk : memory) / "journal"},
                   {"postgres.enabled", "false"},
                   {"feed.demo.rate", std::to_string(rate_)},
                   {"venue.paper.ledger", memory / "ledger"},
                   {"venue.paper.latency_ms", "0"},
                   {"venue.paper.commission_per_unit", "0"},
                   {"venue.paper.commission_min", "0"},
                   {"account.balance", "1000000000"},
                   {"risk.cooldown_s", "0"},
                   {"risk.max_positions", "10000"},
                   {"risk.min_confidence", "0"},
                   {"gateway.orders_per_s", "100000"},
                   {"gateway.max_gross", "1000000000"}}};
    if (!mesh.wait_ready()) throw std::runtime_error("the mesh does not get ready");
    std::this_thread::sleep_for(std::chrono::seconds{3});  // windows fill, queues empty
    const std::int64_t from = system_ns();
    std::this_thread::sleep_for(std::chrono::seconds{seconds_});
    const std::int64_t to = system_ns();
    if (!mesh.stop_all()) throw std::runtime_error("the mesh does not stop");
    const std::string journals = (fsync_ ? disk : memory) / "journal";
    const Latencies latencies = chains(journals, from, to);
    if (latencies.size() < 20) throw std::runtime_error(fmt::format("only {} orders came about", latencies.size()));
    orders_ = latencies.size();
    return {static_cast<double>(latencies.percentile(0.5)) / 1e3, static_cast<double>(latencies.percentile(0.99)) / 1e3};
  }

  /// For each order the venue took in: when the tick that caused it was meant to come (the demo market's own time of it), by cause of
  /// cause.
  Latencies chains(const std::string& journals, std::int64_t from, std::int64_t to) {
    struct Heard {
      Timestamp due, time;
    };
    std::map<Key, Heard> ticks;
    std::map<Key, Header> signals;
    std::map<std::string, Timestamp> sent;
    Sums tick, signal, intent, order, metrics;
    std::uint64_t latest = 0;
    each_said(journals + "/tick_ingestor-0", [&](const Name& name, const Event& event, std::size_t size) {
      if (const auto* t = std::get_if<Tick>(&event)) ticks[key(name)] = {t->event_time, t->time}, tick.add(size);
      if (std::holds_alternative<Latest>(event)) ++latest;
    });
    each_said(journals + "/metrics_engine-0", [&](const Name& name, const Event& event, std::size_t size) {
      if (const auto* s = std::get_if<Signal>(&event)) signals[key(name)] = s->header, signal.add(size);
      if (std::holds_alternative<Metrics>(event)) metrics.add(size);
    });
    each_said(journals + "/position_manager-0", [&](const Name&, const Event& event, std::size_t size) {
      if (std::holds_alternative<Intent>(event)) intent.add(size);
    });
    Latencies latencies;
    Latencies hops[5];
    each_said(journals + "/broker_gateway-0", [&](const Name&, const Event& event, std::size_t size) {
      const auto* o = std::get_if<OrderEvent>(&event);
      if (o == nullptr) return;
      order.add(size);
      // The venue's answer is taken at once after it was given the order, which the durable `sending` precedes.
      if (o->kind == OrderEventKind::sending) sent[o->order.client_order_id] = o->header.time;
      if (o->kind != OrderEventKind::accepted) return;
      Name cause = o->order.header.cause.name;
      const Header* signalled = nullptr;
      if (cause.stream == Stream::signal)
        if (const auto s = signals.find(key(cause)); s != signals.end()) signalled = &s->second, cause = s->second.cause.name;
      const auto t = cause.stream == Stream::tick ? ticks.find(key(cause)) : ticks.end();
      if (t == ticks.end() || t->second.due.ns < from || t->second.due.ns > to) return;
      latencies.add(o->header.time.ns - t->second.due.ns);
      if (signalled == nullptr) return;
      const Timestamp at[] = {t->second.due, t->second.time, signalled->time, o->order.header.time, sent[o->order.client_order_id],
                              o->header.time};
      for (std::size_t i = 0; i < std::size(hops); ++i) hops[i].add((at[i + 1] - at[i]).ns);
    });
    static constexpr const char* kHops[] = {"feed", "metrics", "positions", "gateway", "durable and venue"};
    hops_.clear();
    for (std::size_t i = 0; i < std::size(hops) && hops[0].size() > 0; ++i)
      hops_ += fmt::format("{}{} {:.0f}", i > 0 ? " · " : "", kHops[i], static_cast<double>(hops[i].percentile(0.5)) / 1e3);
    const double all = static_cast<double>(std::max<std::uint64_t>(tick.count, 1));
    shape_ = {.rate = static_cast<double>(rate_),
              .tick_bytes = tick.mean(),
              .signal_bytes = signal.mean(),
              .intent_bytes = intent.mean(),
              .order_bytes = order.mean(),
              .metrics_bytes = metrics.mean(),
              .ticks_an_order = all / static_cast<double>(std::max<std::uint64_t>(intent.count, 1)),
              .ticks_a_metrics = all / static_cast<double>(std::max<std::uint64_t>(metrics.count, 1)),
              .ticks_a_latest = all / static_cast<double>(std::max<std::uint64_t>(latest, 1)),
              .sync = fsync_};
    return latencies;
  }

  struct Sums {
    std::uint64_t count{0}, bytes{0};
    void add(std::size_t size) { ++count, bytes += size; }
    std::size_t mean() const { return count == 0 ? 0 : bytes / count; }
  };

  unsigned rate_;
  bool fsync_;
  unsigned seconds_;
  GraphShape shape_;
  std::size_t orders_{0};
  std::string hops_;
};

}  // namespace

void add_mesh_latency(Benchmarks& all, const Settings& settings) {
  for (const unsigned rate : {2'000u, 10'000u})
    for (const bool fsync : {false, true}) all.push_back(std::make_unique<MeshLatency>(rate, fsync, settings));
}

}  // namespace tickmesh::bench
