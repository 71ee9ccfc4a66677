// projector: ticks from a journal into PostgreSQL, beside binary COPY of the very rows.
#include <fmt/format.h>
#include <sys/resource.h>

#include <thread>

#include "bench/harness/benchmark.hpp"
#include "bench/harness/journals.hpp"
#include "bench/harness/market_ticks.hpp"
#include "bench/harness/pacing.hpp"
#include "bench/harness/processes.hpp"
#include "bench/harness/raw_copy.hpp"
#include "bench/harness/speaker.hpp"
#include "bench/harness/usage.hpp"
#include "service/clock.hpp"
#include "store/migrate.hpp"
#include "store/projector.hpp"
#include "support/postgres.hpp"

namespace tickmesh::bench {
namespace {

constexpr const char* kService = "tick_ingestor";

class Project final : public Benchmark {
 public:
  explicit Project(const Settings& settings) : count_{(settings.quick ? 10u : 100u) * 4'096} {}
  std::vector<RowName> rows() const override { return {{"projector", "rows/s"}}; }
  void prepare() override {
    postgres_ = std::make_unique<TestPostgres>(TestPostgres::Login::trust);
    must(migrate(postgres_->create_database("bench"), std::string(TICKMESH_SOURCE_DIR) + "/sql", {}));
    dsn_ = postgres_->dsn("bench", "tickmesh_tick_ingestor", "");
    in_child("speak", [&] {
      const auto journal = open_journal(dir_ / "journal", "tick_ingestor-0");
      const ProtoCodec codec;
      EchoCore core;
      SourceRunner runner{core, *journal, codec};
      must(runner.recover([](const Name&, const Event&) {}, Timestamp{system_ns()}));
      const auto ticks = market_ticks(count_);
      std::vector<Event> inputs;
      for (std::size_t at = 0; at < count_; at += 4'096) {
        inputs.assign(ticks.begin() + static_cast<std::ptrdiff_t>(at), ticks.begin() + static_cast<std::ptrdiff_t>(at + 4'096));
        runner.step(ticks[at].time, inputs);
        while (!runner.said().empty()) runner.said().pop();
      }
      journal->close();
      return std::vector<double>{};
    });
    project();  // what the floor copies, and warm
    rows_ = raw_copy_out(postgres_->dsn("bench"), "tick_ingestor.ticks");
    if (rows_.ends.size() != count_) throw std::runtime_error("the projector wrote another number of rows");
  }
  Turn turn() override {
    empty();
    const auto floor = in_child("copy", [&] {
      Meter meter{*this};
      const double seconds = raw_copy_in(dsn_, "tick_ingestor.ticks", rows_, ProjectorOptions{}.batch_rows, [&] { meter.look(); });
      return std::vector{seconds, meter.client(), meter.server()};
    });
    empty();
    const auto ours = project();
    notes_.push_back(fmt::format("processor ns a row: projector {:.0f}, its server {:.0f}; COPY {:.0f}, its server {:.0f}",
                                 each(ours.at(1)), each(ours.at(2)), each(floor.at(1)), each(floor.at(2))));
    return {{rate(floor.at(0))}, {rate(ours.at(0))}};
  }
  std::vector<std::string> notes() const override { return notes_; }

 private:
  /// Processor time between the first look and the last: of this process, and of the server.
  class Meter {
   public:
    explicit Meter(const Project& of) : folder_{of.postgres_->dsn().substr(5, of.postgres_->dsn().find(' ') - 5)} {}
    void look() {
      begin_client_ = std::exchange(end_client_, used_here());
      begin_server_ = std::exchange(end_server_, used_by_server());
    }
    double client() const { return end_client_ - begin_client_; }
    double server() const { return end_server_ - begin_server_; }

   private:
    static double used_here() {
      rusage used{};
      ::getrusage(RUSAGE_SELF, &used);
      const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
      return seconds(used.ru_utime) + seconds(used.ru_stime);
    }
    double used_by_server() const {
      std::int64_t sum = 0;
      for (const pid_t pid : family_of("/postgres", folder_)) sum += cpu_ns(pid);
      return static_cast<double>(sum) / 1e9;
    }
    std::string folder_;
    double begin_client_{0}, end_client_{0}, begin_server_{0}, end_server_{0};
  };
  double rate(double seconds) const { return static_cast<double>(count_) / seconds; }
  double each(double seconds) const { return seconds * 1e9 / static_cast<double>(count_); }
  void empty() {
    postgres_->query("bench", "truncate tick_ingestor.ticks");
    postgres_->query("bench", "delete from tick_ingestor.projection");
    postgres_->query("bench", "checkpoint");
  }
  /// Seconds from the projector's start until every record is in the tables; processor time, here and of the server.
  std::vector<double> project() {
    return in_child("project", [&] {
      const auto journal = open_journal(dir_ / "journal", "tick_ingestor-0");
      const ProtoCodec codec;
      const Instruments instruments = bench_instruments();
      const Lsn end = journal->end();
      Meter meter{*this};
      meter.look();
      const std::int64_t begin = now_ns();
      auto projector = must(Projector::start({.dsn = dsn_, .service = kService, .instance = "tick_ingestor-0"}, *journal, codec,
                                             make_projection(kService, instruments)));
      wait_for(
          "the projector",
          [&] {
            if (const auto error = projector->last_error()) throw std::runtime_error(to_string(*error));
            return projector->position() >= end;
          },
          std::chrono::seconds{200});
      const double seconds = static_cast<double>(now_ns() - begin) / 1e9;
      meter.look();
      must(projector->stop(std::chrono::seconds{10}));
      journal->close();
      return std::vector{seconds, meter.client(), meter.server()};
    });
  }

  std::size_t count_;
  ScratchDir dir_;
  std::unique_ptr<TestPostgres> postgres_;
  std::string dsn_;
  RawRows rows_;
  std::vector<std::string> notes_;
};

}  // namespace

void add_projector(Benchmarks& all, const Settings& settings) { all.push_back(std::make_unique<Project>(settings)); }

}  // namespace tickmesh::bench
