#include "broker_gateway/venues/paper_venue.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "unit/venue/paper_exchange_fixture.hpp"

namespace tickmesh {
namespace {

class PaperVenueTest : public testing::Test {
 protected:
  std::string path{testing::TempDir() + "paper_ledger_" + std::to_string(getpid()) + '_' +
                   testing::UnitTest::GetInstance()->current_test_info()->name() + ".jsonl"};
  std::unique_ptr<PaperVenue> venue{};
  std::vector<VenueReport> reports{};

  void SetUp() override {
    std::filesystem::remove(path);
    reopen();
  }
  void TearDown() override {
    venue.reset();
    std::filesystem::remove(path);
  }
  void reopen() {
    venue.reset();
    auto opened = PaperVenue::open(test_instruments(), {}, path);
    ASSERT_TRUE(opened.has_value()) << to_string(opened.error());
    venue = std::move(*opened);
  }
  static Name tick_name(Sequence n) { return {Stream::tick, 17, {77, n}}; }
  std::vector<VenueReportKind> poll() {
    reports.clear();
    venue->poll(reports);
    std::vector<VenueReportKind> kinds;
    for (const auto& r : reports) kinds.push_back(r.kind);
    return kinds;
  }
  std::string ledger() const {
    std::ifstream in{path};
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
  void append(std::string_view text) const { std::ofstream{path, std::ios::app} << text; }
};

using testing::ElementsAre;
using testing::HasSubstr;
using enum VenueReportKind;

TEST_F(PaperVenueTest, Crc32cIsCastagnoli) { EXPECT_EQ(crc32c("123456789"), 0xE3069283U); }

TEST_F(PaperVenueTest, LinesTellWhatHappenedInExactDecimals) {
  venue->on_tick(quote(ms(0), "100.00", 50, "100.02", 50), tick_name(1));
  venue->submit(order("T1", Side::buy, 10), ms(0));
  venue->advance(ms(5));
  EXPECT_THAT(poll(), ElementsAre(accepted, filled));
  const std::string text = ledger();
  EXPECT_THAT(text,
              testing::StartsWith(R"({"n":1,"type":"order","time_ns":1700000000000000000,"client_order_id":"T1","venue_order_id":"P-1",)"
                                  R"("symbol":"AAPL.DEMO","side":"BUY","order_type":"MARKET","purpose":"ENTRY","quantity":"10",)"
                                  R"("active_at_ns":1700000000005000000,"tick":"tick.17@77/1","crc":")"));
  EXPECT_THAT(text, HasSubstr(R"({"n":2,"type":"fill","time_ns":1700000000005000000,"client_order_id":"T1","venue_order_id":"P-1",)"
                              R"("symbol":"AAPL.DEMO","execution_id":"P-T1-1","price":"100.02","fill_quantity":"10","commission":"1",)"
                              R"("bid":"100","ask":"100.02","quote":"tick.17@77/1","tick":"tick.17@77/1","crc":")"));
}

TEST_F(PaperVenueTest, ALineReadsBackAsItWasWritten) {
  Intent intent = order("T\"\n1", Side::sell, 7, OrderType::stop, "99.95");
  intent.position_id = "p";
  intent.strategy = "mean_reversion";
  intent.valid_until = ms(9);
  intent.manager = {1, 2};
  intent.gateway = {3, 4};
  intent.reference_price = px("100.5");
  const LedgerEntry entry{.fact = {.kind = PaperFactKind::order,
                                   .time = ms(1),
                                   .client_order_id = intent.client_order_id,
                                   .venue_order_id = "P-1",
                                   .order = intent,
                                   .active_at = ms(6)},
                          .tick = tick_name(4)};
  const std::string line = ledger_line(3, entry);
  const auto read = parse_ledger_line(std::string_view{line}.substr(0, line.size() - 1), 3);
  ASSERT_TRUE(read.has_value()) << to_string(read.error());
  EXPECT_EQ(read->fact.order, intent);
  EXPECT_EQ(read->fact.active_at, ms(6));
  EXPECT_EQ(read->tick, tick_name(4));
  EXPECT_EQ(ledger_line(3, *read), line);
}

TEST_F(PaperVenueTest, ItSurvivesWithOpenOrdersAndWhatIsLeftOfThem) {
  venue->on_tick(quote(ms(0), "100.00", 50, "100.02", 4), tick_name(1));
  venue->submit(order("T1", Side::buy, 10), ms(0));
  venue->submit(order("T2", Side::buy, 10, OrderType::limit, "90"), ms(0));
  venue->submit(order("T3", Side::buy, 0), ms(0));
  venue->advance(ms(5));
  venue->cancel("T2", ms(6));
  EXPECT_THAT(poll(), ElementsAre(accepted, accepted, rejected, filled, canceled));
  reopen();
  EXPECT_TRUE(poll().empty());
  venue->reconcile(ms(7), reports);
  std::vector<std::string> told;
  for (const auto& r : reports)
    told.push_back(std::to_string(static_cast<int>(r.kind)) + r.client_order_id + (r.open ? "+" : "") + r.fill.execution_id + '/' +
                   r.cumulative.str());
  EXPECT_THAT(told, ElementsAre("5/0", "6T1+/4", "2T1P-T1-1/4", "6T2/0", "3T2/0", "6T3/0", "4T3/0", "7/0"));
  venue->submit(order("T1", Side::buy, 10), ms(8));
  EXPECT_THAT(poll(), ElementsAre(rejected));
  EXPECT_EQ(reports[0].reason, kDuplicateClientId);
  venue->advance(ms(20));
  EXPECT_TRUE(poll().empty()) << "there is no quote yet";
  venue->on_tick(quote(ms(9), "100.00", 50, "100.02", 4), tick_name(1));
  EXPECT_TRUE(poll().empty()) << "that tick has been traded on";
  EXPECT_EQ(venue->dropped_ticks(), 1U);
  venue->on_tick(quote(ms(21), "100.00", 50, "100.03", 50), tick_name(2));
  EXPECT_THAT(poll(), ElementsAre(filled));
  EXPECT_EQ(reports[0].fill.execution_id, "P-T1-2");
  EXPECT_EQ(reports[0].fill.quantity, qty(6));
  EXPECT_EQ(reports[0].fill.commission, Money{});
}

TEST_F(PaperVenueTest, TicksOfANewEpochAreNotComparedWithTheOld) {
  venue->on_tick(quote(ms(0), "100.00", 50, "100.02", 4), tick_name(9));
  venue->submit(order("T1", Side::buy, 10), ms(0));
  venue->advance(ms(5));
  reopen();
  venue->on_tick(quote(ms(9), "100.00", 50, "100.02", 50), {Stream::tick, 17, {78, 1}});
  EXPECT_THAT(poll(), ElementsAre(filled));
}

TEST_F(PaperVenueTest, AnOrderSubmittedBeforeAnyTickIsOpenAfterReopen) {
  venue->submit(order("T1", Side::buy, 10), ms(0));
  reopen();
  EXPECT_EQ(venue->next_wake(), ms(5));
  venue->on_tick(quote(ms(9), "100.00", 50, "100.02", 50), tick_name(1));
  EXPECT_THAT(poll(), ElementsAre(filled));
}

TEST_F(PaperVenueTest, ATornTailIsCutAtEveryByteAndTheRestKept) {
  venue->submit(order("T1", Side::buy, 10), ms(0));
  const std::size_t whole = ledger().size();
  venue->submit(order("T2", Side::buy, 10), ms(1));
  const std::string text = ledger();
  for (std::size_t size = whole; size < text.size(); size += 7) {
    venue.reset();
    std::filesystem::resize_file(path, 0);
    append(text.substr(0, size));
    reopen();
    EXPECT_NE(venue->exchange().find("T1"), nullptr);
    EXPECT_EQ(venue->exchange().find("T2"), nullptr);
    EXPECT_EQ(venue->ledger_cut_bytes(), size - whole);
    EXPECT_EQ(std::filesystem::file_size(path), whole);
  }
  venue->submit(order("T2", Side::buy, 10), ms(1));
  EXPECT_EQ(ledger(), text) << "the line that was torn is written again as it was";
}

TEST_F(PaperVenueTest, AChangedByteInTheLastLineIsATearAndBeforeItIsCorruption) {
  venue->submit(order("T1", Side::buy, 10), ms(0));
  venue->submit(order("T2", Side::buy, 10), ms(1));
  venue.reset();
  const std::string text = ledger();
  std::string damaged = text;
  damaged[20] = '#';
  std::filesystem::resize_file(path, 0);
  append(damaged);
  const auto opened = PaperVenue::open(test_instruments(), {}, path);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, "corrupt");
  EXPECT_EQ(ledger(), damaged) << "corruption is never cut";
  damaged = text;
  damaged[text.size() - 30] = '#';
  std::filesystem::resize_file(path, 0);
  append(damaged);
  reopen();
  EXPECT_EQ(venue->ledger_lines(), 1U);
}

TEST_F(PaperVenueTest, ALedgerHasOneOwner) {
  const auto second = PaperVenue::open(test_instruments(), {}, path);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().rule, "has one owner");
}

TEST_F(PaperVenueTest, AHaltOutlivesTheProcess) {
  FeedEvent halted{.kind = FeedEventKind::halted, .symbol = symbol_of("AAPL.DEMO")};
  halted.header.time = ms(1);
  venue->on_feed(halted);
  venue->submit(order("T1", Side::buy, 10), ms(2));
  reopen();
  venue->on_tick(quote(ms(9), "100.00", 50, "100.02", 50), tick_name(1));
  EXPECT_TRUE(poll().empty());
}

TEST_F(PaperVenueTest, WithoutAPathItKeepsNoLedger) {
  auto opened = PaperVenue::open(test_instruments(), {}, "");
  ASSERT_TRUE(opened.has_value());
  (*opened)->on_tick(quote(ms(0), "100.00", 50, "100.02", 50), {});
  (*opened)->submit(order("T1", Side::buy, 10), ms(0));
  (*opened)->advance(ms(5));
  (*opened)->poll(reports);
  EXPECT_EQ(reports.size(), 2U);
}

TEST_F(PaperVenueTest, PerformDoesWhatAnOrderEventAsksAndNothingElse) {
  OrderEvent event{.kind = OrderEventKind::sending, .order = order("T1", Side::buy, 10)};
  event.header.time = ms(3);
  perform(event, *venue);
  EXPECT_EQ(venue->next_wake(), ms(8)) << "latency counts from the sending event";
  event.kind = OrderEventKind::accepted;
  perform(event, *venue);
  EXPECT_EQ(venue->ledger_lines(), 1U);
  event.kind = OrderEventKind::canceling;
  perform(event, *venue);
  EXPECT_THAT(poll(), ElementsAre(accepted, canceled));
}

}  // namespace
}  // namespace tickmesh
