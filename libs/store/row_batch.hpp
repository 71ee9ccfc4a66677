// Rows of one table on their way: gathered by column, written by one statement however many they are.
#pragma once
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <string_view>
#include <vector>

#include "core/events.hpp"
#include "core/fixed.hpp"
#include "core/types.hpp"

namespace tickmesh {

/// A zero that means "none" becomes NULL.
template <class T>
std::optional<T> unless_zero(T value) {
  return value == T{} ? std::nullopt : std::optional<T>{value};
}

/// One `insert … select from unnest(…)` a flush. Every row opens with the event's name, times and cause (`tickmesh.event`), so a row that
/// is there already is known by its key and left alone: projecting an event twice changes nothing.
class RowBatch {
 public:
  struct Column {
    std::string name;
    std::string type;
    bool earliest{false};  ///< newest-wins tables: the least value ever written stays
  };
  /// Without a key: rows are added once. With one: a key has one row, the newest event's (by epoch and sequence).
  RowBatch(std::string table, std::vector<Column> columns, std::vector<std::string> key = {});

  /// Cells in column order: text (empty: NULL), Symbol, Timestamp (zero: NULL), Price, Quantity, Money, double, integers, bool, optional.
  template <class... Cells>
  void row(const Name& name, const Header& header, const Cells&... cells) {
    TM_INVARIANT(sizeof...(cells) == columns_.size() - kEventColumns, "a row has a cell for each column");
    begin(name, header);
    (put(cells), ...);
    ++rows_;
  }
  std::size_t rows() const { return rows_; }
  /// Writes the rows; they stay until `clear`.
  void flush(pqxx::work& w) const;
  void clear();

 private:
  static constexpr std::size_t kEventColumns = 11;

  void begin(const Name& name, const Header& header);
  std::string& cell();
  void put(std::string_view text);
  void put(const std::string& text) { put(std::string_view{text}); }
  void put(const char* text) { put(std::string_view{text}); }
  void put(const Symbol& symbol) { put(symbol.view()); }
  void put(Timestamp time);
  void put(double value);
  void put(bool value) { cell() += value ? 't' : 'f'; }
  template <class T>
    requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
  void put(T value) {
    cell() += std::to_string(value);
  }
  template <class Tag>
  void put(Fixed<Tag> value) {
    cell() += value.str();
  }
  template <class T>
  void put(const std::optional<T>& value) {
    if (value)
      put(*value);
    else
      null();
  }
  void null() { cell() += "NULL"; }

  std::vector<Column> columns_;
  std::string statement_;
  std::vector<std::string> arrays_;  ///< array literals without the closing brace
  std::size_t at_{0};
  std::size_t rows_{0};
};

}  // namespace tickmesh
