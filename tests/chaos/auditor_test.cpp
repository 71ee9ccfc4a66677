// The auditor finds nothing wrong with a good run, and each fault planted in a copy of it by the check that is meant to.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "auditor/checks.hpp"
#include "chaos/damage.hpp"
#include "support/mesh.hpp"

namespace tickmesh {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using auditor::Record;

/// A short run of a mesh nobody disturbs: some ten seconds, with orders of every kind.
class Auditor : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    mesh_ = new TestMesh{
        {{"feed.demo.rate", "400"}, {"journal.segment_bytes", "1048576"}, {"journal.snapshot_s", "2"}, {"risk.cooldown_s", "0"}}};
    ASSERT_TRUE(mesh_->wait_ready());
    for (const char* symbol : {"MSFT", "NVDA", "QQQ"})
      ASSERT_TRUE(eventually([&] { return mesh_->ctl({"open", symbol, "10"}).exit == 0; }, 20s)) << symbol << " could not be opened";
    EXPECT_EQ(mesh_->ctl({"open", "AAPL", "5", "--limit", "195.24"}).exit, 0);
    EXPECT_EQ(mesh_->ctl({"close", "MSFT"}).exit, 0);
    ASSERT_TRUE(eventually(
        [] { return std::stoul(mesh_->postgres().query("tickmesh", "select count(*) from tick_ingestor.ticks")) > 2'000; }, 60s));
    // The first bar of the shortest length closes within seconds; until then nothing there could be missing.
    ASSERT_TRUE(eventually(
        [] { return std::stoul(mesh_->postgres().query("tickmesh", "select count(*) from metrics_engine.indicators")) > 0; }, 60s));
    ASSERT_TRUE(mesh_->quiesce());
    ASSERT_TRUE(mesh_->stop_all());
  }
  static void TearDownTestSuite() {
    delete mesh_;
    mesh_ = nullptr;
  }
  void SetUp() override { ASSERT_NE(mesh_, nullptr); }

  static auditor::Report audited(const std::string& journals, const std::string& ledger, const std::string& dsn) {
    auto report = auditor::audit({journals, ledger, dsn});
    if (::testing::Test::HasFailure()) report.print(std::cout);
    return report;
  }
  /// The kinds that have a finding once the tables of a copy were changed.
  static auditor::Report with_tables_changed(const std::string& sql) {
    mesh_->postgres().query("postgres", "create database damaged template tickmesh");
    EXPECT_NE(mesh_->postgres().query("damaged", "with changed as (" + sql + " returning 1) select count(*) from changed"), "0")
        << "nothing was changed";
    auto report = audited(mesh_->journals(), mesh_->ledger(), mesh_->postgres().dsn("damaged"));
    mesh_->postgres().query("postgres", "drop database damaged");
    return report;
  }
  static auditor::Report with_ledger_changed(const std::function<bool(const std::string&, std::string&)>& change) {
    const auto copy = mesh_->dir() + "/damaged.ledger";
    chaos::rewrite_ledger(mesh_->ledger(), copy, change);
    return audited(mesh_->journals(), copy, mesh_->dsn());
  }
  static auditor::Report with_journal_changed(const std::string& service, const std::function<bool(const Record&, std::string&)>& change) {
    const auto copy = mesh_->dir() + "/damaged";
    fs::remove_all(copy);
    fs::create_directory(copy);
    for (const char* other : TestMesh::kServices)
      if (other != service) fs::create_directory_symlink(mesh_->journal(other), copy + '/' + other + "-0");
    chaos::rewrite_journal(mesh_->journal(service), copy + '/' + service + "-0", change);
    return audited(copy, mesh_->ledger(), mesh_->dsn());
  }
  /// Applies `change` to the n-th record of the type and stream only.
  static auto nth(std::uint8_t type, std::uint8_t stream, unsigned n, std::function<bool(std::string&)> change) {
    return [=, seen = 0U](const Record& r, std::string& body) mutable {
      if (r.type != type) return true;
      const bool wanted = type == auditor::kSaid
                              ? auditor::said(r.body).first.stream == stream
                              : std::ranges::any_of(auditor::taken(r.body).items, [&](const auto& i) { return i.first.stream == stream; });
      return !wanted || ++seen != n || change(body);
    };
  }
  static bool drop(std::string&) { return false; }

  static inline TestMesh* mesh_ = nullptr;
};

TEST_F(Auditor, FindsNothingWrongWithAGoodRun) {
  const auto report = audited(mesh_->journals(), mesh_->ledger(), mesh_->dsn());
  if (report.findings() != 0) report.print(std::cout);
  EXPECT_EQ(report.findings(), 0U);
  // A check that looked at nothing found nothing.
  for (const char* kind : {"sequences",
                           "taken once",
                           "taken as it was said",
                           "intents are answered",
                           "order life",
                           "no fill lost",
                           "fills once",
                           "ledger: an order once",
                           "positions are the sum of fills",
                           "closed positions are their cash",
                           "account is the sum of fills",
                           "tables hold what the venue executed",
                           "causes of order",
                           "commands are answered once",
                           "ticks that led to what was said",
                           "table tick_ingestor.ticks",
                           "table broker_gateway.executions",
                           "table bar_compressor.bars_1s",
                           "table metrics_engine.metrics",
                           "table metrics_engine.indicators",
                           "table metrics_engine.volume_profile",
                           "table metrics_engine.order_flow",
                           "table position_manager.positions",
                           "table position_manager.trades",
                           "table api_gateway.audit_log"})
    EXPECT_GT(report.checks(kind), 0U) << kind;
}
TEST_F(Auditor, ItsProgramSaysSoWithItsExitCode) {
  const auto good = mesh_->audit();
  EXPECT_EQ(good.exit, 0);
  EXPECT_NE(good.out.find(" checks, 0 findings"), std::string::npos) << good.out;
  const auto bad = mesh_->run("tickmesh-auditor", {"--journals", "journal", "--ledger", "/dev/null", "--dsn", mesh_->dsn()});
  EXPECT_EQ(bad.exit, 1);
}
TEST_F(Auditor, TheSameRunAgainInOneThreadGivesTheSameHashes) {
  const auto verified = mesh_->verify();
  EXPECT_EQ(verified.exit, 0) << verified.out;
  EXPECT_NE(verified.out.find("equal"), std::string::npos) << verified.out;
}
TEST_F(Auditor, ARewrittenCopyWithoutAnyFaultIsStillGood) {
  EXPECT_EQ(with_journal_changed("broker_gateway", [](const Record&, std::string&) { return true; }).findings(), 0U);
  EXPECT_EQ(with_ledger_changed([](const std::string&, std::string&) { return true; }).findings(), 0U);
}

TEST_F(Auditor, FindsATickMissingInTheTable) {
  const auto report = with_tables_changed("delete from tick_ingestor.ticks where sequence = 5");
  EXPECT_GT(report.findings("table tick_ingestor.ticks"), 0U);
}
TEST_F(Auditor, FindsATickOfAnotherPrice) {
  const auto report = with_tables_changed("update tick_ingestor.ticks set bid = bid + 0.01 where sequence = 7 and bid is not null");
  EXPECT_GT(report.findings("table tick_ingestor.ticks"), 0U);
}
TEST_F(Auditor, FindsATickThatWasNeverSaid) {
  const auto report = with_tables_changed(
      "insert into tick_ingestor.ticks (stream, partition, epoch, sequence, time, symbol, kind, feed, synthetic, time_ns, event_time_ns) "
      "select stream, partition, epoch, sequence + 100000000, time, symbol, kind, feed, synthetic, time_ns, event_time_ns from "
      "tick_ingestor.ticks limit 1");
  EXPECT_EQ(report.findings("table tick_ingestor.ticks"), 1U);
}
TEST_F(Auditor, FindsABarOfAnotherVolume) {
  const auto report = with_tables_changed(
      "update bar_compressor.bars_1s set volume = volume + 1 where ctid = (select ctid from bar_compressor.bars_1s limit 1)");
  EXPECT_EQ(report.findings("table bar_compressor.bars_1s"), 1U);
}
TEST_F(Auditor, FindsAnIndicatorOfAnotherValueOneThatIsMissingAndOneOfALengthThatNobodySays) {
  const std::string one = "(select ctid from metrics_engine.indicators where length_s = 10 limit 1)";
  EXPECT_EQ(
      with_tables_changed("update metrics_engine.indicators set sma_20 = coalesce(sma_20, 0) + 1 where length_s = 10 and ctid in " + one)
          .findings("table metrics_engine.indicators"),
      1U);
  EXPECT_EQ(with_tables_changed("delete from metrics_engine.indicators where length_s = 10 and ctid in " + one)
                .findings("table metrics_engine.indicators"),
            1U);
  // Missing where it was, and nobody's where it is.
  EXPECT_EQ(with_tables_changed("update metrics_engine.indicators set length_s = 7 where length_s = 10 and ctid in " + one)
                .findings("table metrics_engine.indicators"),
            2U);
}
TEST_F(Auditor, FindsAProfileWithARowOfAnotherVolume) {
  const auto report = with_tables_changed(
      "update metrics_engine.volume_profile set rows[1] = rows[1] + 1 where ctid = (select ctid from metrics_engine.volume_profile limit "
      "1)");
  EXPECT_EQ(report.findings("table metrics_engine.volume_profile"), 1U);
}
TEST_F(Auditor, FindsAnExecutionThatIsThereTwice) {
  const auto report = with_tables_changed(
      "insert into broker_gateway.executions (stream, partition, epoch, sequence, time, execution_id, client_order_id, symbol, side, "
      "fill_price, fill_qty, "
      "timestamp, time_ns, commission) select stream, partition, epoch, sequence + 100000000, time, execution_id || '-2', client_order_id, "
      "symbol, side, "
      "fill_price, fill_qty, timestamp, time_ns, commission from broker_gateway.executions limit 1");
  EXPECT_EQ(report.findings("table broker_gateway.executions"), 1U);
}
TEST_F(Auditor, FindsAPositionOfAnotherQuantity) {
  const auto report = with_tables_changed("update position_manager.positions set quantity = quantity + 1 where status = 'OPEN'");
  EXPECT_GT(report.findings("table position_manager.positions"), 0U);
  EXPECT_GT(report.findings("tables hold what the venue executed"), 0U);
}
TEST_F(Auditor, FindsAProjectionThatSkippedSomething) {
  const auto report = with_tables_changed(
      "insert into tick_ingestor.projection_gaps (instance, from_lsn, to_lsn, reason) values ('tick_ingestor-0', 1, 2, 'trimmed')");
  EXPECT_EQ(report.findings("projection gaps"), 1U);
}
TEST_F(Auditor, FindsAFillTheVenueNeverMade) {
  bool dropped = false;
  const auto report = with_ledger_changed([&](const std::string& line, std::string&) {
    return line.find("\"type\":\"fill\"") == std::string::npos || std::exchange(dropped, true);
  });
  EXPECT_EQ(report.findings("no fill made up"), 1U);
}
TEST_F(Auditor, FindsAnOrderTheVenueNeverHad) {
  bool dropped = false;
  const auto report = with_ledger_changed([&](const std::string& line, std::string&) {
    return line.find("\"type\":\"order\"") == std::string::npos || std::exchange(dropped, true);
  });
  EXPECT_EQ(report.findings("no order made up"), 1U);
}
TEST_F(Auditor, FindsAnOrderSentTwice) {
  bool done = false;
  const auto report = with_ledger_changed([&](const std::string& line, std::string& added) {
    if (line.find("\"type\":\"order\"") != std::string::npos && !std::exchange(done, true)) added = line;
    return true;
  });
  EXPECT_EQ(report.findings("ledger: an order once"), 1U);
}
TEST_F(Auditor, FindsARequestTheVenueRefusedAsSentBefore) {
  bool done = false;
  const auto report = with_ledger_changed([&](const std::string& line, std::string& added) {
    if (!std::exchange(done, true))
      added = R"({"n":2,"type":"refuse","client_order_id":"X","reason":"duplicate client id","crc":"00000000"})";
    return !line.empty();
  });
  EXPECT_EQ(report.findings("ledger: sent once"), 1U);
}
TEST_F(Auditor, FindsAnOrderNobodyAskedFor) {
  bool done = false;
  const auto report = with_ledger_changed([&](const std::string& line, std::string& added) {
    if (line.find("\"type\":\"order\"") == std::string::npos || std::exchange(done, true)) return true;
    added = line;
    const auto id = added.find("\"client_order_id\":\"") + 19;
    added.replace(id, 3, "TA9");
    return true;
  });
  EXPECT_EQ(report.findings("nothing is sent unsaid"), 1U);
}
TEST_F(Auditor, FindsAFillThatBecameNoEvent) {
  bool done = false;
  const auto report = with_ledger_changed([&](const std::string& line, std::string& added) {
    if (line.find("\"type\":\"fill\"") == std::string::npos || std::exchange(done, true)) return true;
    added = line;
    added.replace(added.find("\"execution_id\":\"") + 16, 2, "X-");
    return true;
  });
  EXPECT_EQ(report.findings("no fill lost"), 1U);
}
TEST_F(Auditor, FindsAnEventThatIsMissingInAJournal) {
  const auto report = with_journal_changed("tick_ingestor", nth(auditor::kSaid, auditor::kTick, 20, chaos::without_last_event));
  EXPECT_EQ(report.findings("sequences"), 1U);
  EXPECT_GT(report.findings("taken was said"), 0U);
  EXPECT_GT(report.findings("table tick_ingestor.ticks"), 0U);
}
TEST_F(Auditor, FindsAnOrderEventThatIsMissing) {
  const auto report = with_journal_changed("broker_gateway", nth(auditor::kSaid, auditor::kOrder, 1, drop));
  EXPECT_GT(report.findings("sequences"), 0U);
  EXPECT_GT(report.findings("order life"), 0U);
}
TEST_F(Auditor, FindsAnEventSaidTwice) {
  std::string said;
  unsigned seen = 0;
  const auto report = with_journal_changed("metrics_engine", [&](const Record& r, std::string& body) {
    if (r.type != auditor::kSaid || auditor::said(r.body).first.stream != auditor::kMetrics) return true;
    ++seen;
    if (seen == 10) said = body;
    if (seen == 11) body = said;
    return true;
  });
  EXPECT_GT(report.findings("sequences"), 0U);
}
TEST_F(Auditor, FindsAnInputThatWasNotTaken) {
  const auto report = with_journal_changed("position_manager", nth(auditor::kTaken, auditor::kOrder, 2, drop));
  EXPECT_GT(report.findings("taken without a hole"), 0U);
}
TEST_F(Auditor, FindsACopyThatIsNotWhatWasSaid) {
  const auto report = with_journal_changed("position_manager", nth(auditor::kTaken, auditor::kOrder, 2, [](std::string& body) {
                                             body.back() = static_cast<char>(body.back() ^ 1);
                                             return true;
                                           }));
  EXPECT_EQ(report.findings("taken as it was said"), 1U);
}
TEST_F(Auditor, FindsAPositionEventThatIsMissing) {
  const auto report = with_journal_changed("position_manager", nth(auditor::kSaid, auditor::kPosition, 1, drop));
  EXPECT_GT(report.findings("positions open once and close once"), 0U);
}
TEST_F(Auditor, FindsACauseThatNeverWas) {
  const auto report = with_journal_changed("position_manager", nth(auditor::kSaid, auditor::kIntent, 1, drop));
  EXPECT_GT(report.findings("causes of order"), 0U);
  EXPECT_GT(report.findings("orders were asked for"), 0U);
}
TEST_F(Auditor, FindsMetricsThatGiveAnotherTicksTime) {
  bool done = false;
  const auto report = with_journal_changed("metrics_engine", [&](const Record& r, std::string& body) {
    if (done || r.type != auditor::kSaid || auditor::said(r.body).first.stream != auditor::kMetrics) return true;
    const auto said = auditor::said(r.body);
    const auto time = auditor::header_of({said.first, said.events.front()}).tick_time;
    if (time == 0) return true;  // a timer's
    const std::string stored(reinterpret_cast<const char*>(&time), sizeof time);
    const auto at = body.find('\x21' + stored);  // field 4, eight bytes
    EXPECT_NE(at, std::string::npos);
    body[at + 1] = static_cast<char>(body[at + 1] ^ 1);
    return done = true;
  });
  ASSERT_TRUE(done) << "no tick led to any metrics in this run";
  EXPECT_GT(report.findings("ticks that led to what was said"), 0U);
}
TEST_F(Auditor, FindsADamagedRecord) {
  const auto copy = mesh_->dir() + "/damaged";
  fs::remove_all(copy);
  fs::copy(mesh_->journals(), copy, fs::copy_options::recursive);
  {
    std::fstream segment{copy + "/metrics_engine-0/seg-0000000000000000.tmj", std::ios::in | std::ios::out | std::ios::binary};
    // The first byte of a body in the middle: between records lie zeros that no checksum covers.
    std::uint32_t length = 0;
    std::streamoff at = 64;
    for (; at < 20'000; at += (length + 7) / 8 * 8) {
      segment.seekg(at);
      ASSERT_TRUE(segment.read(reinterpret_cast<char*>(&length), sizeof length) && length > 16);
    }
    segment.seekg(at + 16);
    const auto byte = static_cast<char>(segment.get() ^ 0x40);
    segment.seekp(at + 16);
    segment.put(byte);
  }
  EXPECT_GT(audited(copy, mesh_->ledger(), mesh_->dsn()).findings("journal"), 0U);
}

}  // namespace
}  // namespace tickmesh
