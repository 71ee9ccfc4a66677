// Who may speak and trade: a zombie beside its successor, a second mesh, a journal that was lost or is an older copy of itself.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "support/mesh.hpp"

namespace tickmesh {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const TestMesh::Settings kCalm{{"feed.demo.rate", "300"}, {"risk.min_confidence", "1"}, {"journal.snapshot_s", "3"}};

std::string text_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}
bool logged(const TestMesh& mesh, const std::string& service, const std::string& words) {
  return text_of(mesh.dir() + "/log/" + service + ".log").find(words) != std::string::npos;
}

/// Symbol, side, quantity, stop and target of each open position.
std::vector<std::string> held(const TestMesh& mesh) {
  std::vector<std::string> all;
  const auto answer = TestMesh::Json::parse(mesh.ctl({"--json", "positions"}).out, nullptr, false);
  if (!answer.is_object() || !answer.contains("data")) return {"no answer"};
  for (const auto& p : answer["data"])
    all.push_back(p["symbol"].dump() + p["side"].dump() + p["shares"].dump() + p["stop_loss"].dump() + p["take_profit"].dump());
  return all;
}
std::string risk_state(const TestMesh& mesh) {
  const auto answer = TestMesh::Json::parse(mesh.ctl({"--json", "account"}).out, nullptr, false);
  return answer.is_object() && answer.contains("data") ? answer["data"].value("risk_state", "") : "";
}
/// Symbols whose positions in the tables are not the sum of the venue's fills in the tables.
std::string unequal(TestMesh& mesh) {
  return mesh.postgres().query(
      "tickmesh",
      "select string_agg(coalesce(p.symbol, e.symbol) || ' ' || coalesce(p.net, 0) || ' ' || coalesce(e.net, 0), '; ') from"
      " (select symbol, sum(case side when 'LONG' then quantity else -quantity end) net from position_manager.positions"
      "   group by 1) p full join"
      " (select symbol, sum(case side when 'BUY' then fill_qty else -fill_qty end) net from broker_gateway.executions"
      "   group by 1) e on e.symbol = p.symbol where coalesce(p.net, 0) <> coalesce(e.net, 0)");
}

/// What another machine would hold: copies of the journal and of the venue's book; the zombie keeps its own, and its open files.
void give_successor_a_copy(const TestMesh& mesh, const std::string& service) {
  const std::string journal = mesh.journal(service), zombies = mesh.dir() + "/zombie";
  fs::rename(journal, zombies);
  fs::copy(zombies, journal, fs::copy_options::recursive);
  for (const char* socket : {".pub", ".replay"}) fs::remove(mesh.dir() + "/run/" + service + "-0" + socket);
}

/// Exit code of a process that ends by itself, -1 when it does not or dies of a signal.
int end_of(pid_t pid, std::chrono::seconds limit) {
  int status = 0;
  if (!eventually([&] { return ::waitpid(pid, &status, WNOHANG) == pid; }, limit)) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, &status, 0);
    return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void expect_clean_end(TestMesh& mesh) {
  ASSERT_TRUE(eventually([&] { return mesh.reap_background() == 0; }, 40s)) << "a command does not end";
  ASSERT_TRUE(mesh.quiesce());
  ASSERT_TRUE(mesh.stop_all());
  const auto audit = mesh.audit();
  EXPECT_EQ(audit.exit, 0) << audit.out;
  std::cout << audit.out.substr(audit.out.rfind("audit: "));
}

TEST(Identity, AZombieGatewayHasNoEffectBesideItsSuccessorAndStops) {
  TestMesh mesh{kCalm};
  ASSERT_TRUE(mesh.wait_ready());
  ASSERT_TRUE(eventually([&] { return mesh.ctl({"open", "AAPL", "5"}).exit == 0; }, 30s));

  const pid_t zombie = mesh.pid("broker_gateway");
  ::kill(zombie, SIGSTOP);
  // An exit that bears the zombie's token and has no end of its own: it lies before the zombie while the successor executes another.
  mesh.background("tickmeshctl", {"close", "AAPL"});
  ASSERT_TRUE(eventually(
      [&] {
        const auto said = mesh.ctl({"--json", "tail", "intent", "--from", "earliest", "--no-follow"}).out;
        return said.find("EXIT") != std::string::npos;
      },
      20s));
  give_successor_a_copy(mesh, "broker_gateway");
  const std::string old_book = mesh.dir() + "/venue/zombie.ledger";
  fs::rename(mesh.ledger(), old_book);
  fs::copy_file(old_book, mesh.ledger());
  const auto before = text_of(old_book);
  ASSERT_EQ(mesh.let_go("broker_gateway"), zombie);
  mesh.start_with("broker_gateway", {});
  ASSERT_TRUE(mesh.wait_ready());
  EXPECT_TRUE(eventually([&] { return mesh.ctl({"close", "AAPL"}).exit == 0 || held(mesh).empty(); }, 40s));
  EXPECT_TRUE(held(mesh).empty());

  ::kill(zombie, SIGCONT);
  EXPECT_EQ(end_of(zombie, 20s), 3) << "the zombie does not stop";
  EXPECT_TRUE(logged(mesh, "broker_gateway", "Stopped at once, a later start of this instance is at work"));
  EXPECT_EQ(text_of(old_book), before) << "the zombie executed something";

  EXPECT_TRUE(eventually([&] { return mesh.ctl({"resume"}).exit == 0 && mesh.ctl({"open", "MSFT", "5"}).exit == 0; }, 40s));
  expect_clean_end(mesh);
  EXPECT_EQ(unequal(mesh), "");
}

