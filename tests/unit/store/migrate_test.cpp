#include "store/migrate.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <cctype>
#include <fstream>

#include "store/postgres.hpp"
#include "unit/store/world.hpp"

namespace tickmesh::test {
namespace {

namespace fs = std::filesystem;
constexpr auto kNotAllowed = "no right";

/// "<copy>/api_gateway/000N_<name>.sql", N being the next number.
std::string next_file(const std::string& copy, const std::string& name) {
  const auto folder = copy + "/api_gateway";
  const auto files = std::count_if(fs::directory_iterator{folder}, {}, [](const auto& entry) {
    return std::isdigit(static_cast<unsigned char>(entry.path().filename().string().front())) != 0;
  });
  return fmt::format("{}/{:04}_{}.sql", folder, files + 1, name);
}

class Migrate : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = new TestPostgres(TestPostgres::Login::scram); }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }
  void SetUp() override { admin_ = server_->create_database(database_); }
  void TearDown() override { server_->query("postgres", "drop database \"" + database_ + "\" with (force)"); }

  /// What becomes of `sql` said by `user`: "ok", "no right", "no way in", or the SQLSTATE.
  std::string told(const std::string& user, const std::string& sql) {
    auto link = connect(server_->dsn(database_, "tickmesh_" + user, user), "test");
    if (!link) return "no way in";
    try {
      pqxx::work w{**link};
      w.exec(sql);
      w.commit();
      return "ok";
    } catch (const pqxx::insufficient_privilege&) {
      return kNotAllowed;
    } catch (const pqxx::sql_error& e) {
      return e.sqlstate();
    }
  }

  static inline TestPostgres* server_ = nullptr;
  const std::string database_ = "mesh";
  std::string admin_;
};

TEST_F(Migrate, AppliesEveryFileOnce) {
  const auto first = migrate(admin_, kSql, passwords());
  ASSERT_TRUE(first) << to_string(first.error());
  EXPECT_EQ(first->applied.front().service, "tickmesh");
  EXPECT_EQ(first->applied.back().service, "reader");
  EXPECT_EQ(first->already, 0u);
  const auto second = migrate(admin_, kSql, passwords());
  ASSERT_TRUE(second) << to_string(second.error());
  EXPECT_TRUE(second->applied.empty());
  EXPECT_EQ(second->already, first->applied.size());
  EXPECT_EQ(server_->query(database_, "select count(*) from tickmesh.migrations"), std::to_string(first->applied.size()));
}

TEST_F(Migrate, ProcessesAtOnceApplyEachFileOnce) {
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const auto child = ::fork();
    if (child == 0) ::_exit(migrate(admin_, kSql, passwords()) ? 0 : 1);
    children.push_back(child);
  }
  for (const auto child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  const auto again = migrate(admin_, kSql, passwords());
  ASSERT_TRUE(again) << to_string(again.error());
  EXPECT_TRUE(again->applied.empty());
}

TEST_F(Migrate, AnEditedAppliedFileIsRefusedAndNothingIsApplied) {
  TempDir copy;
  fs::copy(kSql, copy.path, fs::copy_options::recursive);
  ASSERT_TRUE(migrate(admin_, copy.path));
  std::ofstream{copy.path + "/broker_gateway/0001_orders.sql", std::ios::app} << "-- one more word\n";
  std::ofstream{next_file(copy.path, "more")} << "-- Never reached.\ncreate table api_gateway.more (id bigint);\n";
  const auto refused = migrate(admin_, copy.path);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "refused");
  EXPECT_THAT(refused.error().message, ::testing::HasSubstr("broker_gateway/0001_orders.sql was edited"));
  EXPECT_EQ(server_->query(database_, "select to_regclass('api_gateway.more') is null"), "t");
}

TEST_F(Migrate, TheNextNumberIsAppliedAndItsTablesBelongToTheService) {
  TempDir copy;
  fs::copy(kSql, copy.path, fs::copy_options::recursive);
  ASSERT_TRUE(migrate(admin_, copy.path, passwords()));
  std::ofstream{next_file(copy.path, "more")} << "-- A table that came later.\ncreate table api_gateway.more (id bigint);\n";
  const auto report = migrate(admin_, copy.path, passwords());
  ASSERT_TRUE(report) << to_string(report.error());
  ASSERT_EQ(report->applied.size(), 1u);
  EXPECT_EQ(report->applied[0].name, "more");
  EXPECT_EQ(told("api_gateway", "insert into api_gateway.more values (1)"), "ok");
}

