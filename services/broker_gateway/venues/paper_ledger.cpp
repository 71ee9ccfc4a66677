#include "broker_gateway/venues/paper_ledger.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

namespace tickmesh {
namespace {

constexpr std::string_view kCrcKey = ",\"crc\":\"";

constexpr std::array<std::uint32_t, 256> kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int k = 0; k < 8; ++k) c = (c & 1U) != 0 ? (c >> 1) ^ 0x82F63B78U : c >> 1;
    table[i] = c;
  }
  return table;
}();

std::string hex8(std::uint32_t value) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out(8, '0');
  for (std::size_t i = 0; i < 8; ++i) out[i] = digits[(value >> (28 - 4 * i)) & 15U];
  return out;
}

/// Keys in the order written; absent ones are left out, so a line names only what its type has.
class Line {
 public:
  void number(std::string_view key, std::uint64_t value) { put(key, std::to_string(value)); }
  void time(std::string_view key, Timestamp t) {
    if (t) put(key, std::to_string(t.ns));
  }
  void text(std::string_view key, std::string_view value) {
    if (!value.empty()) put(key, nlohmann::json(value).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
  }
  template <class Tag>
  void decimal(std::string_view key, Fixed<Tag> value) {
    if (!value.is_zero()) put(key, '"' + value.str() + '"');
  }
  void name(std::string_view key, const Name& n) {
    if (n.at.sequence != 0) put(key, '"' + to_string(n) + '"');
  }
  void token(std::string_view key, Token t) {
    if (t != Token{}) put(key, '"' + std::to_string(t.epoch) + '.' + std::to_string(t.incarnation) + '"');
  }
  std::string finish() {
    const std::uint32_t crc = crc32c(text_);
    return text_ + std::string(kCrcKey) + hex8(crc) + "\"}\n";
  }

 private:
  void put(std::string_view key, std::string_view value) {
    text_ += text_.empty() ? "{\"" : ",\"";
    text_.append(key).append("\":").append(value);
  }
  std::string text_;
};

/// Reads what Line wrote. Throws on what it never writes; the caller turns that into a value.
class Fields {
 public:
  explicit Fields(const nlohmann::json& object) : object_{object} {}
  Timestamp time(const char* key) const { return {object_.value(key, std::int64_t{0})}; }
  std::string text(const char* key) const { return object_.value(key, std::string{}); }
  template <class F>
  F decimal(const char* key) const {
    const auto it = object_.find(key);
    if (it == object_.end()) return F{};
    auto value = F::parse(it->get<std::string>());
    if (!value) throw std::runtime_error(std::string(key) + " is not a decimal");
    return *value;
  }
  Name name(const char* key) const {
    const std::string text = this->text(key);
    if (text.empty()) return {};
    const auto dot = text.find('.'), at = text.find('@'), slash = text.find('/');
    if (dot == std::string::npos || at == std::string::npos || slash == std::string::npos) throw std::runtime_error("not a name");
    const auto stream = parse_stream(text.substr(0, dot));
    if (!stream) throw std::runtime_error("not a stream");
    return {*stream,
            static_cast<Partition>(std::stoul(text.substr(dot + 1, at - dot - 1)) % kPartitions),
            {std::stoull(text.substr(at + 1, slash - at - 1)), std::stoull(text.substr(slash + 1))}};
  }
  Token token(const char* key) const {
    const std::string text = this->text(key);
    const auto dot = text.find('.');
    if (dot == std::string::npos) return {};
    return {std::stoull(text.substr(0, dot)), static_cast<std::uint32_t>(std::stoul(text.substr(dot + 1)))};
  }
  Symbol symbol() const {
    const std::string text = this->text("symbol");
    if (text.empty()) return {};
    const auto symbol = Symbol::parse(text);
    if (!symbol) throw std::runtime_error("not a symbol");
    return *symbol;
  }
  template <class Enum>
  Enum one_of(const char* key, std::uint8_t last) const {
    const std::string text = this->text(key);
    for (std::uint8_t i = 0; i <= last; ++i)
      if (to_string(static_cast<Enum>(i)) == text) return static_cast<Enum>(i);
    throw std::runtime_error(std::string(key) + " is unknown");
  }

