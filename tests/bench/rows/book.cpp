// book: depth by level as recorded, and a market by order. The floor is what anyone would write first: a std::map a side, orders in a
// std::unordered_map.
#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "bench/harness/benchmark.hpp"
#include "bench/harness/pacing.hpp"
#include "bench/harness/processes.hpp"
#include "orderbook/depth_book.hpp"
#include "orderbook/itch.hpp"
#include "tick_ingestor/feeds/replay/archive.hpp"
#include "tick_ingestor/feeds/replay/binance.hpp"
#include "unit/orderbook/itch_kit.hpp"

namespace tickmesh::bench {
namespace {

double seconds_of(const std::function<void()>& work) {
  const std::int64_t begin = now_ns();
  work();
  return static_cast<double>(now_ns() - begin) / 1e9;
}

/// The deltas and the snapshot of one instrument, parsed before the clock starts.
struct Recording {
  struct Piece {
    bool snapshot;
    std::uint64_t previous, last;
    std::size_t from, count;
  };
  Price tick{};
  std::vector<Piece> pieces{};
  std::vector<LevelChange> changes{};
  std::size_t updates{0};
};

std::string recorded(const char* name) {
  return std::string(TICKMESH_SOURCE_DIR) + "/../shared/data/binance-hftbacktest/" + name + "_20240808.gz";
}

Recording read_recording(const char* name, const char* tick) {
  Recording out;
  out.tick = *Price::parse(tick);
  auto archive = replay::Archive::open(recorded(name));
  TM_INVARIANT(archive.has_value(), "a recording that is there can be opened");
  std::string text;
  std::vector<char> buffer(1 << 20);
  while (const auto n = (*archive)->read(buffer).value()) text.append(buffer.data(), n);
  replay::BinanceLine line;
  const char* rule = "";
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    if (parse_binance(std::string_view{text}.substr(at, end - at), line, rule) &&
        (line.kind == replay::BinanceKind::depth || line.kind == replay::BinanceKind::snapshot)) {
      out.pieces.push_back({line.kind == replay::BinanceKind::snapshot, line.previous, line.last, out.changes.size(), line.levels.size()});
      out.changes.insert(out.changes.end(), line.levels.begin(), line.levels.end());
      out.updates += line.levels.size();
    }
    at = end + 1;
  }
  return out;
}

class BookDepth final : public Benchmark {
 public:
  explicit BookDepth(int rounds) : rounds_{rounds} {}
  std::vector<RowName> rows() const override { return {{"book.l2", "updates/s"}}; }
  void prepare() override {
    all_.push_back(read_recording("spot_btcusdt", "0.01"));
    all_.push_back(read_recording("usdm_btcusdt", "0.1"));
    all_.push_back(read_recording("usdm_ethusdt", "0.01"));
    all_.push_back(read_recording("cm_btcusd_perp", "0.1"));
    for (const Recording& one : all_) updates_ += one.updates;
  }
  Turn turn() override {
    const auto rate = [&](const char* name, const std::function<void()>& round) {
      return in_child(name,
                      [&] {
                        round();  // warm
                        const double seconds = seconds_of([&] {
                          for (int i = 0; i < rounds_; ++i) round();
                        });
                        return std::vector{static_cast<double>(updates_) * rounds_ / seconds};
                      })
          .at(0);
    };
    const double floor = rate("maps", [&] {
      for (const Recording& one : all_) {
        std::map<std::int64_t, std::int64_t> bids, asks;
        for (const auto& piece : one.pieces)
          for (std::size_t i = piece.from; i < piece.from + piece.count; ++i) {
            const LevelChange& c = one.changes[i];
            auto& side = c.side == Side::buy ? bids : asks;
            if (c.size.is_zero())
              side.erase(c.price.raw());
            else
              side[c.price.raw()] = c.size.raw();
          }
        sum_ += bids.size() + asks.size();
      }
    });
    std::vector<std::unique_ptr<DepthBook>> books;
    for (const Recording& one : all_) books.push_back(std::make_unique<DepthBook>(one.tick));
    const double ours = rate("book", [&] {
      for (std::size_t b = 0; b < all_.size(); ++b) {
        const Recording& one = all_[b];
        DepthBook& book = *books[b];
        book.drop();
        for (const auto& piece : one.pieces) {
          const std::span<const LevelChange> changes{one.changes.data() + piece.from, piece.count};
          piece.snapshot ? book.apply(DepthSnapshot{piece.last, changes}) : book.apply(DepthDelta{piece.previous, piece.last, changes});
        }
        TM_INVARIANT(book.live(), "the recorded book is whole");
        sum_ += book.last();
      }
    });
    return {{floor}, {ours}};
  }
  std::vector<std::string> notes() const override { return {fmt::format("{} updates of four instruments, {} times", updates_, rounds_)}; }

