#include "tick_ingestor/feeds/push_rows.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "tick_ingestor/feeds/push_values.hpp"

namespace tickmesh {
namespace {

using Json = nlohmann::json;

enum class Kind : std::uint8_t { absent, null, boolean, integer, number, text, nested };
struct Cell {
  Kind kind{Kind::absent};
  std::string text{};
  bool twice{false};
};

enum Field : std::size_t { symbol, time, bid, ask, bid_size, ask_size, price, size, side, id, bust, field_count };
constexpr std::array<std::string_view, field_count> kFields{"symbol", "time", "bid",  "ask", "bid_size", "ask_size",
                                                            "price",  "size", "side", "id",  "bust"};
using Cells = std::array<Cell, field_count>;

/// At most 64 bytes, cut between characters: values go back to the sender as JSON.
std::string shown(std::string_view value) {
  if (value.size() <= 64) return std::string(value);
  std::size_t end = 64;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xc0) == 0x80) --end;
  return std::string(value.substr(0, end));
}

/// Builds one tick from one row's cells, or says which field broke which rule.
class RowReader {
 public:
  RowReader(const Cells& cells, const Instruments& instruments) : cells_{cells}, instruments_{instruments} {}

  std::optional<RejectedRow> read(Tick& tick) {
    tick.feed = FeedKind::push;
    for (std::size_t f = 0; f < field_count; ++f)
      if (cells_[f].twice) return reject(static_cast<Field>(f), "given once");
    const bool quote = any({bid, ask, bid_size, ask_size}), trade = any({price, size, side, bust});
    if (quote && trade) return reject(price, "a quote or a trade, not both");
    if (!quote && !trade) return RejectedRow{0, "price", "a quote (bid, ask) or a trade (price, size)", ""};
    if (auto no = read_symbol(tick)) return no;
    if (auto no = read_time(tick)) return no;
    return quote ? read_quote(tick) : read_trade(tick);
  }

 private:
  bool any(std::initializer_list<Field> fields) const {
    return std::ranges::any_of(fields, [&](Field f) { return cells_[f].kind != Kind::absent; });
  }
  RejectedRow reject(Field f, std::string rule) const { return {0, std::string(kFields[f]), std::move(rule), shown(cells_[f].text)}; }