TEST(Identity, AZombiePositionManagerOfAnotherMachineIsToldByThoseItReads) {
  TestMesh mesh{kCalm};
  ASSERT_TRUE(mesh.wait_ready());
  ASSERT_TRUE(eventually([&] { return mesh.ctl({"open", "AAPL", "5"}).exit == 0; }, 30s));

  const pid_t zombie = mesh.pid("position_manager");
  ::kill(zombie, SIGSTOP);
  give_successor_a_copy(mesh, "position_manager");
  ASSERT_EQ(mesh.let_go("position_manager"), zombie);
  mesh.start_with("position_manager", {});
  ASSERT_TRUE(mesh.wait_ready());
  EXPECT_TRUE(eventually([&] { return mesh.ctl({"open", "MSFT", "5"}).exit == 0; }, 40s));

  // The run folder of another machine tells it nothing.
  fs::remove(mesh.dir() + "/run/position_manager-0.token");
  ::kill(zombie, SIGCONT);
  EXPECT_EQ(end_of(zombie, 20s), 3) << "the zombie does not stop";
  EXPECT_TRUE(logged(mesh, "position_manager", "has heard"));
  EXPECT_EQ(held(mesh).size(), 2U);
  EXPECT_EQ(mesh.ctl({"close", "AAPL"}).exit, 0);
  expect_clean_end(mesh);
  EXPECT_EQ(unequal(mesh), "");
}

TEST(Identity, AnAccountThatAnotherMeshHoldsIsTakenOnlyByAPersonsWord) {
  TestMesh mesh{kCalm};
  ASSERT_TRUE(mesh.wait_ready());
  ASSERT_TRUE(eventually([&] { return mesh.ctl({"open", "AAPL", "5"}).exit == 0; }, 30s));
  EXPECT_EQ(mesh.postgres().query("tickmesh", "select count(*) from broker_gateway.v_account_lease where released_at is null"), "1");
  const auto steal = [&] {
    mesh.postgres().query("tickmesh",
                          "update broker_gateway.account_lease set mesh = 'f00d', mesh_name = 'Z', holder = 'elsewhere:1',"
                          " taken_at = '2026-01-02 03:04:05Z' returning 1");
  };

  // Taken from a running gateway by a person of the other mesh: it stops at once, and is not started again by itself.
  steal();
  EXPECT_TRUE(eventually([&] { return !mesh.running("broker_gateway"); }, 20s));
  ASSERT_FALSE(mesh.unasked_ends().empty());
  EXPECT_EQ(mesh.unasked_ends().back(), "broker_gateway exited 3");
  EXPECT_TRUE(logged(mesh, "broker_gateway", "held by mesh Z"));

  mesh.start("broker_gateway");
  ASSERT_TRUE(eventually(
      [&] {
        return mesh.get("broker_gateway", "/readyz").value_or("").find("account is not taken: account paper is held by mesh Z") !=
               std::string::npos;
      },
      30s));
  const auto why = mesh.get("broker_gateway", "/readyz").value_or("");
  EXPECT_NE(why.find("elsewhere:1"), std::string::npos) << why;
  EXPECT_NE(why.find("since 2026-01-02T03:04:05Z"), std::string::npos) << why;
  EXPECT_EQ(held(mesh).size(), 1U) << "positions are not touched";

  mesh.kill("broker_gateway", SIGKILL);
  mesh.start_with("broker_gateway", {"--gateway.take_account=true"});
  EXPECT_TRUE(eventually([&] { return mesh.ready("broker_gateway"); }, 30s));
  EXPECT_TRUE(logged(mesh, "broker_gateway", "a person's override"));
  EXPECT_TRUE(eventually([&] { return mesh.ctl({"close", "AAPL"}).exit == 0; }, 40s));

  // Without PostgreSQL whoever held the account holds it still.
  mesh.kill("broker_gateway", SIGKILL);
  mesh.postgres().stop();
  mesh.start("broker_gateway");
  EXPECT_TRUE(eventually([&] { return mesh.ready("broker_gateway"); }, 30s));
  EXPECT_TRUE(eventually([&] { return mesh.ctl({"open", "MSFT", "5"}).exit == 0; }, 40s));
  mesh.postgres().start();
}

