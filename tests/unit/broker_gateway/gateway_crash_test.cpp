// A gateway killed again and again at seeded moments, with its venue: between record and effect, between effect and report,
// in the middle of a reconciliation, with a torn ledger line. What it says afterwards must agree with the ledger.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>

#include "broker_gateway/venues/paper_venue.hpp"
#include "unit/broker_gateway/gateway_fixture.hpp"

namespace tickmesh {
namespace {

struct Killed {};

class World {
 public:
  World(std::uint64_t seed, std::string path) : path_{std::move(path)}, rng_{seed} {
    std::filesystem::remove(path_);
    config_.limits.orders_per_second = 1'000;
    config_.limits.gross = Money::from_units(100'000'000);
    config_.keep_closed = 512;
    paper_.keep_closed = 256;
    start();
  }
  ~World() {
    venue_.reset();
    std::filesystem::remove(path_);
  }

  void run(int steps, int killed_one_in) {
    one_in_ = killed_one_in;
    for (int i = 0; i < steps; ++i) guarded([&] { step(); });
    // Let what works come to its end, undisturbed.
    one_in_ = 0;
    restart();
    for (int i = 0; i < 50; ++i) step(true);
  }

  void check() {
    std::map<std::string, Quantity> by_events, by_ledger;
    std::map<std::string, int> executions;
    std::set<std::string> answered;
    for (const auto& said : said_) {
      const auto* o = std::get_if<OrderEvent>(&said.event);
      if (o == nullptr) continue;
      if (o->order.kind == IntentKind::place) answered.insert(o->order.client_order_id);
      if (o->fill.execution_id.empty()) continue;
      EXPECT_EQ(++executions[o->fill.execution_id], 1) << o->fill.execution_id;
      by_events[o->order.client_order_id] += o->fill.quantity;
    }
    std::map<std::string, int> placed;
    std::ifstream in{path_};
    std::uint64_t n = 0;
    for (std::string line; std::getline(in, line);) {
      const auto entry = parse_ledger_line(line, ++n);
      ASSERT_TRUE(entry.has_value()) << to_string(entry.error());
      const PaperFact& f = entry->fact;
      if (f.kind == PaperFactKind::order || f.kind == PaperFactKind::reject) {
        EXPECT_EQ(++placed[f.client_order_id], 1) << "sent twice: " << f.client_order_id;
      }
      if (f.kind == PaperFactKind::refuse) {
        EXPECT_NE(f.reason, kDuplicateClientId) << f.client_order_id;
      }
      if (f.kind == PaperFactKind::fill) by_ledger[f.client_order_id] += f.fill.quantity;
    }
    EXPECT_EQ(by_events, by_ledger);
    EXPECT_EQ(answered.size(), static_cast<std::size_t>(next_id_));
    std::size_t open = 0;
    for (const auto& [number, order] : venue_->exchange().orders()) open += order.status == PaperStatus::open;
    EXPECT_EQ(core_->working(), open);
    EXPECT_EQ(core_->state(), RiskState::active) << core_->state_reason();
    EXPECT_GT(kills_, 20U);
    EXPECT_GT(by_ledger.size(), 50U);
    EXPECT_GT(resent_, 0U);
  }

 private:
  struct Taken {
    Timestamp now{};
    Name name{};
    Event event{};
  };

  std::int64_t pick(std::int64_t lo, std::int64_t hi) {
    return lo + static_cast<std::int64_t>(rng_() % static_cast<std::uint64_t>(hi - lo + 1));
  }
  void moment() {
    if (one_in_ > 0 && pick(1, one_in_) == 1) throw Killed{};
  }

  void apply(GatewayCore& core, Outbox& out, const Taken& t) const {
    out.begin(t.now, {t.name, time_of(t.event)}, tick_time_of(t.event));
    core.apply({t.now, t.name, t.event}, out);
  }

  /// Take, record, apply, record, perform: as the runner and the shell do.
  void take(Event event, const Name& name = {}) {
    taken_.push_back({now_, name, std::move(event)});
    apply(*core_, out_, taken_.back());
    const auto said = std::exchange(out_.said(), {});
    said_.insert(said_.end(), said.begin(), said.end());
    for (const auto& s : said) {
      const auto* o = std::get_if<OrderEvent>(&s.event);
      if (o == nullptr || effect_of(*o) == Effect::none) continue;
      if (o->attempt > 1 && o->kind == sending) ++resent_;
      moment();
      perform(*o, *venue_);
      moment();
    }
    poll();
  }
  void poll() {
    std::vector<VenueReport> reports;
    venue_->poll(reports);
    for (const auto& r : reports) {
      moment();
      take(r);
    }
  }