  std::optional<RejectedRow> read_symbol(Tick& tick) const {
    const Cell& cell = cells_[symbol];
    if (cell.kind == Kind::absent) return reject(symbol, "required");
    if (cell.kind != Kind::text) return reject(symbol, "a string");
    const auto found = instruments_.resolve(cell.text);
    if (!found) return reject(symbol, found.error().rule);
    tick.instrument = instrument_id(*found);
    return {};
  }
  std::optional<RejectedRow> read_time(Tick& tick) const {
    const Cell& cell = cells_[time];
    if (cell.kind == Kind::absent) return reject(time, "required");
    if (cell.kind != Kind::integer && cell.kind != Kind::text) return reject(time, "ISO 8601 with Z or offset, or integer ns");
    const auto at = cell.kind == Kind::integer ? parse_ns_time(cell.text) : parse_iso_time(cell.text);
    if (!at) return reject(time, at.error().rule);
    tick.event_time = *at;
    return {};
  }
  template <class T>
  std::optional<RejectedRow> read_decimal(Field f, bool may_be_null, T& out) const {
    const Cell& cell = cells_[f];
    if (cell.kind == Kind::absent) return reject(f, "required");
    if (cell.kind == Kind::null && may_be_null) return {};
    if (cell.kind != Kind::integer && cell.kind != Kind::number && cell.kind != Kind::text) return reject(f, "a decimal number");
    const auto plain = plain_decimal(cell.text);
    if (!plain) return reject(f, plain.error().rule);
    const auto value = T::parse(*plain);
    if (!value) return reject(f, value.error().rule);
    out = *value;
    return {};
  }
  std::optional<RejectedRow> read_quote(Tick& tick) const {
    tick.kind = TickKind::quote;
    if (auto no = read_decimal(bid, true, tick.bid)) return no;
    if (auto no = read_decimal(ask, true, tick.ask)) return no;
    if (auto no = read_decimal(bid_size, tick.bid.is_zero(), tick.bid_size)) return no;
    if (auto no = read_decimal(ask_size, tick.ask.is_zero(), tick.ask_size)) return no;
    if (tick.bid.raw() < 0) return reject(bid, "bid > 0, or null");
    if (tick.ask.raw() < 0) return reject(ask, "ask > 0, or null");
    if (tick.bid.is_zero() && tick.ask.is_zero()) return reject(bid, "at least one side");
    if (tick.bid_size.raw() < 0) return reject(bid_size, "size >= 0");
    if (tick.ask_size.raw() < 0) return reject(ask_size, "size >= 0");
    if (!tick.bid.is_zero() && !tick.ask.is_zero() && tick.ask < tick.bid) return reject(ask, "ask >= bid");
    if (any({id})) return reject(id, "of trades only");
    return {};
  }
  std::optional<RejectedRow> read_trade(Tick& tick) const {
    const Cell& undone = cells_[bust];
    if (undone.kind != Kind::absent && undone.kind != Kind::boolean) return reject(bust, "true or false");
    tick.kind = undone.text == "true" ? TickKind::bust : TickKind::trade;
    if (auto no = read_decimal(price, false, tick.price)) return no;
    if (auto no = read_decimal(size, false, tick.size)) return no;
    if (tick.price.raw() <= 0) return reject(price, "price > 0");
    if (tick.size.raw() < 0) return reject(size, "size >= 0");
    const Cell& s = cells_[side];
    if (s.kind == Kind::text && (s.text == "buy" || s.text == "BUY"))
      tick.aggressor = Side::buy;
    else if (s.kind == Kind::text && (s.text == "sell" || s.text == "SELL"))
      tick.aggressor = Side::sell;
    else if (s.kind != Kind::absent && s.kind != Kind::null)
      return reject(side, "buy or sell");
    return read_id(tick);
  }
  std::optional<RejectedRow> read_id(Tick& tick) const {
    const Cell& cell = cells_[id];
    if (cell.kind == Kind::absent || cell.kind == Kind::null) return {};
    if ((cell.kind != Kind::integer && cell.kind != Kind::text) || cell.text.empty() || cell.text.size() > 64)
      return reject(id, "an integer >= 0, or a string of 1-64 bytes");
    std::uint64_t number = 0;
    const char* end = cell.text.data() + cell.text.size();
    const auto read = std::from_chars(cell.text.data(), end, number);
    if (read.ec == std::errc{} && read.ptr == end)
      tick.trade_id = number;
    else if (cell.kind == Kind::integer)
      return reject(id, "an integer >= 0, or a string of 1-64 bytes");
    else
      tick.trade_id = fnv1a64(cell.text);  // ids of letters keep their identity, not their spelling
    return {};
  }

  const Cells& cells_;
  const Instruments& instruments_;
};

/// Hears a document piece by piece, so that nothing is kept but the row being read and numbers keep their text. Depth costs no stack.
class RowHandler final : public Json::json_sax_t {
 public:
  RowHandler(const Instruments& instruments, PushedRows& out, bool one_row) : instruments_{instruments}, out_{out}, one_row_{one_row} {}

