// On the tick path nothing allocates once warm: every core, on what it takes in the mesh.
#include <map>

#include "broker_gateway/configure.hpp"
#include "tick_ingestor/configure.hpp"
#include "unit/backtester/mesh_kit.hpp"
#include "unit/codec/allocations.hpp"

namespace tickmesh {
namespace {

using testing::allocations;
using testing::demo_mesh;
using testing::kMarketStart;

// Bars are kept for seven minutes: by then every list has found its size.
constexpr Duration kWarm = seconds(9 * 60);
constexpr Duration kLength = seconds(15 * 60);

struct Counted {
  std::uint64_t ticks{0};
  std::uint64_t allocations{0};
};

/// Events whose words are made when they are said; all others are plain values.
bool has_words(const Event& event) {
  return !std::holds_alternative<Tick>(event) && !std::holds_alternative<Latest>(event) && !std::holds_alternative<Metrics>(event) &&
         !std::holds_alternative<Bar>(event) && !std::holds_alternative<AccountEvent>(event);
}

/// Counts what its core takes from the heap on ticks that bring about nothing in words.
class Counting final : public Core {
 public:
  Counting(std::unique_ptr<Core> core, Counted& counted, bool planted) : core_{std::move(core)}, counted_{counted}, planted_{planted} {}
  std::uint32_t version() const override { return core_->version(); }
  void save(ByteWriter& out) const override { core_->save(out); }
  void load(ByteReader& in) override { core_->load(in); }
  void apply(const Input& in, Outbox& out) override {
    const std::size_t said = out.said().size();
    const std::size_t before = allocations();
    if (planted_) words_ = std::string(100, 'x');
    core_->apply(in, out);
    const std::size_t taken = allocations() - before;
    if (!std::holds_alternative<Tick>(in.event) || in.now < kMarketStart + kWarm) return;
    for (std::size_t i = said; i < out.said().size(); ++i)
      if (has_words(out.said()[i].event)) return;
    ++counted_.ticks;
    counted_.allocations += taken;
  }

 private:
  std::unique_ptr<Core> core_;
  Counted& counted_;
  bool planted_;
  std::string words_;
};

std::map<std::string, Counted> count(Duration length, const std::string& planted_in = {}) {
  const auto mesh = demo_mesh();
  std::map<std::string, Counted> counted;
  backtest::RunOptions options{.hash = false};
  options.cores = [&](const std::string& service, const Config& config, const Instruments& instruments) -> std::unique_ptr<Core> {
    return std::make_unique<Counting>(make_core(service, config, instruments), counted[service], service == planted_in);
  };
  backtest::SingleThreadMesh{mesh.config, mesh.instruments, kMarketStart, std::move(options)}.run(length);
  return counted;
}

TEST(Allocations, NoCoreTakesFromTheHeapOnATickOnceWarm) {
  const auto counted = count(kLength);
  EXPECT_EQ(counted.size(), 4u);
  for (const auto& [service, one] : counted) {
    EXPECT_GT(one.ticks, 50'000u) << service;
    EXPECT_EQ(one.allocations, 0u) << service;
  }
}

TEST(Allocations, OnePlantedInACoreIsFound) {
  const auto counted = count(seconds(9 * 60 + 10), "bar_compressor");
  for (const auto& [service, one] : counted) {
    ASSERT_GT(one.ticks, 100u) << service;
    EXPECT_EQ(one.allocations, service == "bar_compressor" ? one.ticks : 0u) << service;
  }
}

TEST(Allocations, NeitherTheIngestorNorTheVenueTakesFromTheHeapOnATickOnceWarm) {
  const auto mesh = demo_mesh();
  auto market = demo_market(mesh.config, mesh.instruments);
  ASSERT_TRUE(market.has_value());
  IngestCore ingest{mesh.instruments};
  Outbox out;
  out.set_epoch(1);
  auto venue = PaperVenue::open(mesh.instruments, paper_config(mesh.config), "");
  ASSERT_TRUE(venue.has_value());
  // An order that never trades works on every tick of its instrument.
  Intent order;
  order.kind = IntentKind::place;
  order.client_order_id = "TA1";
  order.symbol = *mesh.instruments.resolve("AAPL.DEMO");
  order.side = Side::buy;
  order.type = OrderType::limit;
  order.quantity = Quantity::from_units(1);
  order.limit_price = Price::from_units(1);
  (*venue)->submit(order, kMarketStart);
  std::vector<VenueReport> reports;
  std::size_t before = 0;
  for (int i = 0; i < 40'000; ++i) {
    if (i == 20'000) before = allocations();
    const DemoItem item = market->next();
    if (item.is_event) continue;
    const Timestamp now = kMarketStart + Duration{item.offset};
    Event event{item.tick};
    std::get<Tick>(event).event_time = now;
    out.begin(now, {});
    ingest.apply({now, Name{}, event}, out);
    const auto& said = out.said().front();
    (*venue)->on_tick(std::get<Tick>(said.event), said.name);
    (*venue)->advance(now);
    (*venue)->poll(reports);
    reports.clear();
    out.said().clear();
  }
  EXPECT_EQ(allocations() - before, 0u);
}

}  // namespace
}  // namespace tickmesh
