// Books by order: every resting order with its place in the queue, of many instruments that share one space of order ids (a venue's own).
// One writer, no locks. An order is found by its id (order_ids); racks of orders and levels lie in pools and are linked by number.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "orderbook/level_book.hpp"
#include "orderbook/order_ids.hpp"

namespace tickmesh {

/// What a book by order makes of a message. Anything but `done` means that it and its venue no longer agree.
enum class OrderAnswer : std::uint8_t {
  done = 0,
  unknown_order = 1,  ///< nothing changed
  known_order = 2,    ///< added again under a living id: nothing changed
  too_much = 3,       ///< more was taken than was left, or it went to a level that cannot hold it: the order is gone
  refused = 4,        ///< a size below 1, a price off the tick, no side, no such book: nothing changed
};
inline constexpr std::size_t kOrderAnswers = 5;
std::string_view to_string(OrderAnswer answer);  ///< done, unknown_order, …

/// A message of a venue; fields that its kind lacks are not looked at.
struct OrderMessage {
  enum class Kind : std::uint8_t { add, reduce, remove, replace };
  std::uint64_t id{0}, by{0};  ///< `by`: the new id of a replaced order
  Price price{};
  Quantity size{};  ///< of `reduce`: what is taken
  std::uint16_t book{0};
  Side side{Side::none};
  Kind kind{};
};

struct RestingOrder {
  std::uint16_t book{0};
  Side side{Side::none};
  Price price{};
  Quantity size{};
  friend bool operator==(const RestingOrder&, const RestingOrder&) = default;
};

class OrderBooks {
 public:
  using Id = std::uint64_t;
  /// One book a tick (> 0), numbered from 0; at most 65,535. Memory for `orders` living at once is taken now, 110 to 160 bytes
  /// each; more grow it.
  explicit OrderBooks(std::span<const Price> ticks, std::size_t orders = 1'024);

  OrderAnswer add(std::uint16_t book, Id id, Side side, Price price, Quantity size);
  /// Part of it was executed or cancelled; its place in the queue stays.
  OrderAnswer reduce(Id id, Quantity by);
  OrderAnswer remove(Id id);
  /// A new id, price and size: it goes to the end of its new queue.
  OrderAnswer replace(Id id, Id by, Price price, Quantity size);
  /// The same, message by message, the memory that they need being asked for ahead of its use. The answers are counted. All of it in one
  /// piece of code, since calls and what they save of registers are a fifth of its instructions.
  [[gnu::flatten]] void apply(std::span<const OrderMessage> messages);
  /// All its orders; it agrees with its venue again.
  void clear(std::uint16_t book);

  /// How often each answer came, in all books.
  std::uint64_t count(OrderAnswer answer) const { return counts_[static_cast<std::size_t>(answer)]; }
  /// Something about it was not `done` since it was cleared: rebuild it. Messages of unknown orders belong to no book and count alone.
  bool suspect(std::uint16_t book) const { return books_.at(book).suspect; }
  std::size_t books() const { return books_.size(); }
  std::size_t orders() const { return orders_; }

  BookLevel best(std::uint16_t book, Side side) const;
  std::size_t top(std::uint16_t book, Side side, std::span<BookLevel> into) const;
  std::size_t levels(std::uint16_t book, Side side) const { return books_.at(book).sides[index_of(side)].size(); }
  bool crossed(std::uint16_t book) const;
  /// False: no such order lives.
  bool find(Id id, RestingOrder& into) const;
  /// What stands before it at its price, and before nothing else. 0 for an unknown one. A walk along the queue.
  Quantity ahead(Id id) const;

  /// All orders by book, side, level from the best, queue: equal books give equal bytes.
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  struct Order {
    Id id{0};
    std::int64_t size{0};  // 0: nobody, or no longer
  };
  /// Three orders that came one after the other to a level: all that is to be known of an order lies in one cache line, and who leaves
  /// touches no neighbour. Who comes takes the place behind the last one alive. A rack that nobody is left in goes, unless it is the
  /// level's last: the next order takes its first place.
  struct alignas(64) Rack {
    std::array<Order, 3> orders{};
    std::uint32_t level{0};
    std::uint32_t ahead{0}, behind{0};  // in the queue of the level; 0: none. Free ones are linked by ahead
    bool empty() const { return (orders[0].size | orders[1].size | orders[2].size) == 0; }
    /// The place behind the last one alive.
    std::uint32_t next() const {
      const unsigned alive = unsigned{orders[0].size != 0} | unsigned{orders[1].size != 0} << 1 | unsigned{orders[2].size != 0} << 2;
      return 0x33332210U >> 4 * alive & 3;
    }
  };
  struct alignas(32) Level {
    std::int64_t size{0};
    std::int64_t key{0};
    std::uint32_t last{0};  // rack of its queue; free ones are linked by it
    std::uint32_t orders{0};
    std::uint16_t book{0};
    Side side{Side::none};
    bool is(std::uint16_t b, Side s, std::int64_t k) const { return orders != 0 && key == k && book == b && side == s; }
  };
  struct Book {
    TickGrid grid;
    std::array<PriceLadder<std::uint32_t>, 2> sides{};  // asks, bids: to places in levels_
    bool suspect{false};
  };
  // A number, since nobody could guess which side comes next.
  static std::size_t index_of(Side side) { return std::size_t{side == Side::buy}; }
  static PriceLadder<std::uint32_t>& ladder(Book& book, Side side) { return book.sides[index_of(side)]; }
  const PriceLadder<std::uint32_t>& ladder(std::uint16_t book, Side side) const { return books_[book].sides[index_of(side)]; }
  OrderAnswer told(OrderAnswer answer) {
    ++counts_[static_cast<std::size_t>(answer)];
    return answer;
  }
  OrderAnswer doubt(Book& book, OrderAnswer answer) {
    book.suspect = true;
    return told(answer);
  }
  static std::int64_t signed_key(Side side, std::int64_t ticks) {
    const std::int64_t bid = -std::int64_t{side == Side::buy};
    return (ticks ^ bid) - bid;
  }
  static std::int64_t key_of(const Book& book, Side side, Price price) { return signed_key(side, book.grid.ticks(price)); }
  // A place is a rack's number and which of its orders.
  static constexpr std::uint32_t kPlaces = 4;
  Order& order(std::uint32_t place) { return racks_[place / kPlaces].orders[place % kPlaces]; }
  const Order& order(std::uint32_t place) const { return racks_[place / kPlaces].orders[place % kPlaces]; }
  const Level& level_of(std::uint32_t place) const { return levels_[racks_[place / kPlaces].level]; }
  auto id_at() const {
    return [this](std::uint32_t place) { return order(place).id; };
  }
  // `guess` is the level that it comes to, if it is: who has looked saves the next one looking.
  OrderAnswer add(std::uint16_t book, Id id, Side side, std::int64_t ticks, std::int64_t size, std::uint32_t guess);
  OrderAnswer take(std::uint32_t place, std::int64_t by);
  OrderAnswer move(std::uint32_t place, Id by, Price price, std::int64_t size, std::uint32_t guess);
  /// False, and nothing changed: the level's sum would not fit 64 bits.
  bool rest(std::uint16_t book, Id id, Side side, std::int64_t key, std::int64_t size, std::uint32_t guess = 0);
  std::uint32_t place_behind(std::uint32_t level);
  // What comes seldom stays out of line.
  [[gnu::noinline]] std::uint32_t level_at(std::uint16_t book, Side side, std::int64_t key) const { return ladder(book, side).get(key); }
  [[gnu::noinline]] std::uint32_t new_level(std::uint16_t book, Side side, std::int64_t key);
  [[gnu::noinline]] void make_racks(std::size_t more);
  void take_out(std::uint32_t place, std::int64_t size);
  [[gnu::noinline]] void leave(std::uint32_t rack);
  std::uint32_t first_rack(const Level& level) const;
  BookLevel said(const Book& book, const Level& level) const;

  std::vector<Book> books_;
  OrderIds ids_;
  std::vector<Rack> racks_;    // [0] is nobody's, and has no room
  std::vector<Level> levels_;  // [0] is none
  std::uint32_t free_rack_{0}, free_level_{0};
  std::size_t orders_{0};
  std::uint64_t counts_[kOrderAnswers]{};
};

}  // namespace tickmesh
