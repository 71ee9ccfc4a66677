// A real position_manager over a journal whose tail it does not survive: a fill whose value fits no amount of money, as a gateway
// with a hole in its edge might have let through.
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "bus/bus.hpp"
#include "bus/codec.hpp"
#include "journal/journal.hpp"
#include "position_manager/core/position_core.hpp"
#include "support/http_get.hpp"
#include "support/mesh.hpp"
#include "trading/client_order_id.hpp"

namespace tickmesh {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class PoisonedManager {
 public:
  PoisonedManager() {
    std::string pattern = "/tmp/tickmesh-poison-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    port_ = 14'000 + static_cast<unsigned>(::getpid()) % 10'000 / 10 * 10;
  }
  PoisonedManager(const PoisonedManager&) = delete;
  PoisonedManager& operator=(const PoisonedManager&) = delete;
  ~PoisonedManager() {
    if (pid_ > 0) kill();
    std::error_code ignored;
    fs::remove_all(dir_, ignored);
  }
  std::string journal_dir() const { return dir_ + "/journal/position_manager-0"; }
  std::string run_dir() const { return dir_ + "/run"; }

  void start() { pid_ = spawn("tickmesh-position_manager", {}); }
  void kill() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  /// Its exit code when it ends by itself within the limit.
  std::optional<int> ends(std::chrono::milliseconds limit) {
    int status = 0;
    if (!eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }, limit)) return std::nullopt;
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  int ctl(const std::vector<std::string>& words) {
    const pid_t child = spawn("tickmeshctl", words);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string get(const std::string& path) const { return http_get(port_ + 3, path, 1s).value_or(""); }
  std::string log() const {
    std::ostringstream text;
    text << std::ifstream{dir_ + "/log"}.rdbuf();
    return text.str();
  }

 private:
  pid_t spawn(const std::string& program, const std::vector<std::string>& words) const {
    const std::string path = std::string(TICKMESH_BINARY_DIR) + "/bin/" + program;
    std::vector<std::string> all{path};
    all.insert(all.end(), words.begin(), words.end());
    const pid_t child = ::fork();
    if (child != 0) return child;
    ::setenv("TICKMESH__MESH__RUN_DIR", run_dir().c_str(), 1);
    ::setenv("TICKMESH__MESH__INSTRUMENTS", TICKMESH_SOURCE_DIR "/deploy/config/instruments.toml", 1);
    ::setenv("TICKMESH__JOURNAL__DIR", (dir_ + "/journal").c_str(), 1);
    ::setenv("TICKMESH__POSTGRES__ENABLED", "false", 1);
    ::setenv("TICKMESH__HEALTH__BASE_PORT", std::to_string(port_).c_str(), 1);
    if (std::freopen((dir_ + "/log").c_str(), "a", stdout) == nullptr || ::dup2(1, 2) < 0) ::_exit(125);
    std::vector<char*> argv;
    for (auto& word : all) argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execv(path.c_str(), argv.data());
    ::_exit(127);
  }

  std::string dir_;
  unsigned port_{0};
  pid_t pid_{0};
};

/// As a process leaves it that was killed by the last input: live, a gateway known, a price fresh, an entry on its way.
/// `core_version`: position_manager's own, or its tail would be refused before it could do harm.
InputPlace plant(const PoisonedManager& manager, std::uint32_t core_version = PositionCore::kVersion) {
  std::string boot;
  std::getline(std::ifstream{"/proc/sys/kernel/random/boot_id"}, boot);
  JournalOptions options;
  options.dir = manager.journal_dir();
  options.instance = "position_manager-0";
  options.core_version = core_version;
  const auto now = Timestamp{std::chrono::system_clock::now().time_since_epoch().count()};
  const auto journal = Journal::open(options, real_disk(), now, boot).value();
  const ProtoCodec codec;
  InputPlace place;
  const auto take = [&](const Name& name, const Event& event) {
    Bytes bytes, body;
    codec.encode(event, bytes);
    encode(TakenRecord{now, {{name, 1, false, bytes}}}, body);
    place = {journal->append(RecordType::taken, body), 0};
  };
  const Token token{journal->epoch(), 1};
  Bytes started;
  encode(StartedRecord{token, now}, started);
  journal->append(RecordType::started, started);
  take(Name{}, Started{token});
  take(Name{}, WentLive{});
  const Symbol symbol = *Symbol::parse("AAPL.DEMO");
  Tick quote;
  quote.instrument = instrument_id(symbol);
  quote.kind = TickKind::quote;
  quote.feed = FeedKind::demo;
  quote.synthetic = true;
  quote.time = quote.event_time = now;
  quote.bid = Price::from_units(200);
  quote.ask = Price::from_units(201);
  take({Stream::tick, quote.instrument.partition(), {7, 1}}, quote);
  VenueEvent open;
  open.header.time = open.header.event_time = now;
  open.kind = VenueEventKind::session_opened;
  open.venue = "paper";
  open.gateway = {7, 1};
  open.state = RiskState::active;
  take({Stream::venue, 0, {7, 1}}, open);
  // A fill no account can hold.
  OrderEvent filled;
  filled.header.time = filled.header.event_time = now;
  filled.kind = OrderEventKind::partially_filled;
  filled.order.kind = IntentKind::place;
  filled.order.client_order_id = encode(ClientOrderId{.mesh = 'A', .epoch = 7, .sequence = 1});
  filled.order.symbol = symbol;
  filled.order.side = Side::buy;
  filled.order.type = OrderType::market;
  filled.order.purpose = Purpose::entry;
  filled.order.quantity = Quantity::from_units(90'000'000'000);
  filled.fill = {.execution_id = "huge", .price = Price::from_units(200), .quantity = Quantity::from_units(90'000'000'000), .time = now};
  filled.filled = filled.fill.quantity;
  take({Stream::order, 0, {7, 1}}, filled);
  return place;
}

TEST(Poison, AServiceStandsHaltedBeforeTheInputItDiedOfUntilAPersonSkipsIt) {
  PoisonedManager manager;
  const auto place = plant(manager);
  const auto at = std::to_string(place.record.value) + '.' + std::to_string(place.number);
  for (int crash = 0; crash < 3; ++crash) {
    manager.start();
    const auto code = manager.ends(20s);
    ASSERT_TRUE(code) << "it survived\n" << manager.log();
    EXPECT_NE(*code, 0) << manager.log();
  }

  manager.start();
  ASSERT_TRUE(eventually([&] { return manager.get("/readyz").find("HALTED") != std::string::npos; }, 20s)) << manager.log();
  const auto ready = manager.get("/readyz");
  EXPECT_NE(ready.find("order"), std::string::npos) << ready;
  EXPECT_NE(ready.find(at), std::string::npos) << ready;
  // What was said can be read.
  zmq::context_t context;
  ReplayClient client{context, "test", ipc_endpoint(manager.run_dir(), "position_manager", 0)};
  const auto heads = client.heads(5'000);
  EXPECT_TRUE(heads) << to_string(heads.error());

  EXPECT_EQ(manager.ctl({"journal", "skip", "position_manager-0", "--at", "64.0", "--yes"}), 1) << "no input there";
  EXPECT_EQ(manager.ctl({"journal", "skip", "position_manager-0", "--at", at}), 0) << "shown, not done";
  EXPECT_FALSE(manager.ends(500ms));
  ASSERT_EQ(manager.ctl({"journal", "skip", "position_manager-0", "--at", at, "--yes"}), 0) << manager.log();
  EXPECT_EQ(manager.ends(20s), 1) << "it starts anew";

  for (int life = 0; life < 2; ++life) {  // killed, so that the tail with the word in it is run again
    manager.start();
    EXPECT_TRUE(eventually([&] { return manager.get("/status").find("\"state\":\"up\"") != std::string::npos; }, 20s)) << manager.log();
    manager.kill();
  }
  auto cursor = read_journal(manager.journal_dir(), real_disk()).value();
  unsigned words = 0;
  for (auto record = cursor->next(); record && *record; record = cursor->next()) words += (*record)->type == RecordType::skipped;
  EXPECT_EQ(words, 1u);
}

TEST(Upgrade, AServiceRefusesTheTailOfAnotherCoreVersionAndSaysWhatDrainsIt) {
  PoisonedManager manager;
  plant(manager, 99);
  manager.start();
  EXPECT_EQ(manager.ends(20s), 1) << manager.log();
  EXPECT_NE(manager.log().find("core version 99"), std::string::npos) << manager.log();
  EXPECT_NE(manager.log().find("deploy/down"), std::string::npos) << manager.log();
}

}  // namespace
}  // namespace tickmesh
