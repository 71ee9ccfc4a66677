// What each service's events become in its tables, read back as text so that a rounded decimal shows.
#include "store/projection.hpp"

#include <fmt/format.h>

#include "unit/store/world.hpp"

namespace tickmesh::test {
namespace {

class Projections : public WithDatabase {
 protected:
  /// A service's journal beside the others', projected in full.
  Speaker& speaker(const std::string& service) {
    auto& made = speakers_[service];
    if (!made) made = std::make_unique<Speaker>(dir_.path + "/" + service, service + "-0");
    return *made;
  }
  void project(const std::string& service) {
    auto& s = speaker(service);
    auto projector = must(Projector::start({.dsn = dsn(service), .service = service, .instance = service + "-0"}, *s.journal, s.codec,
                                           make_projection(service, instruments_)));
    must(projector->stop(30s));
    EXPECT_FALSE(projector->last_error());
  }

  const Instruments instruments_ = instruments();
  TempDir dir_;
  std::map<std::string, std::unique_ptr<Speaker>> speakers_;
};

TEST_F(Projections, ATickKeepsItsNameItsNanosecondsAndItsSymbol) {
  const auto tick = quote(3);
  const auto name = speaker("tick_ingestor").say(Stream::tick, tick.instrument.partition(), tick);
  project("tick_ingestor");
  EXPECT_EQ(
      query(
          "select concat_ws('|', stream, partition, epoch, sequence, symbol, kind, feed, bid, ask, price is null, time_ns, event_time_ns) "
          "from tick_ingestor.v_ticks"),
      fmt::format("tick|{}|{}|1|AAPL.DEMO|quote|demo|201.3|201.32|t|{}|{}", name.partition, name.at.epoch, tick.time.ns,
                  tick.event_time.ns));
  EXPECT_EQ(query("select to_char(time at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') from tick_ingestor.ticks"),
            "2024-03-18 09:30:00.003000");
  EXPECT_EQ(query("select count(*) from tick_ingestor.symbols"), "2");
}

TEST_F(Projections, TicksOfManyDaysFindTheirPartition) {
  for (int day = 0; day < 5; ++day) {
    auto tick = quote(0);
    tick.time = tick.time + seconds(86'400 * day);
    speaker("tick_ingestor").say(Stream::tick, 1, tick);
  }
  project("tick_ingestor");
  EXPECT_EQ(query("select count(distinct tableoid) from tick_ingestor.ticks"), "5");
}

TEST_F(Projections, ASessionThatEndedSaysWhen) {
  auto& s = speaker("tick_ingestor");
  s.say(Stream::feed, 0, FeedEvent{.header = {.time = at(1'000)}, .kind = FeedEventKind::session_started, .feed = FeedKind::demo});
  s.say(Stream::feed, 0, FeedEvent{.header = {.time = at(2'000'000)}, .kind = FeedEventKind::session_ended, .feed = FeedKind::demo});
  s.say(Stream::feed, 0, FeedEvent{.header = {.time = at(3'000'000)}, .kind = FeedEventKind::session_started, .feed = FeedKind::demo});
  project("tick_ingestor");
  EXPECT_EQ(query("select string_agg(sequence || ':' || coalesce(end_sequence::text, 'open'), ' ' order by sequence) from "
                  "tick_ingestor.feed_sessions"),
            "1:2 3:open");
  EXPECT_EQ(query("select count(*) from tick_ingestor.feed_events"), "3");
}

TEST_F(Projections, ACorrectionReplacesItsBarWhetherInTheSameBatchOrALaterOne) {
  auto& s = speaker("bar_compressor");
  Bar bar{.header = {.time = at(0)},
          .symbol = symbol("AAPL.DEMO"),
          .basis = BarBasis::trade,
          .length = seconds(1),
          .start = at(0),
          .open = price("10"),
          .high = price("10.00000001"),
          .low = price("9"),
          .close = price("9.5"),
          .volume = quantity("100"),
          .count = 1,
          .vwap = price("9.75"),
          .signed_volume = quantity("-100"),
          .quality = BarQuality::complete};
  s.say(Stream::bar, 3, bar);
  bar.volume = quantity("150"), bar.quality = BarQuality::late, bar.correction = true;
  s.say(Stream::bar, 3, bar);
  project("bar_compressor");
  const auto row = "select concat_ws('|', high, volume, quality, sequence) from bar_compressor.bars_1s";
  EXPECT_EQ(query(row), "10.00000001|150.00000000|late|2");
  bar.volume = quantity("175"), bar.quality = BarQuality::revised;
  s.say(Stream::bar, 3, bar);
  project("bar_compressor");
  EXPECT_EQ(query(row), "10.00000001|175.00000000|revised|3");
  EXPECT_EQ(query("select count(*) from bar_compressor.bars_1s"), "1");
}

TEST_F(Projections, AMetricThatIsNotThereIsNullAndSaysWhy) {
  Metrics metrics{.header = {.time = at(0)}, .symbol = symbol("AAPL.DEMO"), .feed = FeedKind::demo, .bid = price("1"), .ask = price("2")};
  metrics.mid = {1.5, Status::ok, true};
  metrics.sd = {0, Status::undefined, false};
  speaker("metrics_engine").say(Stream::metrics, 3, metrics);
  project("metrics_engine");
  EXPECT_EQ(query("select concat_ws('|', mid, sd is null, z_score is null, left(statuses, 4)) from metrics_engine.metrics"),
            "1.5|t|t|OWWU");
}

TEST_F(Projections, ABarThatClosedIsARowOfIndicatorsWithNullsForWhatIsNotThere) {
  Metrics metrics{.header = {.time = at(0)}, .symbol = symbol("AAPL.DEMO"), .feed = FeedKind::demo, .bid = price("1"), .ask = price("2")};
  metrics.cvd = {-300, Status::ok, true};
  metrics.bars[0] = {.length = seconds(10), .closed = at(10'000), .fresh = true, .bars = 7};
  metrics.bars[0].rsi_14 = {50, Status::undefined, true};
  metrics.bars[1] = {.length = seconds(60), .closed = at(0), .fresh = false, .bars = 1};
  speaker("metrics_engine").say(Stream::metrics, 3, metrics);
  metrics.bars[0].fresh = false;
  metrics.bars[1].fresh = true;
  speaker("metrics_engine").say(Stream::metrics, 3, metrics);
  project("metrics_engine");
  EXPECT_EQ(query("select concat_ws('|', cvd, ofi is null, length(statuses)) from metrics_engine.v_metrics limit 1"), "-300|t|80");
  EXPECT_EQ(query("select string_agg(concat_ws('|', length_s, bars, rsi_14, sma_20 is null, statuses), ' ' order by sequence) "
                  "from metrics_engine.v_indicators"),
            "10|7|50|t|WWWWWWWWUWWWWWWWWWWWWWWWWW 60|1|t|WWWWWWWWWWWWWWWWWWWWWWWWWW");
  EXPECT_EQ(query("select concat_ws('|', count(*), min(length_s), min(cvd), min(vpin) is null, min(statuses)) from "
                  "metrics_engine.v_order_flow"),
            "1|10|-300|t|WWWWWOWWWWWWWWWWWWWW")
      << "of the shortest length alone";
}

TEST_F(Projections, AProfileIsARowAsItDevelopsAndAsItIsCompletedAndAChangeOfStateOneOfItsOwn) {
  auto& s = speaker("metrics_engine");
  ProfileEvent e{.header = {.time = at(1'000)}, .symbol = symbol("AAPL.DEMO"), .feed = FeedKind::demo, .synthetic = true};
  e.kind = ProfileEventKind::developing;
  e.session_start = at(0);
  e.row_size = price("0.05");
  e.low = price("201.00");
  e.rows = {quantity("3"), quantity("0"), quantity("9.5")};
  e.poc = price("201.125"), e.val = price("201.10"), e.vah = price("201.15");
  e.volume = quantity("12.5"), e.inside = quantity("9.5");
  e.hvn = {price("201.125")};
  e.reason = "10 bars";
  s.say(Stream::profile, 3, e);
  e.kind = ProfileEventKind::lvn;
  s.say(Stream::profile, 3, e);
  e.kind = ProfileEventKind::state_changed;
  e.state = MarketStateKind::balance;
  e.in_frac = {0.75, Status::ok, true};
  e.accept_up = 2;
  e.cvd = quantity("-4");
  s.say(Stream::profile, 3, e);
  e.kind = ProfileEventKind::completed;
  e.session_end = at(2'000);
  e.volume_share = 0.025;
  s.say(Stream::profile, 3, e);
  project("metrics_engine");
  EXPECT_EQ(
      query("select string_agg(concat_ws('|', kind, poc, val, vah, volume, inside, rows, hvn, lvn, developed is null, volume_share, "
            "session_end is null), ' ' order by sequence) from metrics_engine.v_volume_profile"),
      "developing|201.12500000|201.10000000|201.15000000|12.50000000|9.50000000|{3.00000000,0.00000000,9.50000000}|{201.12500000}|{}|f|t "
      "completed|201.12500000|201.10000000|201.15000000|12.50000000|9.50000000|{3.00000000,0.00000000,9.50000000}|{201.12500000}|{}|t|"
      "0.025|f");
  EXPECT_EQ(query("select concat_ws('|', count(*), min(state), min(in_frac), min(accept_up), min(cvd), min(reason)) from "
                  "metrics_engine.v_market_state"),
            "1|BALANCE|0.75|2|-4.00000000|10 bars");
}

TEST_F(Projections, OfABookTheLastOfEachMinuteIsKept) {
  auto& s = speaker("metrics_engine");
  const auto said = [&](std::int64_t ms, const char* bid, bool live) {
    BookTop book{.header = {.time = at(ms * 1'000'000), .event_time = at(ms * 1'000'000)},
                 .symbol = symbol("AAPL.DEMO"),
                 .feed = FeedKind::replay,
                 .live = live};
    book.reason = live ? "" : "gap";
    book.last = 18'000'000'000'000'000'000U;
    if (live) book.bids = {{price(bid), quantity("0.5")}}, book.asks = {{price("9.5"), quantity("2")}};
    book.imbalance = {-0.6, Status::ok, live};
    s.say(Stream::book, 3, book);
  };
  const std::int64_t minute = 60'000 - at(0).ns / 1'000'000 % 60'000;  // the next one
  said(minute, "9.1", true);
  said(minute + 59'999, "9.2", true);
  said(minute + 60'000, "9.3", true);
  project("metrics_engine");
  said(minute + 61'000, "", false);
  project("metrics_engine");
  EXPECT_EQ(query("select string_agg(concat_ws('|', live, bids, asks, imbalance, reason, statuses), ' ' order by minute) from "
                  "metrics_engine.v_book"),
            R"(t|[["9.2", "0.5"]]|[["9.5", "2"]]|-0.6|OWW f|[]|[]|gap|OWW)");
  EXPECT_EQ(query("select distinct last_update from metrics_engine.v_book"), "18000000000000000000");
}

TEST_F(Projections, APositionIsOneRowAndItsCloseATrade) {
  auto& s = speaker("position_manager");
  PositionEvent p{.header = {.time = at(0)},
                  .kind = PositionEventKind::opened,
                  .id = "P1",
                  .symbol = symbol("AAPL.DEMO"),
                  .side = Side::buy,
                  .quantity = quantity("49"),
                  .entry_quantity = quantity("49"),
                  .entry_price = price("201.28"),
                  .entry_value = money("9862.72"),
                  .stop = price("200.10"),
                  .entry_time = at(0)};
  s.say(Stream::position, 0, p);
  project("position_manager");
  EXPECT_EQ(query("select concat_ws('|', side, shares, position_size, stop_loss, take_profit is null, status, pnl) from "
                  "position_manager.positions"),
            "LONG|49.00000000|9862.72000000|200.10000000|t|OPEN|0.00000000");
  p.kind = PositionEventKind::closed, p.quantity = {}, p.exit_price = price("201.3"), p.realized_pnl = money("-0.01999999"),
  p.exit_time = at(9'000);
  s.say(Stream::position, 0, p);
  project("position_manager");
  EXPECT_EQ(query("select concat_ws('|', shares, quantity, status, pnl, exit_time is not null) from position_manager.positions"),
            "49.00000000|0.00000000|CLOSED|-0.01999999|t");
  EXPECT_EQ(query("select concat_ws('|', id, quantity, pnl) from position_manager.trades"), "P1|49.00000000|-0.01999999");
}

TEST_F(Projections, TheLargestAndSmallestDecimalsArriveExactly) {
  auto& s = speaker("position_manager");
  AccountEvent account{.header = {.time = at(0)},
                       .currency = "USD",
                       .balance = Money::from_raw(INT64_MAX),
                       .realized_pnl = Money::from_raw(INT64_MIN),
                       .unrealized_pnl = Money::from_raw(-1)};
  const auto name = s.say(Stream::account, 0, account);
  project("position_manager");
  EXPECT_EQ(query("select concat_ws('|', id, balance, realized_pnl, unrealized_pnl) from position_manager.account_state"),
            to_string(name) + "|92233720368.54775807|-92233720368.54775808|-0.00000001");
}

TEST_F(Projections, TextOfAnyKindSurvives) {
  auto& s = speaker("api_gateway");
  const std::string note = "quote \" back\\slash {brace}, comma, NULL, 'single', ünïcode, line\nbreak";
  s.say(Stream::control, 0, Command{.header = {.time = at(0)}, .id = "C1", .verb = Verb::halt, .issuer = "NULL", .note = note});
  project("api_gateway");
  EXPECT_EQ(query("select note from api_gateway.audit_log"), note);
  EXPECT_EQ(query("select issuer || '|' || verb || '|' || (symbol is null) from api_gateway.audit_log"),
            "NULL|" + std::string(to_string(Verb::halt)) + "|true");
}

OrderEvent order_event(OrderEventKind kind, std::int64_t ns, const Cause& cause = {}) {
  OrderEvent e{.header = {.time = at(ns), .cause = cause}, .kind = kind, .venue_order_id = "V1", .attempt = 1, .remaining = quantity("49")};
  e.order = {.kind = IntentKind::place,
             .client_order_id = "T1",
             .symbol = symbol("AAPL.DEMO"),
             .side = Side::buy,
             .type = OrderType::limit,
             .purpose = Purpose::entry,
             .quantity = quantity("49"),
             .limit_price = price("201.28"),
             .position_id = "P1"};
  return e;
}

TEST_F(Projections, AnOrderIsOneRowThatRemembersWhenItBegan) {
  auto& s = speaker("broker_gateway");
  s.say(Stream::order, 0, order_event(OrderEventKind::sending, 1'000));
  s.say(Stream::order, 0, order_event(OrderEventKind::accepted, 2'000'000));
  project("broker_gateway");
  s.say(Stream::order, 0, order_event(OrderEventKind::canceled, 3'000'000));
  project("broker_gateway");
  EXPECT_EQ(query("select concat_ws('|', status, price, quantity, extract(epoch from updated_at - created_at)) from broker_gateway.orders"),
            "CANCELED|201.28000000|49.00000000|0.002999");
  EXPECT_EQ(query("select count(*) from broker_gateway.order_events"), "3");
}

TEST_F(Projections, AnExpiredRequestToCancelLeavesTheOrderAsItWas) {
  auto& s = speaker("broker_gateway");
  s.say(Stream::order, 0, order_event(OrderEventKind::accepted, 1'000));
  auto answer = order_event(OrderEventKind::expired, 2'000);
  answer.order.kind = IntentKind::cancel;
  s.say(Stream::order, 0, answer);
  project("broker_gateway");
  EXPECT_EQ(query("select status from broker_gateway.orders"), "ACCEPTED");
  EXPECT_EQ(query("select count(*) from broker_gateway.order_events where kind = 'EXPIRED'"), "1");
}

TEST_F(Projections, OneJoinLeadsFromTheFillToTheTickThatBeganIt) {
  const auto tick = quote(1);
  const auto tick_name = speaker("tick_ingestor").say(Stream::tick, tick.instrument.partition(), tick);
  Signal signal{.header = {.time = at(3'000'000), .cause = {tick_name, tick.time}},
                .symbol = symbol("AAPL.DEMO"),
                .strategy = "mean_reversion",
                .action = SignalAction::enter_long,
                .reason = "edge"};
  signal.inputs.symbol = signal.symbol;
  const auto signal_name = speaker("metrics_engine").say(Stream::signal, 3, signal);
  Intent intent{.header = {.time = at(4'000'000), .cause = {signal_name, signal.header.time}},
                .kind = IntentKind::place,
                .client_order_id = "T1",
                .symbol = signal.symbol,
                .side = Side::buy,
                .type = OrderType::limit,
                .purpose = Purpose::entry,
                .quantity = quantity("49"),
                .position_id = "P1"};
  const auto intent_name = speaker("position_manager").say(Stream::intent, 0, intent);
  auto& gateway = speaker("broker_gateway");
  gateway.say(Stream::order, 0, order_event(OrderEventKind::sending, 5'000'000, {intent_name, intent.header.time}));
  auto filled = order_event(OrderEventKind::filled, 6'000'000);
  filled.fill = {
      .execution_id = "X1", .price = price("201.27999999"), .quantity = quantity("49"), .commission = money("1"), .time = at(6'000'000)};
  gateway.say(Stream::order, 0, filled);
  for (const auto* service : {"tick_ingestor", "metrics_engine", "position_manager", "broker_gateway"}) project(service);
  EXPECT_EQ(query("select concat_ws('|', execution_id, fill_price, decided_by, strategy, intent_sequence, tick_sequence, tick_bid) from "
                  "reader.v_explain"),
            "X1|201.27999999|signal|mean_reversion|1|1|201.28");
}

}  // namespace
}  // namespace tickmesh::test
