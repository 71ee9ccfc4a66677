// What venues record as they speak it: Binance's streams and LOBSTER's order events, as files and as ticks.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string>

#include "tick_ingestor/feeds/replay/layouts.hpp"
#include "tick_ingestor/feeds/replay/lobster.hpp"
#include "tick_ingestor/feeds/replay/row_parser.hpp"
#include "tick_ingestor/feeds/replay/words.hpp"

namespace tickmesh::replay {
namespace {

/// Without its ending, where it is one of these.
std::optional<std::string> stem(const std::filesystem::path& path, std::initializer_list<std::string_view> endings) {
  const std::string name = path.filename().string();
  for (const std::string_view ending : endings)
    if (name.ends_with(ending)) return name.substr(0, name.size() - ending.size());
  return std::nullopt;
}
std::unexpected<Error> bad(const std::filesystem::path& path, const Error& why) {
  return std::unexpected(Error{"bad_file", path.string(), why.rule, why.field});
}

struct BinanceMarket {
  std::string_view prefix, venue;
};
constexpr BinanceMarket kBinance[] = {{"spot_", "BINANCE"}, {"usdm_", "USDM"}, {"cm_", "COINM"}};

}  // namespace

Result<std::optional<DataFile>> binance_file(const std::filesystem::path& path) {
  const auto name = stem(path, {".gz", ".jsonl"});
  if (!name) return std::nullopt;
  const auto* market = std::ranges::find_if(kBinance, [&](const BinanceMarket& m) { return name->starts_with(m.prefix); });
  const auto underscore = name->rfind('_');
  if (market == std::end(kBinance) || underscore <= market->prefix.size() || underscore + 9 != name->size()) return std::nullopt;
  const auto day = Date::parse(name->substr(underscore + 1));
  if (!day) return std::nullopt;
  const std::string pair = upper(name->substr(market->prefix.size(), underscore - market->prefix.size()));
  auto symbol = Symbol::parse(pair + '.' + std::string(market->venue));
  if (!symbol) return bad(path, symbol.error());
  DataFile out;
  out.symbol = *symbol;
  out.day = *day;
  out.resolution = "tick";
  out.format.text = RowText::binance;
  out.instrument.calendar = "24x7";
  out.instrument.currency = pair.ends_with("USDT") ? "USDT" : "USD";
  out.instrument.price_decimals = 2;
  out.instrument.tick_size = Price::from_raw(Price::kScale / 100);
  out.instrument.multiplier = Quantity::from_units(1);
  out.instrument.lot = Quantity::from_raw(Quantity::kScale / 100'000);
  return out;
}

Result<std::optional<DataFile>> lobster_file(const std::filesystem::path& path) {
  const auto name = stem(path, {".csv", ".csv.gz"});
  if (!name || name->find("_message_") == std::string::npos) return std::nullopt;
  const auto first = name->find('_');
  const auto day = first == std::string::npos ? Result<Date>{bad_value("day", "", "")} : Date::parse(name->substr(first + 1, 10));
  if (!day) return std::nullopt;
  auto symbol = Symbol::parse(upper(name->substr(0, first)) + ".NASDAQ");
  if (!symbol) return bad(path, symbol.error());
  auto local = LocalDay::make("America/New_York", *day);
  if (!local) return std::unexpected(local.error());
  DataFile out;
  out.symbol = *symbol;
  out.day = *day;
  out.resolution = "tick";
  out.format.text = RowText::lobster;
  out.format.day = *local;
  out.instrument.calendar = "XNYS";
  out.instrument.currency = "USD";
  out.instrument.price_decimals = 2;
  out.instrument.tick_size = Price::from_raw(Price::kScale / 100);
  out.instrument.multiplier = out.instrument.lot = Quantity::from_units(1);
  out.not_before = local->at({});
  std::string book = *name;
  book.replace(book.rfind("_message_"), 9, "_orderbook_");
  for (const char* ending : {".csv.gz", ".csv"})
    if (const auto beside = path.parent_path() / (book + ending); std::filesystem::exists(beside)) out.beside = beside.string();
  return out;
}

void RowParser::binance(std::string_view line, Rows& out) {
  const char* rule = "";
  if (!parse_binance(line, binance_, rule)) return refuse("line", rule, line);
  if (binance_.kind == BinanceKind::quote) {
    quote_.event_time = binance_.received;
    quote_.bid = binance_.bid;
    quote_.ask = binance_.ask;
    quote_.bid_size = binance_.bid_size;
    quote_.ask_size = binance_.ask_size;
    emit(quote_, out);
  } else if (binance_.kind == BinanceKind::trade) {
    trade_.event_time = binance_.received;
    trade_.price = binance_.price;
    trade_.size = binance_.size;
    trade_.aggressor = binance_.aggressor;
    trade_.trade_id = binance_.trade_id;
    emit(trade_, out);
  } else {
    DepthUpdate depth;
    depth.header.event_time = binance_.received;
    depth.kind = binance_.kind == BinanceKind::depth ? DepthKind::delta : DepthKind::snapshot;
    depth.previous = binance_.kind == BinanceKind::depth ? binance_.previous : 0;
    depth.last = binance_.last;
    for (const LevelChange& level : binance_.levels)
      (level.side == Side::buy ? depth.bids : depth.asks).push_back({level.price, level.size});
    emit(std::move(depth), out);
  }
}

void RowParser::lobster(std::string_view line, Rows& out) {
  if (tally_.rows == 1 && line.starts_with("Time,")) {  // some copies name the columns
    --tally_.rows;
    return;
  }
  LobsterRow row;
  const char* rule = "";
  const bool good = parse_lobster(line, row, rule);
  DepthUpdate depth;
  // The book has a line for every event, good or not.
  const auto told = book_ == nullptr ? LobsterBook::Told::nothing : book_->next(tally_.rows, depth, rule);
  if (!good || told == LobsterBook::Told::bad) refuse("line", rule, line);
  if (!good) return;  // what traded did so whatever is wrong with the book's line
  if (told == LobsterBook::Told::change) {
    depth.header.event_time = file_.format.day->at(row.since_midnight);
    emit(std::move(depth), out);
  }
  if (!row.trade()) return;
  trade_.event_time = file_.format.day->at(row.since_midnight);
  trade_.price = row.price;
  trade_.size = row.size;
  trade_.aggressor = opposite(row.side);
  emit(trade_, out);
}

}  // namespace tickmesh::replay