  bool null() override { return scalar(Kind::null, "null"); }
  bool boolean(bool value) override { return scalar(Kind::boolean, value ? "true" : "false"); }
  bool number_integer(std::int64_t value) override { return scalar(Kind::integer, std::to_string(value)); }
  bool number_unsigned(std::uint64_t value) override { return scalar(Kind::integer, std::to_string(value)); }
  bool number_float(double, const std::string& text) override { return scalar(Kind::number, text); }
  bool string(std::string& value) override { return scalar(Kind::text, value); }
  bool binary(Json::binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(true); }
  bool start_array(std::size_t) override { return open(false); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(std::string& name) override {
    if (depth_ != row_depth()) return true;
    const auto it = std::ranges::find(kFields, std::string_view{name});
    field_ = it == kFields.end() ? nullptr : &cells_[static_cast<std::size_t>(it - kFields.begin())];
    if (field_ != nullptr && field_->kind != Kind::absent) field_->twice = true;
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    error_at_ = position;
    return false;
  }
  std::size_t error_at() const { return error_at_; }

 private:
  std::size_t row_depth() const { return one_row_ ? 1 : 2; }
  void set(Kind kind, std::string_view text) {
    if (field_ == nullptr) return;
    field_->kind = kind;
    field_->text = text;
  }
  bool scalar(Kind kind, std::string_view text) {
    if (depth_ == row_depth() && in_row_)
      set(kind, text);
    else if (depth_ + 1 == row_depth())
      finish(RejectedRow{0, "", "a JSON object", shown(text)});
    return true;
  }
  bool open(bool object) {
    if (depth_ == row_depth() && in_row_) set(Kind::nested, object ? "{…}" : "[…]");
    ++depth_;
    if (depth_ == row_depth()) {
      in_row_ = object;
      field_ = nullptr;
      cells_ = {};
    }
    return true;
  }
  bool close() {
    if (depth_ == row_depth()) {
      if (in_row_) {
        Tick tick;
        if (auto no = RowReader{cells_, instruments_}.read(tick))
          finish(std::move(*no));
        else
          out_.accepted.push_back({static_cast<std::uint32_t>(out_.rows++), tick});
      } else {
        finish(RejectedRow{0, "", "a JSON object", "[…]"});
      }
      in_row_ = false;
    }
    --depth_;
    return true;
  }
  void finish(RejectedRow row) {
    row.row = static_cast<std::uint32_t>(out_.rows++);
    ++out_.rejected_count;
    if (out_.rejected.size() < kMostRejected) out_.rejected.push_back(std::move(row));
  }

  const Instruments& instruments_;
  PushedRows& out_;
  bool one_row_;
  bool in_row_{false};
  std::size_t depth_{0};
  Cells cells_{};
  Cell* field_{nullptr};
  std::size_t error_at_{0};
};

std::unexpected<Error> unreadable(std::string message) {
  return std::unexpected(Error{"unreadable", "", "a JSON array or NDJSON of rows", std::move(message)});
}

Result<PushedRows> parse_lines(std::string_view body, const Instruments& instruments) {
  PushedRows out;
  std::uint64_t readable = 0;
  std::size_t first_error = 0;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t end = std::min(body.find('\n', at), body.size());
    const std::string_view line = body.substr(at, end - at);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
      // A line is a row or it is none: what its first half would give is not kept.
      PushedRows one;
      RowHandler handler{instruments, one, true};
      const bool whole = Json::sax_parse(line.begin(), line.end(), &handler) && one.rows == 1;
      const auto row = static_cast<std::uint32_t>(out.rows++);
      if (!whole && readable == 0 && first_error == 0) first_error = at + handler.error_at();
      readable += whole;
      if (whole && !one.accepted.empty()) {
        out.accepted.push_back({row, one.accepted.front().tick});
      } else {
        ++out.rejected_count;
        RejectedRow rejected = whole ? std::move(one.rejected.front()) : RejectedRow{0, "", "valid JSON", ""};
        rejected.row = row;
        if (out.rejected.size() < kMostRejected) out.rejected.push_back(std::move(rejected));
      }
    }
    at = end + 1;
  }
  if (readable == 0) return unreadable("no line is JSON; the first error is at byte " + std::to_string(first_error));
  return out;
}

}  // namespace

Result<PushedRows> parse_push_rows(std::string_view body, const Instruments& instruments) {
  if (body.starts_with("\xef\xbb\xbf")) body.remove_prefix(3);
  const auto first = body.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return unreadable("the body is empty");
  if (body[first] == '{') return parse_lines(body, instruments);
  if (body[first] != '[') return unreadable("the body begins with neither [ nor {");
  PushedRows out;
  RowHandler handler{instruments, out, false};
  if (!Json::sax_parse(body.begin(), body.end(), &handler))
    return unreadable("no JSON at byte " + std::to_string(handler.error_at()) + " of " + std::to_string(body.size()));
  return out;
}

}  // namespace tickmesh