TEST(Identity, ASecondMeshOnOneDatabaseIsRefused) {
  TestMesh mesh{kCalm};
  ASSERT_TRUE(mesh.wait_ready());
  const std::vector<std::string> other{"--mesh.id_file=other/mesh_id", "--mesh.run_dir=other/run", "--journal.dir=other/journal",
                                       "--venue.paper.ledger=other/paper.ledger"};
  for (const char* service : {"tick_ingestor", "position_manager", "broker_gateway"}) {
    const auto started = mesh.run("tickmesh-" + std::string(service), other);
    EXPECT_EQ(started.exit, 1) << service;
    EXPECT_NE(started.out.find("this database is of mesh A"), std::string::npos) << started.out;
  }
  const auto migrated = mesh.ctl({"--set", "mesh.id_file=other/mesh_id", "migrate", "--dsn", mesh.dsn(), "--sql",
                                  TICKMESH_SOURCE_DIR "/sql", "--passwords", "secrets"});
  EXPECT_EQ(migrated.exit, 4) << migrated.out;
  EXPECT_NE(migrated.out.find("since"), std::string::npos) << migrated.out;
  EXPECT_TRUE(mesh.all_ready());
}

TEST(Identity, AJournalRestoredFromAnOlderCopyBeginsANewEpochWhenReadersKnowMore) {
  TestMesh mesh{kCalm};
  ASSERT_TRUE(mesh.wait_ready());
  const std::string journal = mesh.journal("tick_ingestor"), copy = mesh.dir() + "/copy";
  mesh.kill("tick_ingestor", SIGKILL);
  fs::copy(journal, copy, fs::copy_options::recursive);
  mesh.start("tick_ingestor");
  ASSERT_TRUE(mesh.wait_ready());
  const auto epoch = mesh.status("tick_ingestor")["epoch"].get<std::uint64_t>();
  const auto heard = mesh.figure("position_manager", "tickmesh_events_applied_total{stream=\"tick\"}").value_or(0);
  ASSERT_TRUE(eventually(
      [&] { return mesh.figure("position_manager", "tickmesh_events_applied_total{stream=\"tick\"}").value_or(0) > heard + 500; }, 30s));

  // Neither the run folder nor the tables tell: it must be the readers.
  mesh.kill("tick_ingestor", SIGKILL);
  fs::remove_all(journal);
  fs::rename(copy, journal);
  fs::remove(mesh.dir() + "/run/tick_ingestor-0.token");
  mesh.postgres().query("tickmesh", "delete from tick_ingestor.projection returning 1");
  mesh.start("tick_ingestor");
  EXPECT_TRUE(eventually([&] { return logged(mesh, "tick_ingestor", "Starting again in a new epoch"); }, 30s));
  EXPECT_TRUE(mesh.wait_ready());
  EXPECT_GT(mesh.status("tick_ingestor")["epoch"].get<std::uint64_t>(), epoch);
  EXPECT_TRUE(eventually([&] { return mesh.ctl({"open", "AAPL", "5"}).exit == 0; }, 30s));
}

