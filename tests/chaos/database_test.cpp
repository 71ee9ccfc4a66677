// What a mesh does while PostgreSQL is away, comes and goes, is full or held by somebody else: it trades, shows its lag, and catches up.
#include <libpq-fe.h>
#include <signal.h>

#include <thread>

#include "chaos/desk.hpp"
#include "chaos/outcome.hpp"

namespace tickmesh {
namespace {

using namespace std::chrono_literals;
using namespace chaos;

/// A session of somebody else.
class Session {
 public:
  explicit Session(const std::string& dsn) : link_{PQconnectdb(dsn.c_str())} {}
  ~Session() { PQfinish(link_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  bool open() const { return PQstatus(link_) == CONNECTION_OK; }
  void run(const std::string& sql) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result{PQexec(link_, sql.c_str()), &PQclear};
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) throw std::runtime_error(sql + ": " + PQerrorMessage(link_));
  }

 private:
  PGconn* link_;
};

/// Everything said is in its tables, and nobody has an error to show.
void expect_caught_up(TestMesh& mesh) {
  for (const char* service : TestMesh::kServices)
    EXPECT_TRUE(eventually(
        [&] {
          const auto status = mesh.status(service);
          return status.is_object() && status.value("lag_s", 99.0) < 1 && status["projector"].value("error", "?").empty();
        },
        60s))
        << service << ": " << mesh.status(service).dump();
}
void expect_lag(TestMesh& mesh, const std::string& service, const std::string& error) {
  EXPECT_TRUE(eventually([&] { return mesh.status(service).value("lag_s", 0.0) > 2; }, 30s))
      << service << ": " << mesh.status(service).dump();
  const auto shown = mesh.status(service)["projector"].value("error", "");
  EXPECT_NE(shown.find(error), std::string::npos) << service << " shows '" << shown << "'";
  EXPECT_TRUE(mesh.ready(service)) << service << " is not ready although trading needs no database";
}
void expect_trading(TestMesh& mesh) {
  EXPECT_TRUE(works(mesh, {"open", "QQQ", "10"}));
  EXPECT_TRUE(works(mesh, {"close", "QQQ"}));
}

const TestMesh::Settings kByHand{{"risk.min_confidence", "1"}};

TEST(Database, AMeshStartsWithoutItAndCatchesUpWhenItComes) {
  TestMesh mesh{lively(kByHand), TestMesh::Start::later};
  mesh.postgres().stop();
  mesh.start_all();
  // Data is taken and recorded from the first moment. Whether the account is free, only the database knows: the gateway may wait for it.
  for (const char* service : {"tick_ingestor", "bar_compressor", "metrics_engine", "position_manager", "api_gateway"})
    EXPECT_TRUE(eventually([&] { return mesh.ready(service); }, 60s)) << service << ": " << mesh.get(service, "/readyz").value_or("away");
  expect_lag(mesh, "tick_ingestor", "");
  mesh.postgres().start();
  ASSERT_TRUE(mesh.wait_ready());
  expect_trading(mesh);
  expect_caught_up(mesh);
  EXPECT_GT(rows(mesh, "tick_ingestor.ticks"), 500U);

  // Whoever held the account when the database was last there trades on after a restart without it.
  mesh.postgres().kill();
  for (const char* service : TestMesh::kServices) mesh.restart(service);
  ASSERT_TRUE(mesh.wait_ready());
  expect_trading(mesh);
  expect_lag(mesh, "broker_gateway", "cannot be reached");
  mesh.postgres().start();
  expect_caught_up(mesh);
  expect_clean_end(mesh);
}

TEST(LongDatabase, RestartedKilledAndHungAgainAndAgainUnderLoadItMissesNothing) {
  TestMesh mesh{lively()};
  ASSERT_TRUE(mesh.wait_ready());
  Desk desk{mesh, 11};
  const auto load = [&](std::chrono::milliseconds length) {
    const auto until = std::chrono::steady_clock::now() + length;
    while (std::chrono::steady_clock::now() < until) {
      desk.act();
      std::this_thread::sleep_for(50ms);
    }
  };
  for (int round = 0; round < 4; ++round) {
    load(700ms);
    mesh.postgres().restart();
    load(300ms);
    mesh.postgres().kill();
    if (round % 2 == 0) load(1s);
    mesh.postgres().start();
    load(200ms);
    mesh.postgres().suspend();
    load(1500ms);
    mesh.postgres().resume();
    mesh.restart(TestMesh::kServices[static_cast<std::size_t>(round)]);  // recovery and catching up at once
  }
  ASSERT_TRUE(mesh.wait_ready());
  expect_caught_up(mesh);
  expect_clean_end(mesh);
}

TEST(LongDatabase, WithoutAConnectionLeftTradingGoesOn) {
  TestMesh mesh{lively(kByHand)};
  ASSERT_TRUE(mesh.wait_ready());
  ASSERT_TRUE(eventually([&] { return rows(mesh, "tick_ingestor.ticks") > 500; }, 30s));
  std::vector<std::unique_ptr<Session>> taken;
  const auto take_all = [&] {
    for (;;) {
      auto session = std::make_unique<Session>(mesh.dsn());
      if (!session->open()) return;
      taken.push_back(std::move(session));
    }
  };
  take_all();
  ASSERT_FALSE(taken.empty());
  // The mesh's own connections are cut, and their places are taken before it is back.
  for (int round = 0; round < 20; ++round) {
    taken.front()->run("select pg_terminate_backend(pid) from pg_stat_activity where usename like 'tickmesh\\_%'");
    take_all();
  }
  for (const char* service : {"tick_ingestor", "broker_gateway"}) {
    if (std::string(service) == "broker_gateway") expect_trading(mesh);
    expect_lag(mesh, service, "connection");
  }
  taken.clear();
  expect_caught_up(mesh);
  expect_clean_end(mesh);
}

TEST(LongDatabase, ATableThatSomebodyLocksHoldsUpItsProjectionAndNothingElse) {
  TestMesh mesh{lively(kByHand)};
  ASSERT_TRUE(mesh.wait_ready());
  ASSERT_TRUE(eventually([&] { return rows(mesh, "tick_ingestor.ticks") > 500; }, 30s));
  {
    Session other{mesh.dsn()};
    ASSERT_TRUE(other.open());
    other.run("begin");
    other.run("lock table tick_ingestor.ticks, broker_gateway.orders in access exclusive mode");
    expect_trading(mesh);
    expect_lag(mesh, "tick_ingestor", "");
    expect_lag(mesh, "broker_gateway", "");
    EXPECT_LT(mesh.status("bar_compressor").value("lag_s", 99.0), 2);
    // Whoever is told to stop does not wait for the lock; whoever is killed in the middle of it comes back.
    mesh.kill("broker_gateway", SIGTERM);
    EXPECT_TRUE(eventually([&] { return !mesh.running("broker_gateway"); }, 20s)) << "it waits for somebody else's lock";
    mesh.start("broker_gateway");
    mesh.restart("tick_ingestor");
    ASSERT_TRUE(mesh.wait_ready());
    expect_trading(mesh);
    other.run("commit");
  }
  expect_caught_up(mesh);
  expect_clean_end(mesh);
}

}  // namespace
}  // namespace tickmesh
