#include "tick_ingestor/feeds/replay/data_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

#include "tick_ingestor/feeds/replay/layouts.hpp"
#include "tick_ingestor/feeds/replay/words.hpp"

namespace tickmesh::replay {
namespace {

namespace fs = std::filesystem;
constexpr std::int64_t kDayNs = 86'400'000'000'000;
constexpr std::int64_t kCellNs = 300'000'000'000;

std::string bare(const Symbol& symbol) { return symbol.str().substr(0, symbol.view().find('.')); }

Result<std::uint64_t> hash_of(const std::string& path, const std::string& name, std::uint64_t hash) {
  hash = fnv1a64(name, hash);
  std::ifstream in{path, std::ios::binary};
  std::vector<char> buffer(1 << 20);
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    hash = fnv1a64({buffer.data(), static_cast<std::size_t>(in.gcount())}, hash);
  }
  if (!in.eof()) return bad_file(path, "a file that can be read", "it cannot be");
  return hash;
}

/// Quotes of one instrument come from one place, and so do its trades.
Result<void> each_alone(const std::vector<DataFile>& files) {
  std::map<std::tuple<Symbol, bool, std::optional<Date>>, const DataFile*> owners;
  std::map<std::pair<Symbol, bool>, const DataFile*> kinds;
  for (const DataFile& file : files) {
    if (file.symbol.empty()) continue;
    for (const bool trades : {false, true}) {
      if (!(trades ? file.format.trades() : file.format.quotes())) continue;
      const DataFile*& of_kind = kinds[{file.symbol, trades}];
      const DataFile*& owner = owners[{file.symbol, trades, file.day}];
      const DataFile* other = owner;
      if (other == nullptr && of_kind != nullptr && (of_kind->resolution != file.resolution || !of_kind->day || !file.day)) other = of_kind;
      if (other != nullptr)
        return bad_file(file.path, "one file an instrument, kind and day",
                        other->path + " holds " + (trades ? "trades" : "quotes") + " of " + file.symbol.str() + " as well");
      owner = of_kind = &file;
    }
  }
  return {};
}

/// Prices every five minutes: what daily volatility is told by.
struct Moves {
  std::int64_t cell{-1};
  double last{0}, before{0};
  double squares{0};
  std::set<std::int64_t> days{};
  void price(Timestamp at, double value) {
    if (const std::int64_t now = at.ns / kCellNs; now != cell) {
      // Not across a night: that is another risk.
      if (before > 0 && last > 0 && now - cell < 12) squares += std::log(last / before) * std::log(last / before);
      before = last;
      cell = now;
      days.insert(at.ns / kDayNs);
    }
    last = value;
  }
};

}  // namespace