TEST_F(Migrate, AFileThatFailsIsNamedAndLeavesNothing) {
  TempDir copy;
  fs::copy(kSql, copy.path, fs::copy_options::recursive);
  std::ofstream{next_file(copy.path, "wrong")} << "-- Half right.\ncreate table api_gateway.half (id bigint);\nselect 1 / 0;\n";
  const auto failed = migrate(admin_, copy.path);
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().field, ::testing::EndsWith("_wrong.sql"));
  EXPECT_THAT(failed.error().message, ::testing::HasSubstr("division by zero"));
  EXPECT_EQ(server_->query(database_, "select to_regclass('api_gateway.half') is null"), "t");
}

TEST_F(Migrate, AHoleInTheNumbersIsRefused) {
  TempDir dir;
  fs::create_directories(dir.path + "/api_gateway");
  std::ofstream{dir.path + "/api_gateway/0002_late.sql"} << "select 1;";
  const auto refused = migrate(admin_, dir.path);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().rule, "number 0001");
}

TEST_F(Migrate, AServiceTouchesItsOwnTablesAndNoOthers) {
  ASSERT_TRUE(migrate(admin_, kSql, passwords()));
  EXPECT_EQ(told("position_manager", "select count(*) from position_manager.positions"), "ok");
  EXPECT_EQ(told("position_manager", "delete from position_manager.positions"), "ok");
  for (const auto* table :
       {"broker_gateway.orders", "broker_gateway.v_orders", "tick_ingestor.ticks", "tickmesh.migrations", "api_gateway.audit_log"}) {
    EXPECT_EQ(told("position_manager", std::string("select count(*) from ") + table), kNotAllowed) << table;
    EXPECT_EQ(told("position_manager", std::string("delete from ") + table), kNotAllowed) << table;
  }
  EXPECT_EQ(told("position_manager", "select tick_ingestor.drop_days_before('ticks', '2030-01-01')"), kNotAllowed);
}

TEST_F(Migrate, AServiceMakesNothing) {
  ASSERT_TRUE(migrate(admin_, kSql, passwords()));
  EXPECT_EQ(told("tick_ingestor", "create table tick_ingestor.mine (id bigint)"), kNotAllowed);
  EXPECT_EQ(told("tick_ingestor", "create table public.mine (id bigint)"), kNotAllowed);
  EXPECT_EQ(told("tick_ingestor", "create temp table mine (id bigint)"), kNotAllowed);
  EXPECT_EQ(told("tick_ingestor", "create schema mine"), kNotAllowed);
  EXPECT_EQ(told("tick_ingestor", "drop table tick_ingestor.latest"), kNotAllowed);
  EXPECT_EQ(told("tick_ingestor", "truncate tick_ingestor.latest"), kNotAllowed);
  EXPECT_EQ(told("tick_ingestor", "select tick_ingestor.ensure_day('ticks', '2024-03-18')"), "ok");
}

TEST_F(Migrate, TheReaderSelectsDeclaredViewsAndNothingElse) {
  ASSERT_TRUE(migrate(admin_, kSql, passwords()));
  for (const auto* view : {"tick_ingestor.v_ticks", "bar_compressor.v_bars_1m", "metrics_engine.v_signals", "position_manager.v_positions",
                           "broker_gateway.v_executions", "api_gateway.v_audit_log", "reader.v_explain"}) {
    EXPECT_EQ(told("reader", std::string("select count(*) from ") + view), "ok") << view;
    EXPECT_NE(told("reader", std::string("delete from ") + view), "ok") << view;
  }
  EXPECT_EQ(told("reader", "select count(*) from position_manager.positions"), kNotAllowed);
  EXPECT_EQ(told("reader", "select count(*) from tickmesh.migrations"), kNotAllowed);
}

TEST_F(Migrate, APasswordGivenAgainReplacesTheOldOneAndIsKeptAsScram) {
  ASSERT_TRUE(migrate(admin_, kSql, passwords()));
  TempDir secrets;
  std::ofstream{secrets.path + "/tickmesh_api_gateway"} << "another\n";
  ASSERT_TRUE(migrate(admin_, kSql, {.password_dir = secrets.path}));
  const auto old = connect(server_->dsn(database_, "tickmesh_api_gateway", "api_gateway"), "test");
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().code, "unauthorized");
  EXPECT_THAT(old.error().message, ::testing::HasSubstr("role tickmesh_api_gateway"));
  EXPECT_THAT(old.error().message, ::testing::HasSubstr("password_file"));
  EXPECT_TRUE(connect(server_->dsn(database_, "tickmesh_api_gateway", "another"), "test"));
  EXPECT_EQ(server_->query(database_,
                           "select count(*) from pg_authid where rolname like 'tickmesh_%' and rolpassword not like 'SCRAM-SHA-256$%'"),
            "0");
}