  void step(bool calm = false) {
    now_ = now_ + milliseconds(pick(1, 12));
    const auto what = pick(0, 9);
    if (what < 6 || calm) {
      mid_ += pick(-2, 2);
      Tick t = quote(now_, "1", pick(0, 30), "1", pick(0, 30));
      t.bid = Price::from_raw(mid_ * 1'000'000);
      t.ask = Price::from_raw((mid_ + pick(1, 4)) * 1'000'000);
      const Name name{Stream::tick, 3, {1, ++ticks_}};
      venue_->on_tick(t, name);
      moment();
      take(t, name);
    } else if (what < 9) {
      Intent i = order("T" + std::to_string(++next_id_), pick(0, 1) == 0 ? Side::buy : Side::sell, pick(1, 40));
      i.purpose = pick(0, 2) == 0 ? Purpose::exit : Purpose::entry;
      i.type = static_cast<OrderType>(pick(1, 3));
      i.limit_price = i.stop_price = Price::from_raw((mid_ + pick(-5, 5)) * 1'000'000);
      i.reference_price = Price::from_raw(mid_ * 1'000'000);
      i.manager = {5, 1};
      i.gateway = token_;
      if (i.purpose == Purpose::entry) i.valid_until = now_ + milliseconds(40);
      take(i, {Stream::intent, 0, {5, ++intents_}});
    } else if (next_id_ > 0) {
      Intent i{.kind = IntentKind::cancel,
               .client_order_id = "T" + std::to_string(pick(std::max<std::int64_t>(1, next_id_ - 5), next_id_))};
      i.manager = {5, 1};
      i.gateway = token_;
      take(i, {Stream::intent, 0, {5, ++intents_}});
    }
    venue_->advance(now_);
    poll();
  }

  void guarded(const std::function<void()>& what) {
    for (bool up = false;;) {
      try {
        if (up)
          restart();
        else
          what();
        return;
      } catch (const Killed&) {
        ++kills_;
        up = true;
      }
    }
  }

  void start() {
    core_ = std::make_unique<GatewayCore>(config_);
    out_ = Outbox{};
    out_.set_epoch(9);
    open_venue();
    session();
  }
  void open_venue() {
    venue_.reset();
    auto opened = PaperVenue::open(test_instruments(), paper_, path_);
    ASSERT_TRUE(opened.has_value()) << to_string(opened.error());
    venue_ = std::move(*opened);
  }

  /// A new process: snapshot and tail, or everything, run again; what was said must come out equal.
  void restart() {
    now_ = now_ + milliseconds(pick(0, 60));
    if (pick(0, 1) == 0) {
      venue_.reset();
      std::ofstream{path_, std::ios::app} << R"({"n":999,"type":"fi)";
    }
    auto core = std::make_unique<GatewayCore>(config_);
    Outbox out;
    out.set_epoch(9);
    std::size_t first_taken = 0, first_said = 0;
    if (!snapshot_.empty() && pick(0, 2) != 0) {
      ByteReader reader{snapshot_};
      core->load(reader);
      out.heads() = snapshot_heads_;
      first_taken = snapshot_taken_;
      first_said = snapshot_said_;
    }
    for (std::size_t i = first_taken; i < taken_.size(); ++i) apply(*core, out, taken_[i]);
    ASSERT_EQ(out.said().size(), said_.size() - first_said);
    for (std::size_t i = 0; i < out.said().size(); ++i) {
      ASSERT_EQ(out.said()[i].name, said_[first_said + i].name);
      ASSERT_EQ(out.said()[i].event, said_[first_said + i].event);
    }
    out.said().clear();
    core_ = std::move(core);
    out_ = std::move(out);
    if (pick(0, 3) == 0) {
      snapshot_.clear();
      ByteWriter writer{snapshot_};
      core_->save(writer);
      snapshot_heads_ = out_.heads();
      snapshot_taken_ = taken_.size();
      snapshot_said_ = said_.size();
    }
    open_venue();
    session();
  }
  void session() {
    ++token_.incarnation;
    take(Started{token_});
    moment();
    take(PeerChanged{"position_manager", true, {5, 1}});
    take(WentLive{});
    std::vector<VenueReport> reports;
    venue_->reconcile(now_, reports);
    for (const auto& r : reports) {
      if (r.kind != VenueReportKind::known_order) moment_in_reconcile();
      take(r);
    }
  }
  void moment_in_reconcile() {
    if (one_in_ > 0 && pick(1, 2'000) == 1) throw Killed{};
  }

  std::string path_;
  std::mt19937_64 rng_;
  GatewayConfig config_{test_gateway_config()};
  PaperConfig paper_{};
  std::unique_ptr<GatewayCore> core_{};
  std::unique_ptr<PaperVenue> venue_{};
  Outbox out_{};
  std::vector<Taken> taken_{};
  std::vector<Outbox::Said> said_{};
  Bytes snapshot_{};
  Outbox::Heads snapshot_heads_{};
  std::size_t snapshot_taken_{0}, snapshot_said_{0};
  Timestamp now_{ms(0)};
  Token token_{.epoch = 9, .incarnation = 0};
  std::int64_t mid_{10'000};
  std::int64_t next_id_{0};
  Sequence ticks_{0}, intents_{0};
  int one_in_{0};
  std::uint64_t kills_{0}, resent_{0};
};

class GatewayCrash : public testing::TestWithParam<std::uint64_t> {};

TEST_P(GatewayCrash, OrderEventsAndLedgerAgreeAndNothingIsSentTwice) {
  World world{GetParam(), testing::TempDir() + "gateway_crash_" + std::to_string(getpid()) + ".jsonl"};
  world.run(600, 25);
  world.check();
}

INSTANTIATE_TEST_SUITE_P(Seeds, GatewayCrash, testing::Range<std::uint64_t>(1, 7));

}  // namespace
}  // namespace tickmesh
