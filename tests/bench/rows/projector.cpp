// projector: ticks from a journal into PostgreSQL, beside binary COPY of the very rows.
#include <thread>

#include "bench/harness/benchmark.hpp"
#include "bench/harness/journals.hpp"
#include "bench/harness/market_ticks.hpp"
#include "bench/harness/pacing.hpp"
#include "bench/harness/processes.hpp"
#include "bench/harness/raw_copy.hpp"
#include "bench/harness/speaker.hpp"
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
    const auto floor =
        in_child("copy", [&] { return std::vector{raw_copy_in(dsn_, "tick_ingestor.ticks", rows_, ProjectorOptions{}.batch_rows)}; });
    empty();
    return {{rate(floor.at(0))}, {rate(project())}};
  }

 private:
  double rate(double seconds) const { return static_cast<double>(count_) / seconds; }
  void empty() {
    postgres_->query("bench", "truncate tick_ingestor.ticks");
    postgres_->query("bench", "delete from tick_ingestor.projection");
    postgres_->query("bench", "checkpoint");
  }
  /// Seconds from the projector's start until every record is in the tables.
  double project() {
    return in_child("project",
                    [&] {
                      const auto journal = open_journal(dir_ / "journal", "tick_ingestor-0");
                      const ProtoCodec codec;
                      const Instruments instruments = bench_instruments();
                      const Lsn end = journal->end();
                      const std::int64_t begin = now_ns();
                      auto projector = must(Projector::start({.dsn = dsn_, .service = kService, .instance = "tick_ingestor-0"}, *journal,
                                                             codec, make_projection(kService, instruments)));
                      wait_for(
                          "the projector",
                          [&] {
                            if (const auto error = projector->last_error()) throw std::runtime_error(to_string(*error));
                            return projector->position() >= end;
                          },
                          std::chrono::seconds{200});
                      const double seconds = static_cast<double>(now_ns() - begin) / 1e9;
                      must(projector->stop(std::chrono::seconds{10}));
                      journal->close();
                      return std::vector{seconds};
                    })
        .at(0);
  }

  std::size_t count_;
  ScratchDir dir_;
  std::unique_ptr<TestPostgres> postgres_;
  std::string dsn_;
  RawRows rows_;
};

}  // namespace

void add_projector(Benchmarks& all, const Settings& settings) { all.push_back(std::make_unique<Project>(settings)); }

}  // namespace tickmesh::bench