TEST_F(Migrate, AnUnreadableDsnIsRefusedWithoutShowingThePassword) {
  const auto refused = migrate("host=/tmp password=secret nonsense", kSql);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "dsn");
  EXPECT_THAT(to_string(refused.error()), ::testing::Not(::testing::HasSubstr("secret")));
}

/// The real TimescaleDB is not to be had here: a row that says it is there, and functions that write down what they are asked.
class MigrateBesideTimescale : public Migrate {
 protected:
  void pretend(const std::string& licence) {
    server_->query(
        database_,
        "set allow_system_table_mods = on; insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, "
        "extversion) values (99999, 'timescaledb', 10, 'public'::regnamespace, false, '0'); "
        "create table public.asked (what text); "
        "create function public.create_hypertable(t regclass, c name, chunk_time_interval interval) returns void language sql as "
        "$$ insert into public.asked values ('hypertable ' || t || ' ' || c || ' ' || chunk_time_interval) $$; "
        "create function public.drop_chunks(t regclass, before timestamptz) returns setof text language sql as "
        "$$ insert into public.asked values ('drop ' || t) returning what $$");
    if (!licence.empty()) server_->query(database_, "alter database \"" + database_ + "\" set timescaledb.license = '" + licence + "'");
  }
  std::string asked() { return server_->query(database_, "select string_agg(what, ', ' order by what) from public.asked"); }
};

TEST_F(Migrate, WithoutTimescaleNothingOfItIsSaid) {
  const auto report = migrate(admin_, kSql, passwords());
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->timescale.empty());
  EXPECT_EQ(server_->query(database_, "select count(*) from pg_proc where proname = 'use_timescale'"), "0");
  EXPECT_EQ(server_->query(database_, "select relkind from pg_class where oid = 'tick_ingestor.ticks'::regclass"), "p");
}

TEST_F(MigrateBesideTimescale, TheApacheLicenceGivesHypertablesAndNoCompression) {
  pretend("apache");
  const auto report = migrate(admin_, kSql, passwords());
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(asked(), "hypertable metrics_engine.metrics time 1 day, hypertable tick_ingestor.ticks time 1 day");
  EXPECT_EQ(report->timescale.at("tick_ingestor"), "hypertable, compression needs another licence than apache");
  EXPECT_EQ(server_->query(database_, "select relkind from pg_class where oid = 'tick_ingestor.ticks'::regclass"), "r");
  // The service works the same way, and asks TimescaleDB to drop what is old.
  EXPECT_EQ(told("tick_ingestor", "select tick_ingestor.ensure_day('ticks', '2024-03-18')"), "ok");
  EXPECT_EQ(told("tick_ingestor", "select tick_ingestor.drop_days_before('ticks', '2024-03-18')"), "ok");
  EXPECT_THAT(asked(), ::testing::HasSubstr("drop tick_ingestor.ticks"));
  EXPECT_EQ(told("reader", "select count(*) from tick_ingestor.v_ticks"), "ok");
  EXPECT_EQ(told("reader", "select count(*) from reader.v_explain"), "ok");
  EXPECT_EQ(migrate(admin_, kSql, passwords())->timescale.at("tick_ingestor"), "hypertable already");
}

TEST_F(MigrateBesideTimescale, TheOtherLicenceIsAskedForCompressionAndARefusalCostsNothingElse) {
  pretend("timescale");
  const auto report = migrate(admin_, kSql, passwords());
  ASSERT_TRUE(report) << to_string(report.error());
  // Plain PostgreSQL does not know the option: what a server refuses is told, and the table is there all the same.
  EXPECT_THAT(report->timescale.at("metrics_engine"), ::testing::HasSubstr("hypertable, compression refused: "));
  EXPECT_EQ(asked(), "hypertable metrics_engine.metrics time 1 day, hypertable tick_ingestor.ticks time 1 day");
}

TEST_F(MigrateBesideTimescale, ATableInUseStaysAsItIs) {
  ASSERT_TRUE(migrate(admin_, kSql, passwords()));
  pretend("");
  const auto report = migrate(admin_, kSql, passwords());
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_THAT(report->timescale.at("tick_ingestor"), ::testing::StartsWith("native days"));
  EXPECT_EQ(server_->query(database_, "select relkind from pg_class where oid = 'tick_ingestor.ticks'::regclass"), "p");
}

}  // namespace
}  // namespace tickmesh::test