 private:
  const nlohmann::json& object_;
};

void put_order(Line& line, const Intent& o) {
  line.text("symbol", o.symbol.view());
  line.text("side", to_string(o.side));
  line.text("order_type", to_string(o.type));
  line.text("purpose", to_string(o.purpose));
  line.decimal("quantity", o.quantity);
  line.decimal("limit_price", o.limit_price);
  line.decimal("stop_price", o.stop_price);
  line.decimal("reference_price", o.reference_price);
  line.text("position_id", o.position_id);
  line.text("strategy", o.strategy);
  line.time("valid_until_ns", o.valid_until);
  line.token("manager", o.manager);
  line.token("gateway", o.gateway);
}

Intent get_order(const Fields& f) {
  Intent o;
  o.kind = IntentKind::place;
  o.client_order_id = f.text("client_order_id");
  o.symbol = f.symbol();
  o.side = f.one_of<Side>("side", 2);
  o.type = f.one_of<OrderType>("order_type", 3);
  o.purpose = f.one_of<Purpose>("purpose", 2);
  o.quantity = f.decimal<Quantity>("quantity");
  o.limit_price = f.decimal<Price>("limit_price");
  o.stop_price = f.decimal<Price>("stop_price");
  o.reference_price = f.decimal<Price>("reference_price");
  o.position_id = f.text("position_id");
  o.strategy = f.text("strategy");
  o.valid_until = f.time("valid_until_ns");
  o.manager = f.token("manager");
  o.gateway = f.token("gateway");
  return o;
}

std::unexpected<Error> broken(std::uint64_t n, std::string rule) {
  return std::unexpected(Error{"corrupt", "line", std::move(rule), "ledger line " + std::to_string(n)});
}
std::unexpected<Error> io_error(const std::string& path, const char* what) {
  return std::unexpected(Error{"io", "path", what, path + ": " + std::strerror(errno)});
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) throw LedgerError(std::string("paper ledger: write failed: ") + std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t c = ~0U;
  for (const char b : bytes) c = kCrcTable[(c ^ static_cast<unsigned char>(b)) & 0xFFU] ^ (c >> 8);
  return ~c;
}

std::string ledger_line(std::uint64_t n, const LedgerEntry& entry) {
  const PaperFact& f = entry.fact;
  Line line;
  line.number("n", n);
  line.text("type", to_string(f.kind));
  line.time("time_ns", f.time);
  line.text("client_order_id", f.client_order_id);
  line.text("venue_order_id", f.venue_order_id);
  if (f.kind == PaperFactKind::order || f.kind == PaperFactKind::reject) {
    put_order(line, f.order);
    line.time("active_at_ns", f.active_at);
  } else {
    line.text("symbol", f.symbol.view());
  }
  if (f.kind == PaperFactKind::fill) {
    line.text("execution_id", f.fill.execution_id);
    line.decimal("price", f.fill.price);
    line.decimal("fill_quantity", f.fill.quantity);
    line.decimal("commission", f.fill.commission);
    line.decimal("bid", f.fill.bid);
    line.decimal("ask", f.fill.ask);
  }
  line.text("reason", f.reason);
  line.name("quote", f.quote);
  line.name("tick", entry.tick);
  return line.finish();
}

Result<LedgerEntry> parse_ledger_line(std::string_view line, std::uint64_t expected_n) {
  const auto tail = line.rfind(kCrcKey);
  if (tail == std::string_view::npos || line.size() != tail + kCrcKey.size() + 10 || !line.ends_with("\"}"))
    return broken(expected_n, "ends with its crc");
  if (line.substr(tail + kCrcKey.size(), 8) != hex8(crc32c(line.substr(0, tail)))) return broken(expected_n, "crc32c matches");
  try {
    const auto object = nlohmann::json::parse(line);
    const Fields f{object};
    if (object.at("n").get<std::uint64_t>() != expected_n) return broken(expected_n, "n counts from 1 without a gap");
    LedgerEntry entry;
    PaperFact& fact = entry.fact;
    fact.kind = f.one_of<PaperFactKind>("type", 8);
    fact.time = f.time("time_ns");
    fact.client_order_id = f.text("client_order_id");
    fact.venue_order_id = f.text("venue_order_id");
    if (fact.kind == PaperFactKind::order) fact.order = get_order(f);
    if (fact.kind == PaperFactKind::reject) {
      // A refused order may lack anything; its id is what counts.
      fact.order.kind = IntentKind::place;
      fact.order.client_order_id = fact.client_order_id;
    } else {
      fact.symbol = f.symbol();
    }
    fact.active_at = f.time("active_at_ns");
    if (fact.kind == PaperFactKind::fill)
      fact.fill = {.execution_id = f.text("execution_id"),
                   .price = f.decimal<Price>("price"),
                   .quantity = f.decimal<Quantity>("fill_quantity"),
                   .commission = f.decimal<Money>("commission"),
                   .time = fact.time,
                   .bid = f.decimal<Price>("bid"),
                   .ask = f.decimal<Price>("ask")};
    fact.reason = f.text("reason");
    fact.quote = f.name("quote");
    entry.tick = f.name("tick");
    return entry;
  } catch (const std::exception& e) {
    return broken(expected_n, std::string("holds what a ledger line holds: ") + e.what());
  }
}

Result<PaperLedger> PaperLedger::open(const std::string& path, const std::function<void(const LedgerEntry&)>& each) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (fd < 0) return io_error(path, "can be opened for writing");
  PaperLedger ledger{fd, 0, 0};  // closes the file on every way out
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) return io_error(path, "has one owner");
  // The directory entry of a new ledger must survive what the ledger survives.
  const auto folder = std::filesystem::absolute(path).parent_path();
  if (const int dir = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); dir >= 0) {
    ::fsync(dir);
    ::close(dir);
  }

  std::string text;
  std::array<char, 1 << 16> chunk;
  for (;;) {
    const ssize_t n = ::read(fd, chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error(path, "can be read");
    if (n == 0) break;
    text.append(chunk.data(), static_cast<std::size_t>(n));
  }
  std::size_t good = 0;
  std::uint64_t line_number = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    auto entry = end == std::string_view::npos ? Result<LedgerEntry>(broken(line_number + 1, "ends with a newline"))
                                               : parse_ledger_line(rest.substr(0, end), line_number + 1);
    if (!entry) {
      // Torn only when nothing good follows: a tear is at the end of what was written.
      for (auto from = end; from != std::string_view::npos;) {
        const auto next = rest.find('\n', from + 1);
        if (next == std::string_view::npos) break;
        const auto line = rest.substr(from + 1, next - from - 1);
        const auto tail = line.rfind(kCrcKey);
        if (tail != std::string_view::npos && line.substr(tail + kCrcKey.size()).starts_with(hex8(crc32c(line.substr(0, tail)))))
          return std::unexpected(entry.error());
        from = next;
      }
      break;
    }
    each(*entry);
    ++line_number;
    good += end + 1;
    rest.remove_prefix(end + 1);
  }
  ledger.lines_ = line_number;
  ledger.cut_bytes_ = text.size() - good;
  if (ledger.cut_bytes_ > 0 && (::ftruncate(fd, static_cast<off_t>(good)) != 0 || ::fdatasync(fd) != 0))
    return io_error(path, "its torn tail can be cut");
  return ledger;
}

