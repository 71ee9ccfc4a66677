#include "risk/entry_limits.hpp"
#include "risk/risk_book.hpp"

namespace tickmesh {
namespace {

const Symbol kAapl = *Symbol::parse("AAPL.DEMO");
const Symbol kMsft = *Symbol::parse("MSFT.DEMO");

TEST(RiskBook, StateIsTheWorstOfAccountAndSymbol) {
  RiskBook book;
  EXPECT_EQ(book.state(kAapl), RiskState::active);
  EXPECT_TRUE(book.raise(kAapl, RiskCause::stale, RiskState::reducing, "old"));
  EXPECT_EQ(book.state(kAapl), RiskState::reducing);
  EXPECT_EQ(book.state(kMsft), RiskState::active);
  EXPECT_EQ(book.account(), RiskState::active);
  EXPECT_TRUE(book.raise(Symbol{}, RiskCause::person, RiskState::halted, "halt"));
  EXPECT_EQ(book.state(kMsft), RiskState::halted);
}

TEST(RiskBook, EndsWithItsLastCause) {
  RiskBook book;
  book.raise(Symbol{}, RiskCause::feed_silent, RiskState::reducing, "a");
  book.raise(Symbol{}, RiskCause::gateway_silent, RiskState::reducing, "b");
  EXPECT_EQ(book.reasons(Symbol{}), "feed_silent: a; gateway_silent: b");
  EXPECT_TRUE(book.lift(Symbol{}, RiskCause::feed_silent));
  EXPECT_FALSE(book.lift(Symbol{}, RiskCause::feed_silent));
  EXPECT_EQ(book.account(), RiskState::reducing);
  book.lift(Symbol{}, RiskCause::gateway_silent);
  EXPECT_EQ(book.account(), RiskState::active);
}

TEST(RiskBook, AutomaticCausesNeverHalt) {
  RiskBook book;
  EXPECT_THROW(book.raise(Symbol{}, RiskCause::difference, RiskState::halted, ""), InvariantError);
}

TEST(RiskBook, RaisingAgainNeverWeakens) {
  RiskBook book;
  book.raise(Symbol{}, RiskCause::person, RiskState::halted, "hard");
  EXPECT_FALSE(book.raise(Symbol{}, RiskCause::person, RiskState::reducing, "reduce"));
  EXPECT_EQ(book.account(), RiskState::halted);
}

TEST(RiskBook, ResumeEndsWhatAPersonMayEndAndNothingElse) {
  RiskBook book;
  book.raise(Symbol{}, RiskCause::person, RiskState::halted, "");
  book.raise(Symbol{}, RiskCause::difference, RiskState::reducing, "");
  book.raise(Symbol{}, RiskCause::feed_silent, RiskState::reducing, "silent");
  EXPECT_TRUE(book.resume(Symbol{}));
  EXPECT_EQ(book.account(), RiskState::reducing);
  EXPECT_EQ(book.why(kAapl), "feed_silent: silent");
  EXPECT_FALSE(book.resume(Symbol{}));
}

TEST(RiskBook, ComesBackFromASnapshot) {
  RiskBook book;
  book.raise(Symbol{}, RiskCause::gap, RiskState::reducing, "order 1..2");
  book.raise(kMsft, RiskCause::stale, RiskState::reducing, "old");
  Bytes bytes;
  ByteWriter w{bytes};
  book.save(w);
  RiskBook back;
  ByteReader r{bytes};
  back.load(r);
  EXPECT_TRUE(r.done());
  EXPECT_EQ(back.why(kMsft), "gap: order 1..2; stale: old");
  EXPECT_TRUE(back.has(kMsft, RiskCause::stale));
}

TEST(Staleness, BeginsBeyondTheLimit) {
  const Timestamp quoted{1'000};
  EXPECT_FALSE(is_stale(Timestamp{1'500}, quoted, Duration{500}));
  EXPECT_TRUE(is_stale(Timestamp{1'501}, quoted, Duration{500}));
  EXPECT_FALSE(is_stale(Timestamp{900}, quoted, Duration{500}));
  EXPECT_TRUE(is_stale(Timestamp{900}, Timestamp{}, Duration{500}));
}

EntryFacts good() {
  EntryFacts f;
  f.now = Timestamp{seconds(100).ns};
  f.live = f.gateway_known = f.quoted = true;
  f.confidence = 0.9;
  return f;
}

TEST(EntryLimits, EachRuleRefusesUnderItsName) {
  const EntryLimits limits;
  EXPECT_FALSE(check_entry(limits, good()).has_value());
  const std::vector<std::pair<std::string, std::function<void(EntryFacts&)>>> rows = {
      {"expired", [](EntryFacts& f) { f.valid_until = Timestamp{1}; }},
      {"not_live", [](EntryFacts& f) { f.live = false; }},
      {"no_gateway", [](EntryFacts& f) { f.gateway_known = false; }},
      {"risk_state", [](EntryFacts& f) { f.state = RiskState::reducing; }},
      {"no_quote", [](EntryFacts& f) { f.quoted = false; }},
      {"stale_quote", [](EntryFacts& f) { f.quote_stale = true; }},
      {"synthetic_data", [](EntryFacts& f) { f.data_allowed = false; }},
      {"one_position", [](EntryFacts& f) { f.has_position = true; }},
      {"one_entry", [](EntryFacts& f) { f.has_entry = true; }},
      {"cooldown", [](EntryFacts& f) { f.rested_since = Timestamp{seconds(71).ns}; }},
      {"min_confidence", [](EntryFacts& f) { f.confidence = 0.4; }},
      {"min_confidence", [](EntryFacts& f) { f.confidence = std::numeric_limits<double>::quiet_NaN(); }},
      {"max_positions", [](EntryFacts& f) { f.positions = 10; }},
  };
  for (const auto& [rule, spoil] : rows) {
    EntryFacts f = good();
    spoil(f);
    const auto refused = check_entry(limits, f);
    ASSERT_TRUE(refused.has_value()) << rule;
    EXPECT_EQ(refused->rule, rule);
  }
}

TEST(EntryLimits, APersonIsNotHeldAgainstCooldownAndConfidence) {
  EntryFacts f = good();
  f.by_person = true;
  f.confidence = 0;
  f.rested_since = f.now;
  EXPECT_FALSE(check_entry({}, f).has_value());
}

TEST(EntryLimits, ThereIsNoLeverage) {
  const auto usd = [](std::int64_t n) { return Money::from_units(n); };
  EXPECT_FALSE(check_cash({}, {usd(10), usd(100), usd(50), usd(40)}).has_value());
  EXPECT_EQ(check_cash({}, {usd(11), usd(100), usd(50), usd(40)})->rule, "free_cash");
  EntryLimits small;
  small.max_gross = usd(99);
  EXPECT_EQ(check_cash(small, {usd(10), usd(100), usd(50), usd(40)})->rule, "gross_limit");
}

}  // namespace
}  // namespace tickmesh
