// Random talk with a gateway that fills in parts, repeats itself, refuses, forgets and answers late.
#include <random>
#include <set>

#include "unit/position_manager/harness.hpp"

namespace tickmesh::test {
namespace {

/// One seed is one story. With `cuts` the core is saved and loaded again at random places.
class Story {
 public:
  Story(std::uint64_t seed, bool cuts) : random_{seed}, cut_random_{seed ^ 0x9e3779b97f4a7c15ULL}, cuts_{cuts} {
    auto c = config();
    c.limits.cooldown = milliseconds(200);
    h_ = std::make_unique<Harness>(Harness{c}.ready());
    log_said();
  }

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFatalFailure(); ++i) {
      step();
      check();
      if (cuts_ && cut_random_() % 10 == 0) h_->reload();
    }
  }
  const std::vector<std::pair<Name, Event>>& log() const { return log_; }
  Bytes saved() const { return h_->saved(); }
  std::size_t fills() const { return fills_; }
  std::size_t closed() const { return closed_; }

 private:
  std::uint64_t pick(std::uint64_t n) { return random_() % n; }
  Symbol any() { return std::array{kAapl, kMsft, kZoo}[pick(3)]; }

  void step() {
    h_->during.clear();
    switch (pick(16)) {
      case 0:
      case 1:
      case 2:
      case 3: {
        Price& mid = mids_[any()];
        if (mid.is_zero()) mid = price("100.00");
        mid += Price::from_raw((static_cast<std::int64_t>(pick(81)) - 40) * 1'000'000);
        if (mid < price("80")) mid = price("80");
        for (const auto& [s, m] : mids_) {
          if (!m.is_zero()) h_->quote(s, m - price("0.01"), m + price("0.01"));
          log_said();
        }
        return;
      }
      case 4:
      case 5: {
        const bool buy = pick(2) == 0;
        const Symbol s = any();
        const Price m = mids_[s].is_zero() ? price("100") : mids_[s];
        auto signal = h_->signal(s, buy ? SignalAction::enter_long : SignalAction::enter_short);
        signal.stop = buy ? m - price("0.50") : m + price("0.50");
        signal.target = buy ? m + price("0.50") : m - price("0.50");
        h_->signals(signal);
        break;
      }
      case 6: h_->signals(h_->signal(any(), SignalAction::exit)); break;
      case 7:
        h_->pass(milliseconds(static_cast<std::int64_t>(pick(1'500))));
        for (const auto& s : h_->during) log_.emplace_back(s.name, s.event);
        return;
      case 8: command(); break;
      case 9:
        if (pick(8) == 0) {
          h_->start();
          live_ = false;
        } else if (!live_) {
          h_->give(WentLive{});
          live_ = true;
        }
        break;
      default: gateway(); break;
    }
    log_said();
  }

  void command() {
    static constexpr std::array verbs = {Verb::open, Verb::open,   Verb::close,  Verb::cancel_all,
                                         Verb::halt, Verb::resume, Verb::resume, Verb::flatten};
    const Verb verb = verbs[pick(verbs.size())];
    auto c = h_->command(verb, verb == Verb::open || verb == Verb::close ? any() : Symbol{});
    if (verb == Verb::open) c.quantity = units(static_cast<std::int64_t>(pick(60)) - 30);
    asked_.insert(c.id);
    h_->ask(c);
  }

  void gateway() {
    if (working_.empty()) return;
    const std::size_t at = pick(working_.size());
    const Intent order = working_[at];
    OrderEvent e;
    const Quantity left = order.quantity - filled_[order.client_order_id];
    switch (pick(8)) {
      case 0: e = h_->heard(order, OrderEventKind::accepted); break;
      case 1: e = h_->heard(order, left == order.quantity ? OrderEventKind::rejected : OrderEventKind::canceled); break;
      case 2: e = h_->heard(order, OrderEventKind::canceled); break;
      case 3: e = h_->heard(order, OrderEventKind::unknown); break;
      default: {
        const Quantity part =
            pick(2) == 0 ? left : units(1 + static_cast<std::int64_t>(pick(static_cast<std::uint64_t>(left.raw() / Quantity::kScale))));
        const Price p = mids_[order.symbol].is_zero() ? price("100") : mids_[order.symbol];
        e = h_->filling(order, part, p + Price::from_raw(static_cast<std::int64_t>(pick(1'000'000))), money("1.00"));
        filled_[order.client_order_id] += part;
        held_[order.symbol] += order.side == Side::buy ? part : -part;
        cash_ += order.side == Side::buy ? -notional(e.fill.price, part) : notional(e.fill.price, part);
        cash_ -= e.fill.commission;
        ++fills_;
      }
    }
    if (e.kind == OrderEventKind::filled || e.kind == OrderEventKind::canceled || e.kind == OrderEventKind::rejected)
      working_.erase(working_.begin() + static_cast<std::ptrdiff_t>(at));
    h_->says(e);
    log_said();
    if (pick(4) == 0) {
      h_->says(e);
      log_said();
    }
    if (!old_.empty() && pick(4) == 0) {
      h_->says(old_[pick(old_.size())]);
      log_said();
    }
    if (e.fill.quantity.raw() > 0) old_.push_back(e);
  }

  void log_said() {
    for (const auto& s : h_->outbox()) {
      log_.emplace_back(s.name, s.event);
      if (const auto* i = std::get_if<Intent>(&s.event); i != nullptr && i->kind == IntentKind::place) {
        ASSERT_TRUE(live_) << "nothing is asked while catching up";
        ASSERT_TRUE(ids_.insert(i->client_order_id).second) << "an order's id is its own";
        for (const Intent& w : working_)
          ASSERT_FALSE(w.symbol == i->symbol && w.purpose == i->purpose) << "one open intent a purpose and symbol";
        working_.push_back(*i);
      }
      if (const auto* p = std::get_if<PositionEvent>(&s.event); p != nullptr && p->kind == PositionEventKind::closed) ++closed_;
      if (const auto* r = std::get_if<RiskEvent>(&s.event); r != nullptr && r->kind == RiskEventKind::command_answered) {
        ASSERT_EQ(asked_.erase(r->command_id), 1U) << "one answer a command: " << r->command_id;
      }
    }
    h_->outbox().clear();
  }

  void check() {
    for (const Symbol& s : {kAapl, kMsft, kZoo}) ASSERT_EQ(h_->held(s), held_[s]) << s.view() << ": a position is the sum of its fills";
    const AccountEvent a = h_->core().account();
    for (const auto& p : h_->core().positions()) {
      if (p.quantity.is_zero()) continue;
      ASSERT_GT(p.entry_price, Price{});
    }
    ASSERT_EQ(a.equity, a.balance + a.unrealized_pnl);
    ASSERT_EQ(a.balance, config().balance + a.realized_pnl);
    if (a.open_positions == 0) {
      ASSERT_EQ(a.realized_pnl, cash_) << "cash is conserved";
    }
    ASSERT_EQ(h_->core().working_orders(), working_.size());
  }

  std::mt19937_64 random_;
  std::mt19937_64 cut_random_;
  bool cuts_;
  bool live_{true};
  std::unique_ptr<Harness> h_;
  std::map<Symbol, Price> mids_;
  std::map<Symbol, Quantity> held_;
  std::map<std::string, Quantity> filled_;
  std::vector<Intent> working_;
  std::vector<OrderEvent> old_;
  std::set<std::string> ids_;
  std::set<std::string> asked_;
  std::vector<std::pair<Name, Event>> log_;
  Money cash_{};
  std::size_t fills_{0}, closed_{0};
};

TEST(RandomTalk, PositionsAreTheSumOfFillsAndCommandsAnsweredOnce) {
  std::size_t fills = 0, closed = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Story story{seed, false};
    story.run(600);
    if (testing::Test::HasFatalFailure()) return;
    fills += story.fills();
    closed += story.closed();
  }
  EXPECT_GT(fills, 1'000U) << "the talk is worth having";
  EXPECT_GT(closed, 300U);
}

TEST(RandomTalk, CutAnywhereItGoesOnTheSame) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Story whole{seed, false};
    Story cut{seed, true};
    whole.run(400);
    cut.run(400);
    if (testing::Test::HasFatalFailure()) return;
    ASSERT_EQ(whole.log(), cut.log());
    ASSERT_EQ(whole.saved(), cut.saved());
  }
}

}  // namespace
}  // namespace tickmesh::test