Result<void> PaperLedger::read(const std::string& path, const std::function<void(const LedgerEntry&)>& each) {
  std::ifstream file{path};
  if (!file) return io_error(path, "can be read");
  std::uint64_t n = 0;
  for (std::string line; std::getline(file, line) && !file.eof();) {
    const auto entry = parse_ledger_line(line, ++n);
    if (!entry) return std::unexpected(entry.error());
    each(*entry);
  }
  return {};
}

PaperLedger::PaperLedger(PaperLedger&& other) noexcept
    : fd_{std::exchange(other.fd_, -1)}, lines_{other.lines_}, cut_bytes_{other.cut_bytes_} {}

PaperLedger& PaperLedger::operator=(PaperLedger&& other) noexcept {
  std::swap(fd_, other.fd_);
  lines_ = other.lines_;
  cut_bytes_ = other.cut_bytes_;
  return *this;
}

PaperLedger::~PaperLedger() {
  if (fd_ >= 0) ::close(fd_);
}

void PaperLedger::append(const std::vector<LedgerEntry>& entries) {
  std::string text;
  for (const LedgerEntry& entry : entries) text += ledger_line(++lines_, entry);
  write_all(fd_, text);
  if (::fdatasync(fd_) != 0) throw LedgerError(std::string("paper ledger: fdatasync failed: ") + std::strerror(errno));
}

}  // namespace tickmesh