 private:
  int rounds_;
  std::vector<Recording> all_;
  std::size_t updates_{0};
  std::uint64_t sum_{0};
};

/// Orders and levels as anyone would hold them; bytes decoded by the same eyes.
class PlainOrders {
 public:
  explicit PlainOrders(std::size_t books) : sides_(books * 2) {}
  void apply(const unsigned char* at, std::size_t size) {
    for (const unsigned char* const end = at + size; at != end;) {
      const auto length = big(at, 2);
      const unsigned char* m = at + 2;
      at += 2 + length;
      const std::uint64_t id = big(m + 11, 8);
      switch (*m) {
        case 'A': add(id, big(m + 1, 2) * 2 + (m[19] == 'B' ? 1 : 0), big(m + 32, 4), big(m + 20, 4)); break;
        case 'E':
        case 'X': take(id, big(m + 19, 4)); break;
        case 'D': take(id, ~std::uint64_t{0}); break;
        case 'U': {
          const std::uint64_t side = orders_.at(id).side;
          take(id, ~std::uint64_t{0});
          add(big(m + 19, 8), side, big(m + 31, 4), big(m + 27, 4));
          break;
        }
        default: break;
      }
    }
  }
  std::size_t orders() const { return orders_.size(); }

 private:
  struct Order {
    std::uint64_t side, price, size;
  };
  static std::uint64_t big(const unsigned char* at, int bytes) {
    std::uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value = value << 8 | at[i];
    return value;
  }
  void add(std::uint64_t id, std::uint64_t side, std::uint64_t price, std::uint64_t size) {
    orders_[id] = {side, price, size};
    sides_[side][price] += size;
  }
  void take(std::uint64_t id, std::uint64_t by) {
    const auto order = orders_.find(id);
    auto& levels = sides_[order->second.side];
    const auto level = levels.find(order->second.price);
    by = std::min(by, order->second.size);
    level->second -= by;
    if (level->second == 0) levels.erase(level);
    order->second.size -= by;
    if (order->second.size == 0) orders_.erase(order);
  }
  std::unordered_map<std::uint64_t, Order> orders_;
  std::vector<std::map<std::uint64_t, std::uint64_t>> sides_;
};

class BookOrders final : public Benchmark {
 public:
  BookOrders(std::size_t messages, std::size_t most) : messages_{messages}, most_{most} {}
  std::vector<RowName> rows() const override { return {{"book.l3", "messages/s"}}; }
  void prepare() override {
    testing::OrderStream stream{1, kBooks, most_};
    bytes_.reserve(messages_ * 34);
    for (std::size_t i = 0; i < messages_; ++i) testing::put_itch(bytes_, stream.next());
  }
  Turn turn() override {
    const double floor = in_child("maps", [&] {
                           PlainOrders books{kBooks};
                           const double s =
                               seconds_of([&] { books.apply(reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size()); });
                           return std::vector{static_cast<double>(messages_) / s, static_cast<double>(books.orders())};
                         }).at(0);
    const auto ours = in_child("books", [&] {
      OrderBooks books{std::vector<Price>(kBooks, Price::from_raw(testing::kCent)), most_};
      ItchTally tally;
      const double s = seconds_of([&] { apply_itch(as_bytes(bytes_), books, tally); });
      TM_INVARIANT(books.count(OrderAnswer::done) == messages_, "every message fits the books");
      return std::vector{static_cast<double>(messages_) / s, static_cast<double>(books.orders())};
    });
    orders_ = ours.at(1);
    return {{floor}, {ours.at(0)}};
  }
  std::vector<std::string> notes() const override {
    return {fmt::format("{} messages, {} bytes, {:.0f} orders alive at the end", messages_, bytes_.size(), orders_)};
  }

 private:
  static constexpr std::uint16_t kBooks = 50;
  std::size_t messages_, most_;
  std::string bytes_;
  double orders_{0};
};

}  // namespace

void add_book(Benchmarks& all, const Settings& settings) {
  if (std::filesystem::exists(recorded("spot_btcusdt"))) all.push_back(std::make_unique<BookDepth>(settings.quick ? 2 : 10));
  all.push_back(settings.quick ? std::make_unique<BookOrders>(1'000'000, 100'000) : std::make_unique<BookOrders>(10'000'000, 1'000'000));
}

}  // namespace tickmesh::bench
