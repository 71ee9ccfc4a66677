// Rows of one table on their way: kept as COPY BINARY has them, written in one trip however many they are.
#pragma once
#include <optional>
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

enum class SqlType : std::uint8_t { boolean, smallint, integer, bigint, float8, numeric, text, timestamptz, jsonb };

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
    begin(name, header);
    (put(cells), ...);
    ++rows_;
  }
  std::size_t rows() const { return rows_; }
  ByteView bytes() const { return cells_.bytes(); }  ///< the rows, as COPY takes them, without its header and end
  const std::string& copy_statement() const { return copy_; }
  Way way() const { return way_; }
  /// Writes the rows; they stay until `clear`.
  void flush(Session& session, Manner manner) const;
  void clear();

 private:
  static constexpr std::size_t kEventColumns = 11;

  void begin(const Name& name, const Header& header);
  SqlType next() { return columns_[at_++].type; }
  void next(SqlType type) { TM_INVARIANT(next() == type, "a cell has its column's type"); }
  void put(std::string_view text);
  void put(const std::string& text) { put(std::string_view{text}); }
  void put(const char* text) { put(std::string_view{text}); }
  void put(const Symbol& symbol) { put(symbol.view()); }
  void put(Timestamp time);
  void put(double value) { next(SqlType::float8), cells_.float8(value); }
  void put(bool value) { next(SqlType::boolean), cells_.boolean(value); }
  template <class T>
    requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
  void put(T value) {
    switch (next()) {
      case SqlType::smallint: return cells_.integer(fitting<std::int16_t>(value));
      case SqlType::integer: return cells_.integer(fitting<std::int32_t>(value));
      case SqlType::bigint: return cells_.integer(fitting<std::int64_t>(value));
      case SqlType::numeric: return cells_.whole(fitting<std::uint64_t>(value));
      default: TM_INVARIANT(false, "a cell has its column's type");
    }
  }
  template <class To, class T>
  static To fitting(T value) {
    TM_INVARIANT(std::in_range<To>(value), "a number fits its column");
    return static_cast<To>(value);
  }
  template <class Tag>
  void put(Fixed<Tag> value) {
    next(SqlType::numeric), cells_.decimal(value.raw());
  }
  template <class T>
  void put(const std::optional<T>& value) {
    if (value)
      put(*value);
    else
      null();
  }
  void null() { next(), cells_.null(); }
  std::vector<Bytes> arrays() const;

  std::vector<Column> columns_;
  std::string insert_, copy_;
  Way way_;
  BinaryCells cells_;
  std::size_t at_{0};
  std::size_t rows_{0};
};

}  // namespace tickmesh
