// Rows of one table on their way: kept as COPY BINARY has them, written in one trip however many they are.
#pragma once
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/events.hpp"
#include "core/fixed.hpp"
#include "core/types.hpp"
#include "store/binary_cells.hpp"
#include "store/session.hpp"

namespace tickmesh {

/// A zero that means "none" becomes NULL.
template <class T>
std::optional<T> unless_zero(T value) {
  return value == T{} ? std::nullopt : std::optional<T>{value};
}

/// `numerics` is an array of decimals, given as text: "{1.5,2}". A table that has one is not copied.
enum class SqlType : std::uint8_t { boolean, smallint, integer, bigint, float8, numeric, text, timestamptz, jsonb, numerics };

/// Every row opens with the event's name, times and cause (`tickmesh.event`).
class RowBatch {
 public:
  struct Column {
    std::string name;
    SqlType type;
    bool earliest{false};  ///< newest-wins tables: the least value ever written stays
  };
  /// How rows go in. `copied`: by COPY, for tables that see many rows and, as a rule, none twice; an `inserted` row that is there
  /// already stays as it is. Rows written `careful` are inserted, whatever the batch says.
  enum class Way : std::uint8_t { inserted, copied };
  enum class Manner : std::uint8_t { fast, careful };

  /// Without a key: rows are added once. With one: a key has one row, the newest event's (by epoch and sequence).
  RowBatch(const std::string& table, std::vector<Column> columns, const std::vector<std::string>& key = {}, Way way = Way::inserted);

  /// Cells in column order: text (empty: NULL), Symbol, Timestamp (zero: NULL), Price, Quantity, Money, double, integers, bool, optional.
  template <class... Cells>
  void row(const Name& name, const Header& header, const Cells&... cells) {
    TM_INVARIANT(sizeof...(cells) == columns_.size() - kEventColumns, "a row has a cell for each column");
    if (by_day_ && (header.time < day_from_ || header.time >= day_to_)) note_day(header.time);
    // One look at the room a row; a row that throws half-way was never written.
    const std::size_t begin = cells_.bytes().size();
    Pen pen{cells_.room(kNameRoom + (room_of(cells) + ... + 0)), types_.data()};
    put_name(pen, name, header);
    (put(pen, cells), ...);
    cells_.written(pen.at);
    if (by_time_) places_.push_back({header.time, begin, cells_.bytes().size() - begin});
    ++rows_;
  }
  /// The table has a partition a day (UTC, of the event's time): the days of its rows are kept.
  RowBatch& by_day() {
    by_day_ = true;
    return *this;
  }
  bool is_by_day() const { return by_day_; }
  /// Its rows are copied in the order of their time: what an index that begins with the time takes without looking.
  RowBatch& by_time() {
    by_time_ = true;
    return *this;
  }
  const std::set<std::chrono::sys_days>& days() const { return days_; }
  const std::string& table() const { return table_; }  ///< "schema.table"
  std::size_t rows() const { return rows_; }
  ByteView bytes() const { return cells_.bytes(); }  ///< the rows, as COPY takes them, without its header and end
  const std::string& copy_statement() const { return copy_; }
  Way way() const { return way_; }
  /// Writes the rows; they stay until `clear`.
  void flush(Session& session, Manner manner) const;
  /// A piece of the COPY under way, which the caller began; the rows go, their days stay until `clear`.
  void pass(Session& session);
  void clear();

 private:
  static constexpr std::size_t kEventColumns = 11;

  static constexpr std::size_t kNameRoom = 2 + kEventColumns * binary_cell::kCellRoom;
  /// A local of `row`, so that it lives in registers.
  struct Pen {
    std::byte* at;
    const SqlType* type;
  };
  static std::size_t room_of(std::string_view text) { return text.size() + 5; }
  static std::size_t room_of(const std::string& text) { return text.size() + 5; }
  static std::size_t room_of(const char* text) { return room_of(std::string_view{text}); }
  static std::size_t room_of(const Symbol& symbol) { return room_of(symbol.view()); }
  template <class T>
  static std::size_t room_of(const T&) {
    return binary_cell::kCellRoom;
  }

