// Books by order driven by a recorded session of one NASDAQ stock against the best quotes published beside it. The recording lies beside
// the project; without it: skipped.
#include <gtest/gtest.h>

#include <charconv>
#include <filesystem>
#include <map>
#include <set>

#include "orderbook/order_books.hpp"
#include "tick_ingestor/feeds/replay/archive.hpp"
#include "tick_ingestor/feeds/replay/lobster.hpp"

namespace tickmesh::replay {
namespace {

std::string recorded(const std::string& what) {
  return std::string(TICKMESH_SOURCE_DIR) + "/../shared/data/lobster/AMZN_2012-06-21_34200000_57600000_" + what + "_1.csv.gz";
}
std::vector<std::string> lines_of(const std::string& path) {
  auto archive = Archive::open(path);
  std::string text;
  std::vector<char> buffer(1 << 20);
  while (const auto n = (*archive)->read(buffer).value()) text.append(buffer.data(), n);
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty() && line[0] >= '0' && line[0] <= '9') lines.push_back(line);
    at = end + 1;
  }
  return lines;
}
struct Best {
  Price price;
  Quantity size;
  friend bool operator==(const Best&, const Best&) = default;
};

/// The recording shows only what happens at the best price: what rests below it is unseen until it becomes the best, and orders from before
/// the open have no add. What is unseen is one order of no name a level, in whose place the published size is put when it comes to light.
class Rebuilt {
 public:
  /// False: no book could tell, since this emptied a level and what is below it was never shown.
  bool apply(const LobsterRow& row) {
    if (row.kind == LobsterKind::added) {
      EXPECT_EQ(books_.add(0, row.order, row.side, row.price, row.size), OrderAnswer::done);
      ids_[key(row.side, row.price)].insert(row.order);
    } else if (row.kind == LobsterKind::reduced || row.kind == LobsterKind::removed || row.kind == LobsterKind::executed) {
      RestingOrder order;
      const bool known = books_.find(row.order, order);
      if (known) {
        EXPECT_EQ(order.price, row.price);
        EXPECT_EQ(order.side, row.side);
      }
      if (!known) merge(row.side, row.price, row.size);
      EXPECT_EQ(books_.reduce(known ? row.order : key(row.side, row.price), row.size), OrderAnswer::done) << "size never runs out";
      const auto best = books_.best(0, row.side);
      return !best.price.is_zero() && (row.side == Side::buy ? best.price >= row.price : best.price <= row.price);
    }
    return true;
  }
  Best best(Side side) const {
    const BookLevel level = books_.best(0, side);
    return {level.price, level.size};
  }
  void show(Side side, const Best& published) {
    while (!books_.best(0, side).price.is_zero() && best(side) != published) {
      const Price price = books_.best(0, side).price;
      if (side == Side::buy ? price < published.price : price > published.price) break;
      for (const std::uint64_t id : ids_[key(side, price)]) books_.remove(id);
      ids_.erase(key(side, price));
      books_.remove(key(side, price));
    }
    if (best(side) == published) return;
    const std::uint64_t nobody = key(side, published.price);
    books_.remove(nobody);
    EXPECT_EQ(books_.add(0, nobody, side, published.price, published.size), OrderAnswer::done);
  }

 private:
  /// Where the order of no name cannot give so much, one with a name died unseen and stands in for it: the level becomes one order.
  void merge(Side side, Price price, Quantity least) {
    const std::uint64_t nobody = key(side, price);
    RestingOrder order;
    if (books_.find(nobody, order) && order.size >= least) return;
    Quantity sum = books_.find(nobody, order) ? order.size : Quantity{};
    for (const std::uint64_t id : ids_[nobody])
      if (books_.find(id, order)) sum += order.size;
    for (const std::uint64_t id : ids_[nobody]) books_.remove(id);
    ids_.erase(nobody);
    books_.remove(nobody);
    books_.add(0, nobody, side, price, sum);
  }
  static std::uint64_t key(Side side, Price price) {
    return std::uint64_t{1} << 63 | (side == Side::buy ? std::uint64_t{1} << 62 : 0) | static_cast<std::uint64_t>(price.raw());
  }
  OrderBooks books_{std::vector<Price>{Price::from_raw(1'000'000)}, 1'024};
  std::map<std::uint64_t, std::set<std::uint64_t>> ids_;
};

TEST(RecordedOrders, TheBookIsThePublishedOneWhereverTheMessagesTellIt) {
  if (!std::filesystem::exists(recorded("message"))) GTEST_SKIP() << "no recorded data beside the project: " << recorded("message");
  const auto messages = lines_of(recorded("message")), published = lines_of(recorded("orderbook"));
  ASSERT_EQ(messages.size(), 57'515U);
  ASSERT_EQ(published.size(), messages.size());
  Rebuilt book;
  LobsterRow row;
  const char* rule = "";
  std::uint64_t told = 0, equal = 0, unseen = 0, trades = 0;
  Duration last{};
  for (std::size_t i = 0; i < messages.size(); ++i) {
    ASSERT_TRUE(parse_lobster(messages[i], row, rule)) << rule << ": " << messages[i];
    ASSERT_GE(row.since_midnight, last);
    last = row.since_midnight;
    trades += row.trade() ? 1 : 0;
    std::int64_t values[4]{};
    const char* at = published[i].data();
    for (std::int64_t& v : values) at = std::from_chars(at, published[i].data() + published[i].size(), v).ptr + 1;
    const Best ask{Price::from_raw(values[0] * 10'000), Quantity::from_units(values[1])};
    const Best bid{Price::from_raw(values[2] * 10'000), Quantity::from_units(values[3])};
    const bool tells = i == 0 || book.apply(row);
    for (const auto& [side, best] : {std::pair{Side::buy, bid}, std::pair{Side::sell, ask}}) {
      if (i > 0 && (tells || side != row.side)) {
        ++told;
        equal += book.best(side) == best ? 1 : 0;
      } else {
        ++unseen;
      }
      book.show(side, best);
    }
    if (HasFailure()) FAIL() << "row " << i;
  }
  EXPECT_EQ(trades, 8'974U + 2'445U);
  EXPECT_EQ(equal, told);
  EXPECT_GT(told, 101'000U);
  std::cout << "AMZN: best quote equal at " << equal << " of " << told << " sides told; " << unseen << " came to light from below\n";
}

}  // namespace
}  // namespace tickmesh::replay
