// Rows of text to ticks: integers over a buffer, nothing allocated a row.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/events.hpp"
#include "tick_ingestor/feeds/replay/binance.hpp"
#include "tick_ingestor/feeds/replay/lobster_book.hpp"
#include "tick_ingestor/feeds/replay/row_format.hpp"

namespace tickmesh::replay {

/// What rows make, in order. Ticks are many and flat, depth is rarer and large: a tick without a kind, which has time and instrument alone,
/// holds the place of the next of `depths`.
struct Rows {
  std::vector<Tick> ticks{};
  std::vector<DepthUpdate> depths{};
  void clear() { ticks.clear(), depths.clear(); }
};
inline bool holds_depth(const Tick& tick) { return tick.kind == TickKind::none; }

/// What became of the rows of a file, or of all.
struct Tally {
  std::uint64_t rows{0};  ///< lines that are neither empty nor a header
  std::uint64_t ticks{0};
  std::uint64_t depths{0};                     ///< changes and snapshots of a book
  std::uint64_t suspicious{0};                 ///< marked by the vendor and dropped
  std::uint64_t backwards{0};                  ///< ticks and depth earlier than what is before them in their file; taken in file order
  std::map<std::string, std::uint64_t> bad{};  ///< rows skipped, by "field: rule"
  std::vector<std::string> examples{};         ///< "file:line: field: rule: value", the first 20
  std::uint64_t bad_rows() const;
  void add(const Tally& other);
};

class RowParser {
 public:
  /// `listed`: for files whose rows name their symbol; a bare one means the only instrument of that name.
  RowParser(const DataFile& file, const Instruments& listed);
  /// Whole lines, each with its '\n'. Appends what they make, in order.
  void parse(std::string_view lines, Rows& out);
  const Tally& tally() const { return tally_; }
  /// Ticks by an instrument of a symbol column that is not listed are told, not refused, where instruments are to be found.
  void find_symbols(std::vector<Symbol>* found) { found_ = found; }

 private:
  struct Row {
    std::int64_t values[16]{};  // by Column
    std::string_view symbol{};
    bool suspicious{false};
  };
  void row(std::string_view line, Rows& out);
  void binance(std::string_view line, Rows& out);
  void lobster(std::string_view line, Rows& out);
  bool fields(std::string_view line, Row& row);
  bool time(Column column, std::string_view text, Row& row);
  bool iso(std::string_view text, Row& row);
  bool instrument(std::string_view text);
  void refuse(const char* field, const char* rule, std::string_view value);
  void emit(const Tick& tick, Rows& out);
  void emit(DepthUpdate depth, Rows& out);
  void in_order(Timestamp at);

  const DataFile& file_;
  const Instruments& listed_;
  std::vector<Symbol>* found_{nullptr};
  int price_decimals_;  ///< digits between a price's unit and 10^-8
  Tick quote_{};        ///< as it stands
  Tick trade_{};
  bool quotes_, trades_;
  bool header_;
  std::uint64_t line_{0};
  Timestamp last_{};
  Tally tally_;
  std::map<std::string, InstrumentId, std::less<>> known_;  // of a symbol column
  std::map<int, LocalDay> days_;                            // of iso times without offset
  BinanceLine binance_;                                     // used again
  std::unique_ptr<LobsterBook> book_;                       // where one is published
};

}  // namespace tickmesh::replay