TEST(Identity, ALostJournalIsRefusedAndRebuiltWithTheSamePositions) {
  TestMesh mesh{kCalm};
  ASSERT_TRUE(mesh.wait_ready());
  ASSERT_TRUE(eventually([&] { return mesh.ctl({"open", "AAPL", "5", "--stop", "1"}).exit == 0; }, 30s));
  ASSERT_TRUE(eventually([&] { return mesh.ctl({"open", "MSFT", "-7"}).exit == 0; }, 30s));
  ASSERT_TRUE(eventually([&] { return mesh.ctl({"open", "QQQ", "3"}).exit == 0 && mesh.ctl({"close", "QQQ"}).exit == 0; }, 30s));
  ASSERT_TRUE(eventually([&] { return mesh.postgres().query("tickmesh", "select count(*) from position_manager.positions") == "3"; }, 20s));
  const auto before = held(mesh);
  ASSERT_EQ(before.size(), 2U);

  for (const std::string service : {"position_manager", "broker_gateway"}) {
    mesh.kill(service, SIGKILL);
    fs::remove_all(mesh.journal(service));
    const auto ends = mesh.unasked_ends().size();
    mesh.start(service);
    EXPECT_TRUE(eventually([&] { return !mesh.running(service); }, 30s)) << service << " starts flat";
    ASSERT_EQ(mesh.unasked_ends().size(), ends + 1);
    EXPECT_EQ(mesh.unasked_ends().back(), service + " exited 1");
    EXPECT_TRUE(logged(mesh, service, "tickmeshctl rebuild " + service));

    const auto rebuilt = mesh.ctl({"rebuild", service});
    EXPECT_EQ(rebuilt.exit, 0) << rebuilt.out;
    std::cout << rebuilt.out;
    EXPECT_EQ(mesh.ctl({"rebuild", service}).exit, 4) << "a journal is not rebuilt twice";
    mesh.start(service);
    ASSERT_TRUE(eventually([&] { return mesh.all_ready(); }, 60s)) << mesh.get(service, "/readyz").value_or("away");
    EXPECT_TRUE(eventually([&] { return held(mesh) == before; }, 20s)) << testing::PrintToString(held(mesh));
    EXPECT_TRUE(eventually([&] { return risk_state(mesh) == "REDUCING"; }, 10s)) << risk_state(mesh);
    EXPECT_EQ(mesh.ctl({"open", "XLF", "5"}).exit, 4) << "no new risk before a person has looked";

    EXPECT_TRUE(eventually([&] { return mesh.ctl({"resume"}).exit == 0 && risk_state(mesh) == "ACTIVE"; }, 30s)) << risk_state(mesh);
    EXPECT_TRUE(eventually([&] { return mesh.ctl({"open", "XLF", "5"}).exit == 0; }, 40s));
    EXPECT_TRUE(eventually([&] { return mesh.ctl({"close", "XLF"}).exit == 0; }, 40s));
  }
  ASSERT_TRUE(mesh.quiesce());
  ASSERT_TRUE(eventually([&] { return unequal(mesh).empty(); }, 20s)) << unequal(mesh);
  EXPECT_EQ(held(mesh), before);
}

/// A mesh whose clock can be set.
class SteppedMesh {
 public:
  SteppedMesh() {
    step(0ms);
    ::setenv("LD_PRELOAD", STEPPED_CLOCK, 1);
    ::setenv("TICKMESH_STEPPED_CLOCK", path_.c_str(), 1);
    mesh_.emplace(kCalm);
    ::unsetenv("LD_PRELOAD");
  }
  ~SteppedMesh() {
    mesh_.reset();
    fs::remove(path_);
  }
  SteppedMesh(const SteppedMesh&) = delete;
  SteppedMesh& operator=(const SteppedMesh&) = delete;
  TestMesh& operator*() { return *mesh_; }
  void step(std::chrono::milliseconds by) const {
    const std::int64_t ns = std::chrono::nanoseconds{by}.count();
    std::fstream file{path_, std::ios::binary | std::ios::in | std::ios::out};
    if (!file) file.open(path_, std::ios::binary | std::ios::out);
    file.write(reinterpret_cast<const char*>(&ns), sizeof ns);
  }

 private:
  std::string path_{"/tmp/tickmesh-clock-" + std::to_string(::getpid())};
  std::optional<TestMesh> mesh_;
};

TEST(Identity, ASteppedClockStopsEntriesUntilAPersonHasLooked) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's runtime wants to be loaded first";
#endif
  SteppedMesh stepped;
  TestMesh& mesh = *stepped;
  ASSERT_TRUE(mesh.wait_ready());
  ASSERT_TRUE(eventually([&] { return mesh.ctl({"open", "AAPL", "5"}).exit == 0; }, 30s));

  stepped.step(3s);
  for (const char* service : {"position_manager", "broker_gateway", "tick_ingestor"})
    EXPECT_TRUE(eventually([&] { return logged(mesh, service, "The machine's clock stepped by_ms="); }, 20s)) << service;
  EXPECT_TRUE(eventually([&] { return risk_state(mesh) == "REDUCING"; }, 20s)) << risk_state(mesh);
  const auto account = mesh.ctl({"account"}).out;
  EXPECT_NE(account.find("clock stepped by "), std::string::npos) << account;
  EXPECT_EQ(mesh.ctl({"open", "MSFT", "5"}).exit, 4) << "no new risk";
  const auto feed = mesh.ctl({"--json", "tail", "feed", "--from", "earliest", "--no-follow"}).out;
  EXPECT_NE(feed.find("CLOCK_STEPPED"), std::string::npos) << feed;
  EXPECT_TRUE(eventually([&] { return mesh.ctl({"close", "AAPL"}).exit == 0; }, 30s)) << "exits go on";

  EXPECT_TRUE(eventually([&] { return mesh.ctl({"resume"}).exit == 0 && risk_state(mesh) == "ACTIVE"; }, 30s)) << risk_state(mesh);
  EXPECT_TRUE(eventually([&] { return mesh.ctl({"open", "MSFT", "5"}).exit == 0; }, 30s));
  expect_clean_end(mesh);
}

}  // namespace
}  // namespace tickmesh
