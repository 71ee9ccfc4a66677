// mesh.throughput: the six services on the demo market as fast as its slowest reader takes it; journals and projections on.
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <thread>

#include "backtester/recorded.hpp"
#include "bench/harness/benchmark.hpp"
#include "bench/harness/market_ticks.hpp"
#include "bench/harness/pacing.hpp"
#include "bench/harness/raw_fanout.hpp"
#include "bench/harness/recorded_day.hpp"
#include "bench/harness/usage.hpp"
#include "support/mesh.hpp"

namespace tickmesh::bench {
namespace {

constexpr std::array<const char*, 4> kReaders{"bar_compressor", "metrics_engine", "position_manager", "broker_gateway"};

/// Where the mesh's PostgreSQL lives, which tells its processes from others'.
std::string folder_of(const TestMesh& mesh) {
  const std::string dsn = mesh.dsn();
  const auto at = dsn.find("host=") + 5;
  return dsn.substr(at, dsn.find(' ', at) - at);
}

class MeshThroughput final : public Benchmark {
 public:
  MeshThroughput(const Settings& settings, std::string name, TestMesh::Settings of_mesh)
      : seconds_{settings.quick ? 3u : 10u}, name_{std::move(name)}, of_mesh_{std::move(of_mesh)} {}
  std::vector<RowName> rows() const override { return {{name_, "ticks/s"}}; }
  void prepare() override { capture(market_ticks(262'144), frames_); }
  Turn turn() override {
    const double floor = raw_fanout(frames_, static_cast<int>(kReaders.size()), 500 * kTurn);
    return {{floor}, {ours()}};
  }
  std::vector<std::string> notes() const override { return notes_; }

 private:
  /// What a service has taken of the ticks, told every half second, and when that was told.
  struct Count {
    double ticks{0};
    std::int64_t at{0};
  };
  static Count next_count(const TestMesh& mesh, const std::string& service) {
    const auto look = [&] { return mesh.figure(service, "tickmesh_events_applied_total{stream=\"tick\"}").value_or(0); };
    const double before = look();
    Count count;
    wait_for(service, [&] {
      count = {look(), now_ns()};
      return count.ticks != before;
    });
    return count;
  }

  double ours() {
    TestMesh mesh{of_mesh_};
    // A paced ingestor says whom it waits for and is never ready: that is the load.
    wait_for("the readers", [&] { return std::ranges::all_of(kReaders, [&](const char* reader) { return mesh.ready(reader); }); });
    std::this_thread::sleep_for(std::chrono::seconds{2});
    // Each service's figures are its own: counted and timed at the moment it tells them.
    std::array<Count, kReaders.size()> begin, end;
    std::map<std::string, std::int64_t> cpu;
    const auto used_by_postgres = [&] {
      std::int64_t sum = 0;
      for (const pid_t pid : family_of("/postgres", folder_of(mesh))) sum += cpu_ns(pid);
      return sum;
    };
    for (std::size_t i = 0; i < kReaders.size(); ++i) begin[i] = next_count(mesh, kReaders[i]);
    for (const char* service : TestMesh::kServices) cpu[service] = cpu_ns(mesh.pid(service));
    const std::int64_t postgres_before = used_by_postgres(), from = now_ns();
    std::this_thread::sleep_for(std::chrono::seconds{seconds_});
    std::map<std::string, double> used;
    for (const char* service : TestMesh::kServices) used[service] = static_cast<double>(cpu_ns(mesh.pid(service)) - cpu[service]);
    const double by_postgres = static_cast<double>(used_by_postgres() - postgres_before), length = static_cast<double>(now_ns() - from);
    for (std::size_t i = 0; i < kReaders.size(); ++i) end[i] = next_count(mesh, kReaders[i]);
    double slowest = 0;
    std::string lost;
    for (std::size_t i = 0; i < kReaders.size(); ++i) {
      const double rate = (end[i].ticks - begin[i].ticks) * 1e9 / static_cast<double>(end[i].at - begin[i].at);
      slowest = i == 0 ? rate : std::min(slowest, rate);
      const auto status = mesh.status(kReaders[i]);
      if (!status.is_object() || status.value("lost", 1) != 0) throw std::runtime_error(std::string(kReaders[i]) + " lost ticks");
    }
    if (const auto& ends = mesh.unasked_ends(); !ends.empty()) throw std::runtime_error(ends.front());
    const double ticks = slowest * length / 1e9;
    std::string line = "processor ns a tick:";
    for (const char* service : TestMesh::kServices) line += fmt::format(" {} {:.0f} ·", service, used[service] / ticks);
    line += fmt::format(" postgres {:.0f}", by_postgres / ticks);
    if (notes_.empty()) notes_ = {line, catch_up(mesh)};
    notes_[0] = line;
    return slowest;
  }

  /// The feed ends; how long until every table has what was said.
  static std::string catch_up(TestMesh& mesh) {
    const auto behind = [&] {
      std::uint64_t events = 0;
      for (const char* service : TestMesh::kServices) {
        const auto status = mesh.status(service);
        events += status.is_object() && status.contains("projector") ? status["projector"].value("events", std::uint64_t{0}) : 1;
      }
      return events;
    };
    mesh.kill("tick_ingestor", SIGTERM);
    wait_for("the ingestor's end", [&] { return !mesh.running("tick_ingestor"); });
    mesh.background("tickmesh-tick_ingestor", {"--feed.kind=push", "--mesh.time=live"});  // its journal projected on, and no feed
    wait_for("the ingestor", [&] { return mesh.ready("tick_ingestor"); });
    const std::uint64_t first = behind();
    const std::int64_t begin = now_ns();
    std::uint64_t left = first;
    while (left > 0 && now_ns() - begin < 30'000'000'000) {
      std::this_thread::sleep_for(std::chrono::milliseconds{100});
      left = behind();
    }
    const double seconds = static_cast<double>(now_ns() - begin) / 1e9;
    return fmt::format("projections, {} events behind when the feed ended: {} after {:.1f} s ({:.0f} events/s)", first,
                       left == 0 ? "caught up" : fmt::format("{} left", left), seconds, static_cast<double>(first - left) / seconds);
  }

  unsigned seconds_;
  std::string name_;
  TestMesh::Settings of_mesh_;
  Shared<Frames> frames_;
  std::vector<std::string> notes_;
};

/// The same with a recorded day of four stocks, again and again, at speed max; `order`: arrival or event-time.
class RecordedThroughput final : public Benchmark {
 public:
  RecordedThroughput(const Settings& settings, std::string name, std::string order)
      : settings_{settings}, name_{std::move(name)}, order_{std::move(order)} {}
  std::vector<RowName> rows() const override { return {{name_, "ticks/s"}}; }
  void prepare() override {
    const auto recorded = must(backtest::open_recorded(day_.folder(), bench_config(), bench_instruments(), "lean", {}));
    const std::string instruments = day_.scratch() + "/instruments.toml";
    std::ofstream{instruments} << replay::instruments_toml(recorded.instruments);
    mesh_ = std::make_unique<MeshThroughput>(settings_, name_,
                                             TestMesh::Settings{{"feed.kind", "replay"},
                                                                {"feed.replay.data", day_.folder()},
                                                                {"feed.replay.loop", "true"},
                                                                {"mesh.time", order_},
                                                                {"mesh.epoch", std::to_string(recorded.epoch)},
                                                                {"mesh.start_ns", std::to_string(recorded.survey.first.ns)},
                                                                {"mesh.instruments", instruments}});
    mesh_->prepare();
  }
  Turn turn() override { return mesh_->turn(); }
  std::vector<std::string> notes() const override { return mesh_ ? mesh_->notes() : std::vector<std::string>{}; }

 private:
  Settings settings_;
  std::string name_, order_;
  RecordedDay day_;
  std::unique_ptr<MeshThroughput> mesh_;
};

/// The mesh as it stands after deploy/up: how much of the machine it takes while nothing special happens.
class Idle final : public Benchmark {
 public:
  explicit Idle(const Settings& settings) : seconds_{settings.quick ? 3u : 10u} {}
  std::vector<RowName> rows() const override { return {{"idle.cpu", "% core"}, {"idle.memory", "MB"}}; }
  void prepare() override {
    mesh_ = std::make_unique<TestMesh>();
    if (!mesh_->wait_ready()) throw std::runtime_error("the mesh does not get ready");
    std::this_thread::sleep_for(std::chrono::seconds{seconds_});
  }
  Turn turn() override {
    const auto before = used();
    const std::int64_t begin = now_ns();
    std::this_thread::sleep_for(std::chrono::seconds{seconds_});
    const auto after = used();
    const double length = static_cast<double>(now_ns() - begin);
    notes_.clear();
    double cpu = 0, memory = 0;
    for (const auto& [name, use] : after) {
      const double share = static_cast<double>(use.cpu - before.at(name).cpu) / length * 100, mb = static_cast<double>(use.memory) / 1e6;
      notes_.push_back(fmt::format("{:18} {:5.2f} % {:6.1f} MB", name, share, mb));
      cpu += share;
      memory += mb;
    }
    return {{}, {cpu, memory}};
  }
  std::vector<std::string> notes() const override { return notes_; }

 private:
  struct Use {
    std::int64_t cpu{0};
    std::uint64_t memory{0};
  };
  std::map<std::string, Use> used() const {
    std::map<std::string, Use> all;
    for (const char* service : TestMesh::kServices) all[service] = {cpu_ns(mesh_->pid(service)), memory_bytes(mesh_->pid(service))};
    for (const pid_t pid : family_of("/postgres", folder_of(*mesh_))) {
      all["postgres"].cpu += cpu_ns(pid);
      all["postgres"].memory += memory_bytes(pid);
    }
    return all;
  }

  unsigned seconds_;
  std::unique_ptr<TestMesh> mesh_;
  std::vector<std::string> notes_;
};

}  // namespace

void add_mesh_throughput(Benchmarks& all, const Settings& settings) {
  all.push_back(std::make_unique<MeshThroughput>(settings, "mesh.throughput",
                                                 TestMesh::Settings{{"feed.demo.rate", "5000000"}, {"feed.paced", "true"}}));
  if (!RecordedDay::there()) return;
  all.push_back(std::make_unique<RecordedThroughput>(settings, "mesh.throughput.recorded", "arrival"));
  all.push_back(std::make_unique<RecordedThroughput>(settings, "mesh.throughput.recorded.event_time", "event-time"));
}
void add_idle(Benchmarks& all, const Settings& settings) { all.push_back(std::make_unique<Idle>(settings)); }

}  // namespace tickmesh::bench
