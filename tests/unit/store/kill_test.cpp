// A service that speaks and projects is killed at random moments, many times: the tables must not show it.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <random>

#include "unit/store/world.hpp"

namespace tickmesh::test {
namespace {

constexpr std::int64_t kTicks = 60'000;

OrderEvent fill(std::int64_t i) {
  const auto id = std::to_string(i);
  OrderEvent e{.header = {.time = at(i)}, .kind = OrderEventKind::filled, .venue_order_id = "V" + id};
  e.order = {.kind = IntentKind::place,
             .client_order_id = "T" + id,
             .symbol = symbol("AAPL.DEMO"),
             .side = Side::buy,
             .type = OrderType::market,
             .quantity = quantity("1")};
  e.filled = quantity("1");
  e.fill = {.execution_id = "X" + id, .price = Price::from_raw(20'000'000'000 + i), .quantity = quantity("1"), .time = at(i)};
  return e;
}

/// One life: opens the journals, says what is still unsaid and projects it, until it is killed or done.
[[noreturn]] void live(const std::string& dir, const TestPostgres& server) {
  const auto known = instruments();
  Speaker ticks{dir + "/ticks", "tick_ingestor-0"};
  Speaker orders{dir + "/orders", "broker_gateway-0"};
  const auto options = [&](const std::string& service) {
    return ProjectorOptions{.dsn = server.dsn("mesh", "tickmesh_" + service, service),
                            .service = service,
                            .instance = service + "-0",
                            .batch_rows = 40,
                            .batch_age = 2ms};
  };
  auto one = must(Projector::start(options("tick_ingestor"), *ticks.journal, ticks.codec, make_projection("tick_ingestor", known)));
  auto two = must(Projector::start(options("broker_gateway"), *orders.journal, orders.codec, make_projection("broker_gateway", known)));
  for (auto i = static_cast<std::int64_t>(ticks.head(Stream::tick, 5)); i < kTicks; i += 10) {
    std::vector<Event> run;
    for (auto j = i; j < std::min(i + 10, kTicks); ++j) run.emplace_back(quote(j));
    ticks.say(Stream::tick, 5, run);
    // One fill for ten ticks; after a kill between the two the fills are behind, never ahead.
    for (auto said = static_cast<std::int64_t>(orders.head(Stream::order, 0)); said <= i / 10; ++said)
      orders.say(Stream::order, 0, fill(said));
  }
  const bool done = one->stop(60s) && two->stop(60s);
  ::_exit(done ? 0 : 1);
}

TEST(ProjectorKilled, AtAnyMomentLosesAndDoublesNothing) {
  const auto* given = std::getenv("TICKMESH_SEED");
  const auto seed = given ? std::strtoull(given, nullptr, 10) : 1;
  SCOPED_TRACE("TICKMESH_SEED=" + std::to_string(seed));
  std::mt19937_64 random{seed};
  TestPostgres server;
  must(migrate(server.create_database("mesh"), kSql, passwords()));
  TempDir dir;
  const auto rows = [&] { return std::stoll(server.query("mesh", "select count(*) from tick_ingestor.ticks")); };
  int kills_at_work = 0;
  for (int round = 0; round < 60; ++round) {
    const auto before = rows();
    const auto child = ::fork();
    if (child == 0) live(dir.path, server);
    siginfo_t ended{};
    const auto gone = [&] {
      return ::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == child;
    };
    // Two in three are hit in the middle of their work, the third wherever it happens to be, often while it starts.
    if (round % 3 != 0) {
      ASSERT_TRUE(eventually([&] { return rows() > before || gone(); }));
    }
    // The moment is part of the test, not a wait for anything.
    std::this_thread::sleep_for(std::chrono::microseconds{random() % 20'000});
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    const auto after = rows();
    if (WIFSIGNALED(status) && after > before && after < kTicks) ++kills_at_work;
    // At every moment the tables hold a prefix.
    EXPECT_EQ(server.query("mesh", "select coalesce(max(sequence), 0) = count(*) from tick_ingestor.ticks"), "t");
    EXPECT_EQ(server.query("mesh", "select coalesce(max(sequence), 0) = count(*) from broker_gateway.executions"), "t");
    if (after == kTicks) break;
  }
  EXPECT_GT(kills_at_work, 5) << "the kills fell before or after the work: choose other moments";
  const auto child = ::fork();
  if (child == 0) live(dir.path, server);
  int status = -1;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
  EXPECT_EQ(server.query("mesh", "select count(*) || ' ' || count(distinct sequence) || ' ' || max(sequence) from tick_ingestor.ticks"),
            "60000 60000 60000");
  EXPECT_EQ(server.query("mesh", "select count(*) || ' ' || count(distinct execution_id) from broker_gateway.executions"), "6000 6000");
  EXPECT_EQ(server.query("mesh", "select count(*) from broker_gateway.orders where status = 'FILLED'"), "6000");
  EXPECT_EQ(server.query("mesh", "select sum(fill_price)::text from broker_gateway.executions"), "1200000.17997000");
}

}  // namespace
}  // namespace tickmesh::test
