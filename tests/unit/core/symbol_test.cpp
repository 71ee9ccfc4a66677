#include <gtest/gtest.h>

#include "core/instrument.hpp"

namespace tickmesh {
namespace {

Instrument listed(const char* symbol) {
  Instrument i;
  i.symbol = *Symbol::parse(symbol);
  i.tick_size = *Price::parse("0.01");
  i.lot = Quantity::from_units(1);
  i.multiplier = Quantity::from_units(1);
  return i;
}

TEST(Symbol, TakesBothPartsUpToFifteenCharacters) {
  for (const char* text : {"AAPL.DEMO", "BTC-USD.COINBASE", "EUR/USD.FX", "A.B", "ABCDEFGHIJKLMNO.ABCDEFGHIJKLMNO", "ES_1:X.CME"}) {
    const auto symbol = Symbol::parse(text);
    ASSERT_TRUE(symbol) << text;
    EXPECT_EQ(symbol->view(), text);
    EXPECT_FALSE(symbol->empty());
  }
}

TEST(Symbol, RefusesOtherShapesAndNamesTheRule) {
  for (const char* text : {"", ".", "AAPL", "AAPL.", ".DEMO", "aapl.DEMO", "AAPL.DEMO.X", "AA PL.DEMO", "ABCDEFGHIJKLMNOP.DEMO",
                           "AAPL.ABCDEFGHIJKLMNOP", "AAPL.D\xc3\x84", "AAPL.DEMO\n"}) {
    const auto refused = Symbol::parse(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().field, "symbol");
    EXPECT_EQ(refused.error().rule, "SYMBOL.VENUE, each part [A-Z0-9_:/-]{1,15}");
  }
  EXPECT_LT(Symbol::parse(std::string(1'000'000, 'A')).error().message.size(), 200u) << "a hostile name is not repeated whole";
}

TEST(Symbol, ThePartitionIsTheInstrumentsHashModulo64) {
  EXPECT_EQ(fnv1a64(""), 0xcbf29ce484222325u);
  EXPECT_EQ(fnv1a64("a"), 0xaf63dc4c8601ec8cu) << "the published value of FNV-1a-64";
  EXPECT_EQ(fnv1a64("foobar"), 0x85944171f73967e8u);
  const auto id = instrument_id(*Symbol::parse("AAPL.DEMO"));
  EXPECT_EQ(id.value, fnv1a64("AAPL.DEMO"));
  EXPECT_EQ(id.partition(), id.value % 64);
}

TEST(Streams, ParseUnderTheNameTheyPrint) {
  for (unsigned s = 1; s < kStreams; ++s) {
    const auto stream = static_cast<Stream>(s);
    EXPECT_EQ(parse_stream(to_string(stream)).value(), stream);
  }
  for (const char* text : {"", "local", "ticks", "TICK", "?"}) {
    const auto refused = parse_stream(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().field, "stream");
    EXPECT_NE(refused.error().rule.find("tick, latest"), std::string::npos);
  }
  EXPECT_EQ(to_string(Name{Stream::order, 17, {1737376814000, 42}}), "order.17@1737376814000/42");
}

TEST(Instruments, ABareSymbolResolvesWhereOneVenueListsIt) {
  const auto all = Instruments::make({listed("EURUSD.OANDA"), listed("AAPL.DEMO"), listed("EURUSD.FXCM")});
  ASSERT_TRUE(all);
  EXPECT_EQ(all->resolve("AAPL")->view(), "AAPL.DEMO");
  EXPECT_EQ(all->resolve("AAPL.DEMO")->view(), "AAPL.DEMO");
  EXPECT_EQ(all->resolve("EURUSD.FXCM")->view(), "EURUSD.FXCM");
  const auto two = all->resolve("EURUSD");
  ASSERT_FALSE(two);
  EXPECT_NE(two.error().message.find("EURUSD.FXCM, EURUSD.OANDA"), std::string::npos) << two.error().message;
  EXPECT_EQ(two.error().rule, "one venue, or SYMBOL.VENUE");
  for (const char* unknown : {"MSFT", "AAPL.FXCM", "AAP", "", "aapl"}) {
    const auto refused = all->resolve(unknown);
    ASSERT_FALSE(refused) << unknown;
    EXPECT_EQ(refused.error().field, "symbol");
  }
}

TEST(Instruments, AreOrderedBySymbolAndFoundById) {
  const auto all = Instruments::make({listed("B.X"), listed("A.X")});
  ASSERT_TRUE(all);
  EXPECT_EQ(all->list()[0].symbol.view(), "A.X");
  EXPECT_EQ(all->find(instrument_id("B.X")), &all->list()[1]);
  EXPECT_EQ(all->find(instrument_id("C.X")), nullptr);
}

TEST(InstrumentIndex, FindsEachIdAtItsPlaceAndNoOther) {
  InstrumentIndex index;
  EXPECT_EQ(index.of(InstrumentId{}), InstrumentIndex::kNone);
  // Ids that all want the same slot, ids apart, and the id that looks like an empty slot.
  std::vector<InstrumentId> ids{{0}};
  for (std::uint64_t i = 1; i <= 300; ++i) ids.push_back({i << 20});
  for (std::uint64_t i = 1; i <= 300; ++i) ids.push_back({i});
  for (std::uint32_t i = 0; i < ids.size(); ++i) {
    EXPECT_TRUE(index.add(ids[i]));
    EXPECT_FALSE(index.add(ids[i])) << "listed once";
  }
  EXPECT_EQ(index.size(), ids.size());
  for (std::uint32_t i = 0; i < ids.size(); ++i) EXPECT_EQ(index.of(ids[i]), i);
  for (std::uint64_t i = 301; i < 2000; ++i) EXPECT_EQ(index.of({i}), InstrumentIndex::kNone);
}

TEST(Instruments, AreRefusedTwiceOrWithStepsThatAreNone) {
  EXPECT_EQ(Instruments::make({listed("A.X"), listed("A.X")}).error().rule, "listed once");
  const auto with = [](auto member, auto value) {
    auto i = listed("A.X");
    i.*member = value;
    return Instruments::make({i}).error();
  };
  EXPECT_EQ(with(&Instrument::tick_size, Price{}).field, "tick_size");
  EXPECT_EQ(with(&Instrument::lot, Quantity::from_raw(-1)).field, "lot");
  EXPECT_EQ(with(&Instrument::multiplier, Quantity{}).field, "multiplier");
  EXPECT_EQ(with(&Instrument::symbol, Symbol{}).field, "symbol");
}

}  // namespace
}  // namespace tickmesh