Result<DataSet> find_data(const std::string& dir, const std::string& layout, const std::vector<std::string>& symbols) {
  std::error_code none;
  const fs::path root = fs::canonical(dir, none);
  if (none || !fs::is_directory(root)) return bad_file(dir, "a folder", "it is none");
  if (!layout.empty() && std::ranges::find(layouts(), layout, &Layout::name) == layouts().end())
    return bad_value("layout", "one of lean, csv, binance, lobster", layout);
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(root, none))
    if (entry.is_regular_file()) paths.push_back(entry.path());
  if (none) return bad_file(dir, "a folder that can be read", none.message());
  std::ranges::sort(paths);

  std::set<std::string> wanted, met;
  bool known = false;
  for (const std::string& symbol : symbols) wanted.insert(upper(symbol));
  DataSet data;
  for (const fs::path& path : paths) {
    std::optional<DataFile> file;
    for (const Layout& one : layouts()) {
      if (file || (!layout.empty() && one.name != layout)) continue;
      auto recognised = one.recognise(path);
      if (!recognised) return std::unexpected(recognised.error());
      file = std::move(*recognised);
    }
    const std::string name = fs::relative(path, root).string();
    if (!file) {
      data.ignored.push_back(name);
      continue;
    }
    known = true;
    file->path = path.string();
    file->name = name;
    file->bytes = fs::file_size(path);
    if (!wanted.empty() && !file->symbol.empty()) {
      const bool whole = wanted.contains(file->symbol.str()), short_form = wanted.contains(bare(file->symbol));
      if (!whole && !short_form) continue;
      met.insert(whole ? file->symbol.str() : bare(file->symbol));
    }
    if (file->symbol.empty()) met = wanted;
    data.files.push_back(std::move(*file));
  }
  for (const DataFile& file : data.files)
    if (!file.beside.empty()) std::erase(data.ignored, fs::relative(file.beside, root).string());
  for (const std::string& symbol : wanted)
    if (known && !met.contains(symbol)) return bad_value("symbols", "symbols of the data", symbol);
  if (data.files.empty())
    return bad_file(dir, "files of a known layout (lean; csv with its columns.toml)",
                    data.ignored.empty() ? "it is empty" : "nothing of it is, " + data.ignored.front() + " for one");
  if (auto ok = each_alone(data.files); !ok) return std::unexpected(ok.error());
  std::ranges::sort(data.files, [](const DataFile& a, const DataFile& b) {
    return std::tuple{!a.format.quotes(), a.symbol, a.name} < std::tuple{!b.format.quotes(), b.symbol, b.name};
  });
  data.hash = kFnvOffset;
  for (const DataFile& file : data.files) {
    auto hash = hash_of(file.path, file.name, data.hash);
    if (hash && !file.beside.empty()) hash = hash_of(file.beside, "", *hash);
    if (!hash) return std::unexpected(hash.error());
    data.hash = *hash;
  }
  return data;
}

Result<Survey> survey(const DataSet& data, const Instruments& configured) {
  Survey all;
  std::map<Symbol, Moves> moves;
  std::map<Symbol, const DataFile*> owners;
  for (const DataFile& file : data.files) {
    FileReader reader{file, configured};
    std::vector<Symbol> found;
    reader.parser().find_symbols(&found);
    std::map<InstrumentId, std::pair<Survey::Seen*, Moves*>> places;
    const auto place = [&](InstrumentId id) -> Result<std::pair<Survey::Seen*, Moves*>> {
      if (const auto it = places.find(id); it != places.end()) return it->second;
      Symbol symbol = file.symbol;
      if (const auto at = std::ranges::find_if(found, [&](const Symbol& s) { return instrument_id(s) == id; }); at != found.end())
        symbol = *at;
      if (const Instrument* listed = configured.find(id)) symbol = listed->symbol;
      const auto [owner, fresh] = owners.emplace(symbol, &file);
      if (!fresh && owner->second != &file && (file.symbol.empty() || owner->second->symbol.empty()))
        return std::unexpected(
            Error{"bad_file", file.path, "one file an instrument", owner->second->path + " tells of " + symbol.str() + " as well"});
      Survey::Seen& seen = all.symbols[symbol];
      if (seen.instrument.symbol.empty()) seen.instrument = file.instrument;
      seen.instrument.symbol = symbol;
      seen.instrument.from_bars |= file.instrument.from_bars;
      return places[id] = {&seen, &moves[symbol]};
    };
    for (;;) {
      const auto more = reader.fill();
      if (!more) return std::unexpected(more.error());
      if (!*more) break;
      for (; !reader.empty(); reader.pop()) {
        const Tick& tick = reader.front();
        const auto at = place(tick.instrument);
        if (!at) return std::unexpected(at.error());
        auto& [seen, moved] = *at;
        if (!seen->first || tick.event_time < seen->first) seen->first = tick.event_time;
        seen->last = std::max(seen->last, tick.event_time);
        if (holds_depth(tick)) {
          ++seen->depths;
          continue;
        }
        const bool trade = tick.kind == TickKind::trade;
        const bool whole = trade || (!tick.bid.is_zero() && !tick.ask.is_zero());
        if (trade) {
          ++seen->trades;
          seen->price_sum += tick.price.raw();
          seen->size_sum += tick.size.raw();
        } else {
          ++seen->quotes;
          seen->bid_sum += tick.bid.raw();
          seen->ask_sum += tick.ask.raw();
        }
        const auto price = trade ? tick.price : Price::from_raw(tick.bid.raw() / 2 + tick.ask.raw() / 2);
        if (whole && (seen->instrument.reference_price.is_zero() || trade)) seen->instrument.reference_price = price;
        if (trade || (whole && seen->trades == 0)) moved->price(tick.event_time, price.to_double());
      }
    }
    const Tally& tally = reader.parser().tally();
    if (tally.rows > 0 && tally.ticks == 0 && tally.depths == 0 && tally.suspicious == 0)
      return bad_file(file.path, "rows of its layout", tally.examples.empty() ? "there is none" : tally.examples.front());
    all.tally.add(tally);
  }
  for (auto& [symbol, seen] : all.symbols) {
    if (!all.first || seen.first < all.first) all.first = seen.first;
    all.last = std::max(all.last, seen.last);
    const Moves& moved = moves[symbol];
    const double days = std::max<double>(1, static_cast<double>(moved.days.size()));
    seen.instrument.daily_volume = static_cast<double>(seen.size_sum) / 1e8 / days;
    seen.instrument.daily_volatility = std::sqrt(moved.squares / days);
  }
  return all;
}

