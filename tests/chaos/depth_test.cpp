// The ingestor is killed amid depth, several times: what the journals say of every book is one unbroken stream, and what metrics_engine
// makes of it, on `book` and in its table, is the book that this stream builds.
#include <gtest/gtest.h>
#include <signal.h>

#include <cmath>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <set>

#include "bus/codec.hpp"
#include "journal/journal.hpp"
#include "journal/records.hpp"
#include "orderbook/depth_book.hpp"
#include "support/mesh.hpp"

namespace tickmesh {
namespace {

using namespace std::chrono_literals;

/// `each(name, event)` for what a journal, which somebody may be writing, holds of a stream.
template <class Each>
void for_each_said(const std::string& journal, Stream stream, Each&& each) {
  const ProtoCodec codec;
  const auto cursor = read_journal(journal, real_disk());
  ASSERT_TRUE(cursor) << to_string(cursor.error());
  Event event;
  SaidRecord said;
  auto record = (*cursor)->next();
  for (; record && record->has_value(); record = (*cursor)->next()) {
    if ((**record).type != RecordType::said || !decode((**record).body, said) || said.first.stream != stream) continue;
    Name name = said.first;
    for (const ByteView bytes : said.events) {
      ASSERT_TRUE(codec.decode(stream, bytes, event));
      each(name, event);
      ++name.at.sequence;
    }
  }
  ASSERT_TRUE(record) << to_string(record.error());
}

std::size_t said(const std::string& journal, Stream stream) {
  std::size_t count = 0;
  for_each_said(journal, stream, [&](const Name&, const Event&) { ++count; });
  return count;
}

struct Sides {
  std::vector<DepthLevel> bids, asks;
  friend bool operator==(const Sides&, const Sides&) = default;
};
std::vector<DepthLevel> best(const LevelBook& levels, Side side) {
  std::array<BookLevel, BookTop::kLevels> top;
  std::vector<DepthLevel> out;
  for (std::size_t i = 0, n = levels.top(side, top); i < n; ++i) out.push_back({top[i].price, top[i].size});
  return out;
}
/// Of every symbol, the best of its book after each change, by the change's number.
using Books = std::map<std::string, std::map<std::uint64_t, Sides>>;

/// The books that the ingestor's depth builds. Its stream is whole: every sequence once, every change upon the one before it.
Books replayed(const std::string& journal) {
  Books books;
  std::map<std::string, DepthBook> building;
  std::map<Partition, Position> last;
  for_each_said(journal, Stream::depth, [&](const Name& name, const Event& event) {
    Position& before = last[name.partition];
    EXPECT_TRUE(before.epoch == 0 || before.epoch == name.at.epoch) << "killed, not powered off: one life";
    EXPECT_EQ(name.at.sequence, before.sequence + 1) << to_string(name);
    before = name.at;
    const auto& update = std::get<DepthUpdate>(event);
    DepthBook& book = building.try_emplace(update.symbol.str(), Price::from_raw(1)).first->second;
    std::vector<LevelChange> changes;
    for (const DepthLevel& l : update.bids) changes.push_back({l.price, l.size, Side::buy});
    for (const DepthLevel& l : update.asks) changes.push_back({l.price, l.size, Side::sell});
    const Sides was{best(book.levels(), Side::buy), best(book.levels(), Side::sell)};
    const bool on_schedule = update.header.cause.name.stream == Stream::depth;
    if (update.kind == DepthKind::delta) {
      EXPECT_EQ(book.apply(DepthDelta{update.previous, update.last, changes}), DepthOutcome::applied) << to_string(name);
    } else {
      book.apply(DepthSnapshot{update.last, changes});
    }
    const Sides now{best(book.levels(), Side::buy), best(book.levels(), Side::sell)};
    EXPECT_TRUE(!on_schedule || now == was) << to_string(name) << ": a snapshot on schedule is the book as its changes made it";
    EXPECT_TRUE(book.live()) << to_string(name);
    books[update.symbol.str()][book.last()] = now;
  });
  return books;
}

std::map<std::string, std::uint64_t> last_of(const Books& books) {
  std::map<std::string, std::uint64_t> out;
  for (const auto& [symbol, by_number] : books) out[symbol] = by_number.rbegin()->first;
  return out;
}
std::map<std::string, std::uint64_t> last_said(const std::string& journal) {
  std::map<std::string, std::uint64_t> out;
  for_each_said(journal, Stream::book, [&](const Name&, const Event& event) {
    const auto& top = std::get<BookTop>(event);
    out[top.symbol.str()] = top.last;
  });
  return out;
}

bool said_levels(const nlohmann::json& levels, const std::vector<DepthLevel>& meant) {
  if (levels.size() != meant.size()) return false;
  for (std::size_t i = 0; i < meant.size(); ++i)
    if (Price::parse(levels[i][0].get<std::string>()) != meant[i].price ||
        Quantity::parse(levels[i][1].get<std::string>()) != meant[i].size)
      return false;
  return true;
}

TEST(DepthKills, ABookAfterTheIngestorWasKilledAgainAndAgainIsTheBookOfItsJournal) {
  const char* const given = std::getenv("TICKMESH_SEED");
  const auto seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20'240'808ULL;
  std::cout << "TICKMESH_SEED=" << seed << '\n';
  std::mt19937_64 dice{seed};
  TestMesh mesh{{{"feed.demo.rate", "500"}, {"feed.depth_snapshot_s", "2"}, {"journal.snapshot_s", "1"}}, TestMesh::Start::later};
  const auto journal = mesh.journal("tick_ingestor"), engine = mesh.journal("metrics_engine");
  const auto both_ready = [&] { return mesh.ready("tick_ingestor") && mesh.ready("metrics_engine"); };
  mesh.start("tick_ingestor");
  mesh.start("metrics_engine");
  ASSERT_TRUE(eventually(both_ready, 60s));
  constexpr int kKills = 6;
  for (int kill = 0; kill < kKills; ++kill) {
    // Amid a second's books, sometimes before a snapshot of the core, sometimes long after one; once before it is ready again.
    const std::size_t target = said(journal, Stream::depth) + 1 + dice() % 40;
    ASSERT_TRUE(eventually([&] { return said(journal, Stream::depth) >= target; }, 60s)) << "no depth after kill " << kill;
    mesh.kill("tick_ingestor", SIGKILL);
    mesh.start("tick_ingestor");
    if (kill == kKills / 2) mesh.restart("tick_ingestor");
  }
  ASSERT_TRUE(eventually(both_ready, 60s));
  const std::size_t target = said(journal, Stream::depth) + 40;
  ASSERT_TRUE(eventually([&] { return said(journal, Stream::depth) >= target; }, 60s));
  mesh.kill("tick_ingestor", SIGTERM);
  ASSERT_TRUE(eventually([&] { return !mesh.running("tick_ingestor"); }, 60s));

  const Books books = replayed(journal);
  ASSERT_FALSE(books.empty());
  EXPECT_TRUE(eventually([&] { return last_said(engine) == last_of(books); }, 60s)) << "a change at the end is missing";
  EXPECT_EQ(mesh.status("metrics_engine").value("lost", -1), 0);
  std::size_t tops = 0;
  std::map<std::string, std::uint64_t> last;
  for_each_said(engine, Stream::book, [&](const Name& name, const Event& event) {
    const auto& top = std::get<BookTop>(event);
    ++tops;
    EXPECT_TRUE(top.live) << to_string(name) << ' ' << top.reason << ": nothing was lost, so nothing may break";
    EXPECT_EQ(top.resyncs, 0U);
    EXPECT_GT(top.last, last[top.symbol.str()]) << to_string(name) << ": said twice, or going back";
    last[top.symbol.str()] = top.last;
    const auto& of_symbol = books.at(top.symbol.str());
    const auto meant = of_symbol.find(top.last);
    ASSERT_NE(meant, of_symbol.end()) << to_string(name);
    EXPECT_EQ((Sides{top.bids, top.asks}), meant->second) << to_string(name);
    for (const Value& value : {top.imbalance, top.ofi, top.ofi_normalised}) EXPECT_TRUE(std::isfinite(value.value)) << to_string(name);
  });
  EXPECT_GT(tops, books.size() * kKills);

  // The table has the last of each minute.
  const auto count = [&](const std::string& what) { return std::stoll(mesh.postgres().query("tickmesh", "select " + what)); };
  for (const auto& [symbol, number] : last)
    EXPECT_TRUE(eventually(
        [&] {
          return count("coalesce(max(last_update), 0) from metrics_engine.book where symbol = '" + symbol + "'") ==
                 static_cast<long long>(number);
        },
        60s))
        << symbol;
  const auto rows = nlohmann::json::parse(mesh.postgres().query(
      "tickmesh", "select json_agg(json_build_array(symbol, last_update, live, bids, asks, imbalance)) from metrics_engine.book"));
  EXPECT_GE(rows.size(), books.size());
  for (const auto& row : rows) {
    EXPECT_TRUE(row[2].get<bool>()) << row;
    const auto& meant = books.at(row[0].get<std::string>()).at(row[1].get<std::uint64_t>());
    EXPECT_TRUE(said_levels(row[3], meant.bids) && said_levels(row[4], meant.asks)) << row;
    EXPECT_TRUE(row[5].is_null() || row[5].is_number()) << row;
  }
  mesh.kill("metrics_engine", SIGTERM);
  EXPECT_TRUE(eventually([&] { return !mesh.running("metrics_engine"); }, 60s));
  EXPECT_TRUE(mesh.unasked_ends().empty());
  std::cout << "books " << books.size() << ", tops " << tops << ", rows " << rows.size() << '\n';
  if (HasFailure()) mesh.dump_logs();
}

}  // namespace
}  // namespace tickmesh
