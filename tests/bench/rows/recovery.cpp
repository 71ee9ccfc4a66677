// recovery: how long a real service takes from exec until its tail has been run again.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <filesystem>

#include "backtester/cores.hpp"
#include "bench/harness/benchmark.hpp"
#include "bench/harness/journals.hpp"
#include "bench/harness/market_ticks.hpp"
#include "bench/harness/pacing.hpp"
#include "bench/harness/processes.hpp"
#include "bench/harness/speaker.hpp"
#include "runner/runner.hpp"
#include "service/clock.hpp"

namespace tickmesh::bench {
namespace {

/// A journal that names nobody else's events.
struct NoReferences final : ReferenceSource {
  Result<void> fetch(const Name&, std::uint32_t, std::vector<ByteView>&) override {
    return std::unexpected(Error{"unreachable", "", "", "there are no references yet"});
  }
};

/// A core with its journal, fed as its service would feed it.
class Fed {
 public:
  Fed(const std::string& service, const std::string& journals, RunnerOptions options)
      : core_{make_core(service, bench_config(), bench_instruments())},
        journal_{open_journal(journals + '/' + service + "-0", service + "-0", 0, core_->version())},
        runner_{*core_, *journal_, codec_, options} {
    NoReferences none;
    must(runner_.recover(none, now()));
  }
  static Timestamp now() { return {system_ns()}; }
  Runner& runner() { return runner_; }
  const ProtoCodec& codec() const { return codec_; }
  void local(const Event& event) { runner_.step_local(now(), event), forget(); }
  void forget() {
    while (!runner_.releases().empty()) runner_.releases().pop();
  }