  void put_name(Pen& pen, const Name& name, const Header& header);
  static void expect(Pen& pen, SqlType type) { TM_INVARIANT(*pen.type++ == type, "a cell has its column's type"); }
  static void put(Pen& pen, std::string_view text) {
    const auto type = *pen.type++;
    TM_INVARIANT(type == SqlType::text || type == SqlType::jsonb || type == SqlType::numerics, "a cell has its column's type");
    if (text.empty())
      pen.at = binary_cell::null(pen.at);
    else
      pen.at = type == SqlType::jsonb ? binary_cell::jsonb(pen.at, text) : binary_cell::text(pen.at, text);
  }
  static void put(Pen& pen, const std::string& text) { put(pen, std::string_view{text}); }
  static void put(Pen& pen, const char* text) { put(pen, std::string_view{text}); }
  static void put(Pen& pen, const Symbol& symbol) { put(pen, symbol.view()); }
  static void put(Pen& pen, Timestamp time) {
    expect(pen, SqlType::timestamptz);
    pen.at = time ? binary_cell::timestamptz(pen.at, time) : binary_cell::null(pen.at);
  }
  static void put(Pen& pen, double value) {
    expect(pen, SqlType::float8);
    pen.at = binary_cell::float8(pen.at, value);
  }
  static void put(Pen& pen, bool value) {
    expect(pen, SqlType::boolean);
    pen.at = binary_cell::boolean(pen.at, value);
  }
  template <class T>
    requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
  static void put(Pen& pen, T value) {
    switch (*pen.type++) {
      case SqlType::smallint: pen.at = binary_cell::integer(pen.at, fitting<std::int16_t>(value)); return;
      case SqlType::integer: pen.at = binary_cell::integer(pen.at, fitting<std::int32_t>(value)); return;
      case SqlType::bigint: pen.at = binary_cell::integer(pen.at, fitting<std::int64_t>(value)); return;
      case SqlType::numeric: pen.at = binary_cell::whole(pen.at, fitting<std::uint64_t>(value)); return;
      default: TM_INVARIANT(false, "a cell has its column's type");
    }
  }
  template <class To, class T>
  static To fitting(T value) {
    TM_INVARIANT(std::in_range<To>(value), "a number fits its column");
    return static_cast<To>(value);
  }
  template <class Tag>
  static void put(Pen& pen, Fixed<Tag> value) {
    expect(pen, SqlType::numeric);
    pen.at = binary_cell::decimal(pen.at, value.raw());
  }
  template <class T>
  static void put(Pen& pen, const std::optional<T>& value) {
    if (value)
      put(pen, *value);
    else
      put_null(pen);
  }
  static void put_null(Pen& pen) {
    ++pen.type;
    pen.at = binary_cell::null(pen.at);
  }
  /// Where the rows begin that are inserted: of a key without earliest columns only the last, which speaks for it anyway.
  std::vector<const std::byte*> inserted() const;
  std::vector<Bytes> arrays() const;
  /// The rows as they are copied.
  ByteView ordered() const;
  void forget_rows();

  void note_day(Timestamp time);

  std::string table_;
  std::vector<Column> columns_;
  std::vector<SqlType> types_;
  std::string insert_, copy_;
  Way way_;
  std::vector<bool> speaks_for_;  ///< by column: of the key, when the last row of a key is the only one that counts; empty: all rows count
  CellBuffer cells_;
  std::size_t rows_{0};
  struct Place {
    Timestamp time;
    std::size_t at, size;  ///< in `cells_`
  };
  bool by_time_{false};
  std::vector<Place> places_;   ///< of each row, where they go by time
  mutable CellBuffer ordered_;  ///< the rows in that order, while they are sent
  bool by_day_{false};
  std::set<std::chrono::sys_days> days_;
  Timestamp day_from_{}, day_to_{};  ///< of the last row
};

inline void RowBatch::put_name(Pen& pen, const Name& name, const Header& header) {
  pen.at = binary_cell::raw(pen.at, static_cast<std::int16_t>(types_.size()));
  put(pen, to_string(name.stream));
  put(pen, static_cast<int>(name.partition));
  put(pen, name.at.epoch);
  put(pen, name.at.sequence);
  put(pen, header.time);
  put(pen, header.event_time);
  const auto& cause = header.cause;
  if (cause == Cause{}) {
    for (int i = 0; i < 5; ++i) put_null(pen);
    return;
  }
  put(pen, to_string(cause.name.stream));
  put(pen, static_cast<int>(cause.name.partition));
  put(pen, cause.name.at.epoch);
  put(pen, cause.name.at.sequence);
  put(pen, cause.time);
}

}  // namespace tickmesh
