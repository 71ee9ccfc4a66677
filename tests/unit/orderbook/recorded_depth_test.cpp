// The book rebuilt from recorded depth against the venue's own best quotes. The recordings lie beside the project; without them: skipped.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>

#include "orderbook/depth_book.hpp"
#include "orderbook/depth_flow.hpp"
#include "tick_ingestor/feeds/replay/archive.hpp"
#include "tick_ingestor/feeds/replay/binance.hpp"

namespace tickmesh::replay {
namespace {

std::string recorded(const std::string& name) {
  return std::string(TICKMESH_SOURCE_DIR) + "/../shared/data/binance-hftbacktest/" + name + "_20240808.gz";
}
std::string text_of(const std::string& path) {
  auto archive = Archive::open(path);
  std::string text;
  std::vector<char> buffer(1 << 20);
  while (const auto n = (*archive)->read(buffer).value()) text.append(buffer.data(), n);
  return text;
}
struct Quote {
  Price bid, ask;
  Quantity bid_size, ask_size;
  friend bool operator==(const Quote&, const Quote&) = default;
};
struct Checked {
  std::uint64_t lines{0}, trades{0}, deltas{0}, agree{0}, checks{0};
  std::map<DepthOutcome, int> outcomes;
};

/// After every delta, the best of the book and the last best quote that the venue numbered no higher must be one.
Checked check(const std::string& name, const char* tick) {
  const std::string text = text_of(recorded(name));
  std::map<std::uint64_t, Quote> quotes;
  BinanceLine line;
  const char* rule = "";
  const auto each = [&](const std::function<void()>& f) {
    for (std::size_t at = 0; at < text.size();) {
      const auto end = text.find('\n', at);
      EXPECT_TRUE(parse_binance(std::string_view{text}.substr(at, end - at), line, rule)) << rule << ": " << text.substr(at, 200);
      f();
      at = end + 1;
    }
  };
  Checked out;
  each([&] {
    ++out.lines;
    out.trades += line.kind == BinanceKind::trade ? 1 : 0;
    if (line.kind == BinanceKind::quote) quotes[line.last] = {line.bid, line.ask, line.bid_size, line.ask_size};
  });
  DepthBook book{*Price::parse(tick)};
  std::map<Price, Quantity, std::greater<>> bids;  // the slow twin, told what was applied
  std::map<Price, Quantity> asks;
  std::vector<LevelChange> waiting;
  const auto twin = [&](const std::vector<LevelChange>& changes) {
    for (const LevelChange& c : changes) {
      const auto put = [&](auto& levels) { c.size.is_zero() ? void(levels.erase(c.price)) : void(levels[c.price] = c.size); };
      c.side == Side::buy ? put(bids) : put(asks);
    }
  };
  std::vector<std::pair<std::uint64_t, std::vector<LevelChange>>> held;
  each([&] {
    if (line.kind == BinanceKind::snapshot) {
      ++out.outcomes[book.apply(line.snapshot())];
      twin(line.levels);
      for (const auto& [last, changes] : held)
        if (last > line.last) twin(changes);
      held.clear();
    } else if (line.kind == BinanceKind::depth) {
      ++out.deltas;
      const auto outcome = book.apply(line.delta());
      ++out.outcomes[outcome];
      if (outcome == DepthOutcome::held) held.emplace_back(line.last, line.levels);
      if (outcome == DepthOutcome::applied) twin(line.levels);
      if (!book.live()) return;
      DepthView view = depth_view(book.levels());
      std::size_t k = 0;
      for (auto at = bids.begin(); k < 5; ++at, ++k) EXPECT_EQ(view.bids[k], (BookLevel{at->first, at->second}));
      k = 0;
      for (auto at = asks.begin(); k < 5; ++at, ++k) EXPECT_EQ(view.asks[k], (BookLevel{at->first, at->second}));
      auto quote = quotes.upper_bound(line.last);
      if (quote == quotes.begin()) return;
      ++out.checks;
      --quote;
      const Quote best{view.bids[0].price, view.asks[0].price, view.bids[0].size, view.asks[0].size};
      out.agree += best == quote->second ? 1 : 0;
    }
  });
  EXPECT_TRUE(book.live());
  EXPECT_EQ(book.levels().levels(Side::buy), bids.size());
  EXPECT_EQ(book.levels().levels(Side::sell), asks.size());
  return out;
}

class RecordedDepth : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(RecordedDepth, TheRebuiltBookIsTheVenuesOwnBestQuoteAfterEveryDelta) {
  const auto& [name, tick] = GetParam();
  if (!std::filesystem::exists(recorded(name))) GTEST_SKIP() << "no recorded data beside the project: " << recorded(name);
  const Checked got = check(name, tick);
  EXPECT_GT(got.checks, 3'400U);
  EXPECT_EQ(got.agree, got.checks);
  EXPECT_EQ(got.outcomes.count(DepthOutcome::gap), 0U);
  EXPECT_EQ(got.outcomes.count(DepthOutcome::crossed), 0U);
  std::cout << name << ": " << got.lines << " lines, " << got.trades << " trades, " << got.deltas << " deltas, best quote equal at "
            << got.agree << " of " << got.checks << " checks\n";
}
INSTANTIATE_TEST_SUITE_P(Binance, RecordedDepth,
                         testing::Values(std::pair{"spot_btcusdt", "0.01"}, std::pair{"usdm_btcusdt", "0.1"},
                                         std::pair{"usdm_ethusdt", "0.01"}, std::pair{"cm_btcusd_perp", "0.1"}),
                         [](const auto& one) { return std::string(one.param.first); });

}  // namespace
}  // namespace tickmesh::replay