 private:
  ProtoCodec codec_;
  std::unique_ptr<Core> core_;
  std::unique_ptr<Journal> journal_;
  Runner runner_;
};

/// Starts the service's own program on `dir` and returns the seconds until it says that it has recovered.
double recover_in(const std::string& dir, const std::string& service, const std::string& inputs) {
  const std::string program = std::string(TICKMESH_BINARY_DIR) + "/bin/tickmesh-" + service;
  const std::vector<std::string> words{program,
                                       "--mesh.run_dir=" + dir,
                                       "--mesh.instruments=" + bench_config().text("mesh.instruments"),
                                       "--journal.dir=" + dir + "/journals",
                                       "--postgres.enabled=false",
                                       "--health.base_port=18990",
                                       "--venue.paper.ledger=" + dir + "/ledger"};
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  const std::int64_t begin = now_ns();
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(pipe[1], 1);
    ::dup2(pipe[1], 2);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(pipe[1]);
  std::string said;
  std::size_t line = std::string::npos;
  char piece[4096];
  double seconds = 0;
  for (ssize_t n = 1; n > 0 && (line == std::string::npos || said.find('\n', line) == std::string::npos);) {
    n = ::read(pipe[0], piece, sizeof piece);
    seconds = static_cast<double>(now_ns() - begin) / 1e9;
    if (n > 0) said.append(piece, static_cast<std::size_t>(n));
    line = said.find("Recovered ");
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(pipe[0]);
  if (line == std::string::npos || said.find("inputs_run=" + inputs, line) == std::string::npos)
    throw std::runtime_error(service + " did not run " + inputs + "… inputs again: " + said);
  return seconds;
}

/// read(2) of all files of a journal.
double read_all(const std::vector<std::string>& folders) {
  std::vector<char> into(256u << 10);
  const std::int64_t begin = now_ns();
  for (const auto& folder : folders)
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      const int fd = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
      while (::read(fd, into.data(), into.size()) > 0) {
      }
      ::close(fd);
    }
  return static_cast<double>(now_ns() - begin) / 1e9;
}

/// Orders that go out, are accepted and filled: three events each.
class Orders final : public Benchmark {
 public:
  explicit Orders(const Settings& settings) : orders_{settings.quick ? 33'334u : 333'334u} {}
  std::vector<RowName> rows() const override { return {{"recovery.orders", "s"}}; }
  void prepare() override {
    in_child("orders", [&] {
      Fed gateway{"broker_gateway", dir_ / "journals", {}};
      const Token self = gateway.runner().token(), manager{1'700'000'000'000, 1};
      gateway.local(WentLive{});
      gateway.local(PeerChanged{"position_manager", true, manager});
      for (const auto kind : {VenueReportKind::reconcile_begin, VenueReportKind::reconcile_end})
        gateway.local(VenueReport{.kind = kind, .time = Fed::now()});
      Intent intent{.kind = IntentKind::place,
                    .symbol = bench_instruments().list().front().symbol,
                    .type = OrderType::market,
                    .purpose = Purpose::exit,
                    .quantity = Quantity::from_units(1),
                    .manager = manager,
                    .gateway = self};
      Bytes bytes;
      for (std::uint64_t i = 1; i <= orders_; ++i) {
        intent.client_order_id = "TAB" + std::to_string(i);
        intent.side = i % 2 == 0 ? Side::buy : Side::sell;
        bytes.clear();
        gateway.codec().encode(intent, bytes);
        const Arrival arrival{{Stream::intent, 0, {manager.epoch, i}}, bytes};
        gateway.runner().step(Fed::now(), {&arrival, 1});
        VenueReport report{.kind = VenueReportKind::accepted,
                           .client_order_id = intent.client_order_id,
                           .venue_order_id = "P-" + std::to_string(i),
                           .time = Fed::now()};
        gateway.local(report);
        report.kind = VenueReportKind::filled;
        report.fill = {
            .execution_id = "X-" + std::to_string(i), .price = Price::from_units(100), .quantity = intent.quantity, .time = report.time};
        gateway.local(report);
      }
      const auto said = gateway.runner().machine().outbox().heads()[static_cast<std::size_t>(Stream::order)][0];
      if (said < 3 * orders_) throw std::runtime_error("the gateway said only " + std::to_string(said) + " order events");
      return std::vector<double>{};
    });
  }
  Turn turn() override {
    const double floor = read_all({dir_ / "journals/broker_gateway-0"});
    return {{floor}, {recover_in(dir_.path(), "broker_gateway", orders_ > 100'000 ? "1000" : "100")}};
  }

 private:
  std::uint64_t orders_;
  ScratchDir dir_;
};

/// Ticks by reference: fetched again from the ingestor's journal, which a process of its own serves.
class References final : public Benchmark {
 public:
  explicit References(const Settings& settings) : ticks_{(settings.quick ? 245u : 2'442u) * 4'096} {}
  std::vector<RowName> rows() const override { return {{"recovery.references", "s"}}; }
  void prepare() override {
    serving_.start("tick_ingestor", [&] {
      TickSpeaker speaker{dir_.path()};
      const auto market = market_ticks(262'144);
      for (std::size_t said = 0; said < ticks_; said += 4'096)
        speaker.say({market.data() + said % market.size(), 4'096}, Timestamp{system_ns()});
      board_->said = 1;
      wait_for("the end", [&] { return board_->over == 1; }, std::chrono::seconds{1'200});
    });
    wait_for("the ticks", [&] { return board_->said == 1; }, std::chrono::seconds{120});
    in_child("references", [&] {
      RunnerOptions options;
      options.by_reference[static_cast<std::size_t>(Stream::tick)] = true;
      Fed manager{"position_manager", dir_ / "journals", options};
      manager.local(PeerChanged{"tick_ingestor", true, {1, 1}});
      manager.local(WentLive{});
      const auto cursor = must(read_journal(dir_ / "journal", real_disk()));
      std::deque<Bytes> kept;  // what is queued lives until the step
      std::vector<ByteView> run;
      SaidRecord said;
      std::size_t queued = 0;
      const auto step = [&] {
        manager.runner().step(Fed::now());
        manager.forget();
        kept.clear();
        queued = 0;
      };
      for (auto record = must(cursor->next()); record; record = must(cursor->next())) {
        if (record->type != RecordType::said) continue;
        must(decode(record->body, said));
        if (said.first.stream != Stream::tick) continue;
        run.clear();
        for (const ByteView bytes : said.events) run.emplace_back(kept.emplace_back(bytes.begin(), bytes.end()));
        queued = manager.runner().add(said.first, run);
        if (queued >= 4'096) step();
      }
      step();
      return std::vector<double>{};
    });
  }
  Turn turn() override {
    const double floor = read_all({dir_ / "journals/position_manager-0", dir_ / "journal"});
    const Turn turn{{floor}, {recover_in(dir_.path(), "position_manager", std::to_string(ticks_ / 1'000'000))}};
    return turn;
  }
  ~References() override { board_->over = 1; }

 private:
  struct Board {
    std::atomic<int> said, over;
  };
  std::size_t ticks_;
  ScratchDir dir_;
  Shared<Board> board_;
  Crew serving_;
};

}  // namespace

void add_recovery(Benchmarks& all, const Settings& settings) {
  all.push_back(std::make_unique<Orders>(settings));
  all.push_back(std::make_unique<References>(settings));
}

}  // namespace tickmesh::bench
