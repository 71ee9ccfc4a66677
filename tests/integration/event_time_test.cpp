// Recorded days in the order of event time: separate processes say what one thread says, every time, whoever is killed meanwhile.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>

#include "backtester/verify.hpp"
#include "bus/codec.hpp"
#include "integration/recorded_run.hpp"
#include "journal/journal.hpp"
#include "journal/records.hpp"
#include "orderbook/depth_book.hpp"
#include "service/http_server.hpp"
#include "signals/signal_rule.hpp"
#include "support/recorded_days.hpp"
#include "tick_ingestor/feeds/replay/archive.hpp"
#include "tick_ingestor/feeds/replay/binance.hpp"

namespace tickmesh {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using Clock = std::chrono::steady_clock;

/// "signal 12 events 0123456789abcdef", a line each: readable where two differ.
std::string told(const CanonicalHash& hash, const CanonicalHash& fills) {
  std::string lines;
  for (const Stream stream : {Stream::tick, Stream::depth, Stream::bar, Stream::metrics, Stream::profile, Stream::book, Stream::signal,
                              Stream::intent, Stream::order, Stream::position, Stream::account})
    lines += fmt::format("{} {} events {:016x}\n", to_string(stream), hash.count(stream), hash.of(stream));
  return lines + fmt::format("fills {} events {:016x}\n", fills.count(Stream::order), fills.of(Stream::order));
}

struct Backtested {
  std::string told;
  std::uint64_t ticks{0}, fills{0};
};
Backtested backtested(const Planned& run, const Config::Overrides& changed = {}) {
  backtest::SingleThreadMesh mesh{defaults(changed), run.recorded.instruments, run.recorded.survey.first, {.epoch = run.recorded.epoch}};
  backtest::RecordedSource source{run.recorded};
  const auto summary = mesh.run(source);
  return {told(summary.hash, summary.fills_hash), summary.ticks, summary.fills};
}

/// Everybody has taken all there is: nothing is missing or held anywhere, and nobody has said anything for a while.
bool settled(TestMesh& mesh, std::chrono::milliseconds limit) {
  std::string before;
  auto since = Clock::now();
  return eventually(
      [&] {
        std::string now;
        for (const std::string& service : mesh.names()) {
          const auto status = mesh.status(service);
          if (status.is_null() || status.value("lag_events", 1) != 0) now += '?';
          if (mesh.figure(service, "tickmesh_queue_depth{queue=\"event_time\"}").value_or(0) != 0) now += '?';
          for (const char* stream : {"tick", "depth", "bar", "metrics", "profile", "book", "signal", "intent", "order"})
            if (const auto said = mesh.figure(service, fmt::format("tickmesh_events_published_total{{stream=\"{}\"}}", stream)))
              now += fmt::format("{} ", *said);
        }
        if (now != before || now.find('?') != std::string::npos) since = Clock::now();
        before = now;
        return Clock::now() - since > 2s;
      },
      limit);
}

/// Goes through a mesh in event-time; `meanwhile` is called when it is under way. What it said, from its journals.
std::string through_the_mesh(const Planned& run, std::uint64_t ticks, const std::function<void(TestMesh&)>& meanwhile = {},
                             const std::function<void(TestMesh&)>& afterwards = {}) {
  TestMesh mesh{run.settings};
  if (!mesh.wait_ready()) return "not ready";
  const auto begin = Clock::now();
  if (meanwhile) meanwhile(mesh);
  const bool ended = over(mesh, 240s) && settled(mesh, 240s);
  EXPECT_TRUE(ended);
  const double took = std::chrono::duration<double>(Clock::now() - begin).count() - 2;
  std::cout << fmt::format("event-time: {} ticks in {:.1f} s, {:.0f} ticks/s through separate processes\n", ticks, took,
                           static_cast<double>(ticks) / took);
  if (afterwards) afterwards(mesh);
  EXPECT_TRUE(mesh.stop_all());
  EXPECT_TRUE(mesh.unasked_ends().empty());
  const auto said = backtest::said_hashes(mesh.journals());
  if (!said) return to_string(said.error());
  const auto verified = mesh.verify();
  EXPECT_EQ(verified.exit, 0) << verified.out;
  if (::testing::Test::HasFailure()) mesh.dump_logs();
  return told(said->hash, said->fills);
}

Planned in_event_time(const std::string& data, const Scratch& scratch) {
  Planned run = plan(data, scratch);
  run.settings["mesh.time"] = "event-time";
  return run;
}

TEST(EventTime, AMeshSaysWhatOneThreadSaysAndSoDoesOneOfTwoEnginesWithEveryRuleOn) {
  const Scratch scratch;
  make_recorded_days(scratch.path + "/data", 20);
  Planned run = in_event_time(scratch.path + "/data", scratch);
  std::string rules;
  for (const auto rule : signal_rule_names()) rules += (rules.empty() ? "" : ",") + std::string(rule);
  const Config::Overrides every{{"signals.rules", rules}, {"signals.traded", rules}};
  for (const auto& [key, value] : every) run.settings[key] = value;
  const Backtested once = backtested(run, every);
  EXPECT_GT(once.fills, 0u);
  EXPECT_EQ(through_the_mesh(run, once.ticks), once.told);
  run.settings["mesh.metrics_engines"] = "2";
  EXPECT_EQ(through_the_mesh(run, once.ticks), once.told);
}

TEST(EventTime, WhoIsKilledInTheMiddleHealsAndTheSameIsSaid) {
  const Scratch scratch;
  make_recorded_days(scratch.path + "/data", 6);
  Planned run = in_event_time(scratch.path + "/data", scratch);
  const Backtested once = backtested(run);
  EXPECT_GT(once.fills, 0u);
  run.settings["feed.replay.speed"] = "30";  // 12 seconds in all
  const auto ticks_reach = [&](TestMesh& mesh, double part) {
    return eventually(
        [&] {
          return count(mesh, "select count(*) from tick_ingestor.ticks") >
                 static_cast<std::int64_t>(part * static_cast<double>(once.ticks));
        },
        60s);
  };
  EXPECT_EQ(through_the_mesh(run, once.ticks,
                             [&](TestMesh& mesh) {
                               EXPECT_TRUE(ticks_reach(mesh, 0.2));
                               mesh.restart("metrics_engine");
                               EXPECT_TRUE(ticks_reach(mesh, 0.4));
                               mesh.restart("tick_ingestor");
                               mesh.restart("bar_compressor");
                               EXPECT_TRUE(ticks_reach(mesh, 0.6));
                               mesh.restart("position_manager");
                             }),
            once.told);
}

TEST(EventTime, WhoeverWaitsNamesWhomHeWaitsFor) {
  const Scratch scratch;
  make_recorded_days(scratch.path + "/data", 6);
  Planned run = in_event_time(scratch.path + "/data", scratch);
  run.settings["feed.replay.speed"] = "30";
  TestMesh mesh{run.settings};
  ASSERT_TRUE(mesh.wait_ready());
  ASSERT_TRUE(eventually([&] { return count(mesh, "select count(*) from tick_ingestor.ticks") > 100; }, 60s));
  mesh.kill("metrics_engine", SIGKILL);
  const auto named = [&] {
    const auto status = mesh.status("position_manager");
    return !status.is_null() && status["reasons"].dump().find("event-time: waiting for metrics_engine") != std::string::npos;
  };
  EXPECT_TRUE(eventually(named, 30s));
  mesh.start("metrics_engine");
  EXPECT_TRUE(eventually([&] { return !named(); }, 30s));
  EXPECT_TRUE(over(mesh, 60s));
  if (HasFailure()) mesh.dump_logs();
}

TEST(EventTime, ARecordedDayOfTwoStocksIsTheSameTwiceThroughTheMeshAndOnceInOneThread) {
  const Scratch scratch;
  if (!link_recorded_day(scratch.path + "/data")) GTEST_SKIP() << "no recorded data at " << kRecordedDay;
  const Planned run = in_event_time(scratch.path + "/data", scratch);
  const Backtested once = backtested(run);
  std::cout << once.told;
  EXPECT_GT(once.fills, 0u);
  EXPECT_EQ(through_the_mesh(run, once.ticks), once.told);
  EXPECT_EQ(through_the_mesh(run, once.ticks), once.told);
}

// ---- depth ---------------------------------------------------------------------------------------------------------

/// Five minutes of a coin's book that loses changes twice and gets a new snapshot after a while, and of a stock's published one.
void make_recorded_books(const std::string& root) {
  std::string text;
  std::mt19937 random{3};
  const auto below = [&](unsigned n) { return static_cast<int>(random() % n); };
  const auto level = [](int cents, int size) { return fmt::format(R"(["{}.{:02}","{}"])", cents / 100, cents % 100, size); };
  std::int64_t ms = 1'723'161'254'000;
  std::uint64_t number = 100;
  int mid = 6'000'000;
  for (int i = 0; i < 6'000; ++i, ms += 50) {
    const auto line = [&](const std::string& json) { text += fmt::format("{}000000 {}\n", ms, json); };
    const bool snapshot = i == 3 || i == 2'100 || i == 4'150, lost = i == 2'000 || i == 4'000;
    if (snapshot) {
      std::string bids, asks;
      for (int k = 0; k < 300; ++k) {
        bids += (k > 0 ? "," : "") + level(mid - k, 1 + below(9));
        asks += (k > 0 ? "," : "") + level(mid + 1 + k, 1 + below(9));
      }
      line(fmt::format(R"({{"lastUpdateId":{},"bids":[{}],"asks":[{}]}})", number, bids, asks));
    }
    if (lost) ++number;
    std::string bids = level(mid - below(12), 1 + below(9)), asks = level(mid + 1 + below(12), 1 + below(9));
    line(fmt::format(R"({{"stream":"btcusdt@depth@100ms","data":{{"s":"BTCUSDT","U":{},"u":{},"b":[{}],"a":[{}]}}}})", number + 1,
                     number + 2, bids, asks));
    number += 2;
    line(fmt::format(R"({{"stream":"btcusdt@bookTicker","data":{{"u":{},"s":"BTCUSDT","b":"{}.{:02}","B":"3","a":"{}.{:02}","A":"2"}}}})",
                     number, (mid - below(3)) / 100, mid % 100, (mid + 100) / 100, mid % 100));
    if (below(4) == 0)
      line(fmt::format(R"({{"stream":"btcusdt@trade","data":{{"s":"BTCUSDT","t":{},"p":"{}.{:02}","q":"0.5","m":{}}}}})", number, mid / 100,
                       mid % 100, below(2) == 0));
  }
  std::string messages, book;
  for (int i = 0; i < 2'000; ++i) {
    const int bid = 1'000'000 + 100 * below(4), size = 1 + below(50);
    messages += fmt::format("{}.{:03},{},{},{},{},1\n", 34'200 + i / 10, i % 10 * 100, below(9) == 0 ? 4 : 1, i, size, bid);
    book += fmt::format("{},{},{},{}\n", 1'000'500, 7, bid, size);
  }
  std::filesystem::create_directories(root);
  std::ofstream{root + "/spot_btcusdt_20240808.jsonl", std::ios::binary} << text;
  std::ofstream{root + "/AMZN_2024-08-08_34200000_57600000_message_1.csv", std::ios::binary} << messages;
  std::ofstream{root + "/AMZN_2024-08-08_34200000_57600000_orderbook_1.csv", std::ios::binary} << book;
}

TEST(EventTime, BooksOfRecordedDepthAreTheSameThroughGapsAndOfTwoEngines) {
  const Scratch scratch;
  make_recorded_books(scratch.path + "/data");
  Planned run = in_event_time(scratch.path + "/data", scratch);
  EXPECT_EQ(run.recorded.survey.tally.bad_rows(), 0u);
  EXPECT_GT(run.recorded.survey.tally.depths, 7'900u);
  const Backtested once = backtested(run);
  EXPECT_EQ(once.told.find("book 0 events"), std::string::npos) << once.told;
  const auto books = [](TestMesh& mesh) {
    EXPECT_TRUE(
        eventually([&] { return count(mesh, "select count(*) from metrics_engine.v_book where symbol = 'BTCUSDT.BINANCE'") >= 5; }, 30s));
    EXPECT_EQ(count(mesh, "select max(resyncs) from metrics_engine.v_book where symbol = 'BTCUSDT.BINANCE'"), 2);
    const auto answer = http_call("unix:" + mesh.dir() + "/run/api.sock", "GET", "/api/v1/book/BTCUSDT.BINANCE");
    EXPECT_EQ(answer.status, 200) << answer.body;
  };
  EXPECT_EQ(through_the_mesh(run, once.ticks, {}, books), once.told);
  run.settings["mesh.metrics_engines"] = "2";
  EXPECT_EQ(through_the_mesh(run, once.ticks), once.told);
}

/// Every depth that a mesh said, in the order said.
std::vector<DepthUpdate> said_depth(const std::string& journals, const std::string& symbol) {
  std::vector<DepthUpdate> out;
  const ProtoCodec codec;
  auto cursor = read_journal(journals + "/tick_ingestor-0", real_disk());
  Event event;
  for (auto record = (*cursor)->next(); record && record->has_value(); record = (*cursor)->next()) {
    SaidRecord said;
    if ((**record).type != RecordType::said || !decode((**record).body, said) || said.first.stream != Stream::depth) continue;
    for (const ByteView bytes : said.events)
      if (codec.decode(Stream::depth, bytes, event))
        if (auto* depth = std::get_if<DepthUpdate>(&event); depth->symbol.view() == symbol) out.push_back(std::move(*depth));
  }
  return out;
}
/// Rebuilds the book and looks at its best after each; what it lets through is `told`.
void rebuild(const std::vector<DepthUpdate>& all, const std::function<void(const DepthUpdate&, BookLevel, BookLevel)>& told) {
  DepthBook book{*Price::parse("0.01")};
  std::vector<LevelChange> changes;
  for (const DepthUpdate& u : all) {
    changes.clear();
    for (const DepthLevel& l : u.bids) changes.push_back({l.price, l.size, Side::buy});
    for (const DepthLevel& l : u.asks) changes.push_back({l.price, l.size, Side::sell});
    u.kind == DepthKind::snapshot ? book.apply(DepthSnapshot{u.last, changes}) : book.apply(DepthDelta{u.previous, u.last, changes});
    if (book.live()) told(u, book.levels().best(Side::buy), book.levels().best(Side::sell));
  }
  EXPECT_TRUE(book.live());
  EXPECT_EQ(book.count(DepthOutcome::gap), 0u);
  EXPECT_EQ(book.count(DepthOutcome::crossed), 0u);
}
std::string text_of(const std::string& path) {
  auto archive = replay::Archive::open(path);
  std::string text;
  std::vector<char> buffer(1 << 20);
  while (const auto n = (*archive)->read(buffer).value()) text.append(buffer.data(), n);
  return text;
}

TEST(EventTime, ARecordedDayOfDepthIsTheBacktestersAndItsBookIsTheVenuesOwnBestQuote) {
  namespace fs = std::filesystem;
  const std::string coin = kSource + "/../shared/data/binance-hftbacktest/spot_btcusdt_20240808.gz";
  const std::string stock = kSource + "/../shared/data/lobster/AMZN_2012-06-21_34200000_57600000_";
  if (!fs::exists(coin)) GTEST_SKIP() << "no recorded data at " << coin;
  const Scratch scratch;
  fs::create_directories(scratch.path + "/data");
  fs::create_symlink(fs::canonical(coin), scratch.path + "/data/spot_btcusdt_20240808.gz");
  for (const std::string kind : {"message", "orderbook"})
    if (const std::string file = stock + kind + "_1.csv.gz"; fs::exists(file))
      fs::create_symlink(fs::canonical(file), scratch.path + "/data/" + fs::path{file}.filename().string());
  const Planned run = in_event_time(scratch.path + "/data", scratch);
  const Backtested once = backtested(run);
  std::cout << once.told;
  std::vector<DepthUpdate> of_coin, of_stock;
  EXPECT_EQ(through_the_mesh(run, once.ticks, {},
                             [&](TestMesh& mesh) {
                               of_coin = said_depth(mesh.journals(), "BTCUSDT.BINANCE");
                               of_stock = said_depth(mesh.journals(), "AMZN.NASDAQ");
                             }),
            once.told);
  // The last best quote that the venue numbered no higher than the change.
  using Quote = std::pair<BookLevel, BookLevel>;  // bid, ask
  std::map<std::uint64_t, Quote> quotes;
  replay::BinanceLine line;
  const char* rule = "";
  const std::string text = text_of(coin);
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    if (replay::parse_binance(std::string_view{text}.substr(at, end - at), line, rule) && line.kind == replay::BinanceKind::quote)
      quotes[line.last] = {{line.bid, line.bid_size, 0}, {line.ask, line.ask_size, 0}};
    at = end + 1;
  }
  int checks = 0, equal = 0;
  rebuild(of_coin, [&](const DepthUpdate& u, BookLevel bid, BookLevel ask) {
    const auto quote = quotes.upper_bound(u.last);
    if (u.kind == DepthKind::snapshot || quote == quotes.begin()) return;
    ++checks;
    equal += std::prev(quote)->second == Quote{bid, ask} ? 1 : 0;
  });
  std::cout << fmt::format("BTCUSDT.BINANCE: {} of {} best quotes are the venue's own\n", equal, checks);
  EXPECT_GT(checks, 3'400);
  EXPECT_EQ(equal, checks);

  if (of_stock.empty()) GTEST_SKIP() << "no recorded data at " << stock;
  std::vector<Quote> published;
  const std::string book = text_of(stock + "orderbook_1.csv.gz");
  for (std::size_t at = 0; at < book.size();) {
    const auto end = std::min(book.find('\n', at), book.size());
    std::int64_t v[4]{};
    if (std::sscanf(book.substr(at, end - at).c_str(), "%ld,%ld,%ld,%ld", &v[0], &v[1], &v[2], &v[3]) == 4)
      published.push_back({{Price::from_raw(v[2] * 10'000), Quantity::from_units(v[3]), 0},
                           {Price::from_raw(v[0] * 10'000), Quantity::from_units(v[1]), 0}});
    at = end + 1;
  }
  std::size_t next = 0;
  equal = 0;
  Quote now{};
  const auto stands_until = [&](std::size_t row) {
    for (; next < row; ++next) equal += published[next] == now ? 1 : 0;
  };
  rebuild(of_stock, [&](const DepthUpdate& u, BookLevel bid, BookLevel ask) {
    stands_until((u.last & 0xffffffff) - 1);
    now = {bid, ask};
  });
  stands_until(published.size());
  std::cout << fmt::format("AMZN.NASDAQ: {} of {} lines of the published book\n", equal, published.size());
  EXPECT_EQ(published.size(), 57'515u);
  EXPECT_EQ(static_cast<std::size_t>(equal), published.size());
}

}  // namespace
}  // namespace tickmesh
