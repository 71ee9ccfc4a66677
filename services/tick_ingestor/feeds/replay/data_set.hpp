// A folder of recorded data: which files, what they hold, what identifies them, and the instruments they tell of.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "service/config.hpp"
#include "tick_ingestor/feeds/replay/merge.hpp"

namespace tickmesh::replay {

struct DataSet {
  std::vector<DataFile> files{};       ///< quotes before trades, then by symbol, then by name
  std::uint64_t hash{0};               ///< of the files' names below the folder and of their bytes
  std::vector<std::string> ignored{};  ///< names of files that no layout knows
};

/// Every file below `dir` that a layout knows. `layout` empty: whichever knows it. `symbols`: only these, whole (AIG.USA) or bare (AIG);
/// empty: all. Errors ("bad_file", "bad_value"): no such folder, nothing in it that is known, an unreadable file, two files that hold the
/// same kind of data of one instrument and day, a symbol that is not there.
Result<DataSet> find_data(const std::string& dir, const std::string& layout, const std::vector<std::string>& symbols);

/// What reading all of it once tells.
struct Survey {
  struct Seen {
    Instrument instrument{};  ///< what its layout knows, with reference price, daily volume and volatility as the data has them
    std::uint64_t quotes{0}, trades{0}, depths{0};
    Int128 bid_sum{0}, ask_sum{0}, price_sum{0}, size_sum{0};  ///< of 10^-8
    Timestamp first{}, last{};
  };
  std::map<Symbol, Seen> symbols{};
  Tally tally{};
  Timestamp first{}, last{};  ///< zero: there is no tick
};
/// Reads every file to its end. Errors: a damaged file, one without a single good row, two files that tell of one instrument.
Result<Survey> survey(const DataSet& data, const Instruments& configured);

/// `configured`, and for the symbols it lacks what layout and data tell. Daily volume and volatility are then those of the recorded days
/// themselves, known only afterwards: they enter cost estimates, the height of a profile's rows and VPIN's buckets alone. An instrument
/// whose trades come from a file of bars is `from_bars`, configured or not.
Result<Instruments> with_derived(const Instruments& configured, const Survey& survey);
/// As instruments.toml has them.
std::string instruments_toml(const Instruments& instruments);

/// Names a run: data, what is configured of the cores, and the instruments. 40 bits, never 0. Places of this machine, speed and services
/// that decide nothing do not enter.
Epoch replay_epoch(const DataSet& data, const Config& config, const Instruments& instruments);

/// The end of the data is said this long after the last tick, so that every bar and deadline of the recorded days is over by then.
inline constexpr Duration kAfterwards = seconds(86'400);
/// `last`: of all ticks.
FeedEvent end_of_data(Timestamp last);
FeedEvent begin_of_data(Timestamp first);

}  // namespace tickmesh::replay