Result<Instruments> with_derived(const Instruments& configured, const Survey& survey) {
  std::vector<Instrument> list = configured.list();
  for (const auto& [symbol, seen] : survey.symbols)
    if (configured.find(symbol) == nullptr) list.push_back(seen.instrument);
  // Whatever is configured, a file of bars is one.
  for (Instrument& i : list)
    if (const auto seen = survey.symbols.find(i.symbol); seen != survey.symbols.end() && seen->second.instrument.from_bars)
      i.from_bars = true;
  return Instruments::make(std::move(list));
}

std::string instruments_toml(const Instruments& instruments) {
  std::string text;
  for (const Instrument& i : instruments.list()) {
    text += fmt::format(
        "[[instrument]]\nsymbol = \"{}\"\ntick_size = \"{}\"\nlot = \"{}\"\nmultiplier = \"{}\"\ncurrency = \"{}\"\ncalendar = \"{}\"\n"
        "reference_price = \"{}\"\ndaily_volume = {:#.17g}\ndaily_volatility = {:#.17g}\nprice_decimals = {}\n\n",
        i.symbol.view(), i.tick_size.str(), i.lot.str(), i.multiplier.str(), i.currency, i.calendar, i.reference_price.str(),
        i.daily_volume, i.daily_volatility, i.price_decimals);
    text.pop_back();
    if (i.profile_row.raw() > 0) text += fmt::format("profile_row_ticks = {}\n", i.profile_row.raw() / i.tick_size.raw());
    if (i.volume_share > 0) text += fmt::format("volume_share = {:#.17g}\n", i.volume_share);
    if (i.from_bars) text += "from_bars = true\n";
    text += '\n';
  }
  return text;
}

FeedEvent begin_of_data(Timestamp first) {
  FeedEvent event{.kind = FeedEventKind::session_started, .feed = FeedKind::replay, .text = "recorded data"};
  event.header.event_time = first;
  return event;
}

FeedEvent end_of_data(Timestamp last) {
  FeedEvent event{.kind = FeedEventKind::session_ended, .feed = FeedKind::replay, .text = "the recorded data are over"};
  event.header.event_time = last + kAfterwards;
  return event;
}

Epoch replay_epoch(const DataSet& data, const Config& config, const Instruments& instruments) {
  std::uint64_t hash = fnv1a64(instruments_toml(instruments), data.hash);
  constexpr std::string_view decides[] = {"metrics.", "bars.",  "account.", "sizing.",       "risk.",
                                          "gateway.", "venue.", "signals.", "mesh.instance", "feed.depth_"};
  for (const auto& [key, entry] : config.entries()) {
    if (std::ranges::none_of(decides, [&](std::string_view prefix) { return key.starts_with(prefix); })) continue;
    if (key == "venue.paper.ledger" || key == "gateway.take_account") continue;
    hash = fnv1a64(key + '=' + entry.value + '\n', hash);
  }
  return (hash ^ hash >> 40) % ((Epoch{1} << 40) - 1) + 1;
}

}  // namespace tickmesh::replay
