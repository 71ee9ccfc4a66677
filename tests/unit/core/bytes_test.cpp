#include <gtest/gtest.h>

#include "core/bytes.hpp"
#include "core/events.hpp"

namespace tickmesh {
namespace {

TEST(Bytes, EverythingPutIsGotBack) {
  Bytes bytes;
  ByteWriter out{bytes};
  const Name name{Stream::order, 17, {1737376814000, 42}};
  out.put(std::uint8_t{200});
  out.put(std::int64_t{-5});
  out.put(0.1);
  out.put(true);
  out.put(Side::sell);
  out.put(Timestamp{-7});
  out.put(Price::from_raw(-3));
  out.put(Quantity::from_raw(4));
  out.put(Money::from_raw(5));
  out.put(InstrumentId{99});
  out.put(name);
  out.put(Cause{name, Timestamp{8}});
  out.put(Token{3, 2});
  out.put(*Symbol::parse("AAPL.DEMO"));
  out.put(Symbol{});
  out.put(std::string_view{"with\0zero", 9});
  out.put(std::string{});
  ByteReader in{bytes};
  EXPECT_EQ(in.get<std::uint8_t>(), 200);
  EXPECT_EQ(in.get<std::int64_t>(), -5);
  EXPECT_EQ(in.get<double>(), 0.1);
  EXPECT_EQ(in.get<bool>(), true);
  EXPECT_EQ(in.get<Side>(), Side::sell);
  EXPECT_EQ(in.get<Timestamp>(), Timestamp{-7});
  EXPECT_EQ(in.get<Price>(), Price::from_raw(-3));
  EXPECT_EQ(in.get<Quantity>(), Quantity::from_raw(4));
  EXPECT_EQ(in.get<Money>(), Money::from_raw(5));
  EXPECT_EQ(in.get<InstrumentId>(), InstrumentId{99});
  EXPECT_EQ(in.get<Name>(), name);
  EXPECT_EQ(in.get<Cause>(), (Cause{name, Timestamp{8}}));
  EXPECT_EQ(in.get<Token>(), (Token{3, 2}));
  EXPECT_EQ(in.get<Symbol>().view(), "AAPL.DEMO");
  EXPECT_TRUE(in.get<Symbol>().empty());
  EXPECT_EQ(in.get<std::string>(), std::string("with\0zero", 9));
  EXPECT_EQ(in.get<std::string>(), "");
  EXPECT_TRUE(in.done());
}

TEST(Bytes, AreLittleEndianWithoutPadding) {
  Bytes bytes;
  ByteWriter out{bytes};
  out.put(std::uint8_t{1});
  out.put(std::uint32_t{0x04030201});
  out.put(std::string_view{"ab"});
  EXPECT_EQ(as_text(bytes), std::string_view("\x01\x01\x02\x03\x04\x02\x00\x00\x00"
                                             "ab",
                                             11));
}

TEST(Bytes, ThatEndTooEarlyThrowWhateverIsAskedForAndWhereverTheyAreCut) {
  Bytes whole;
  ByteWriter out{whole};
  out.put(std::int64_t{1});
  out.put(std::string_view{"text"});
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    ByteReader in{ByteView{whole}.first(cut)};
    EXPECT_THROW(
        {
          in.get<std::int64_t>();
          in.get<std::string>();
        },
        InvariantError)
        << cut;
  }
  Bytes huge;
  ByteWriter{huge}.put(std::uint32_t{0xffffffff});
  ByteReader in{huge};
  EXPECT_THROW(in.get<std::string>(), InvariantError) << "a length beyond the bytes is believed by nobody";
}

TEST(Bytes, ValuesOutsideTheirDomainThrow) {
  const auto stored = [](auto value) {
    Bytes bytes;
    ByteWriter{bytes}.put(value);
    return bytes;
  };
  const auto two = stored(std::uint8_t{2}), three = stored(std::uint8_t{3}), none = stored(std::uint8_t{kStreams});
  EXPECT_THROW(ByteReader{two}.get<bool>(), InvariantError);
  EXPECT_EQ(ByteReader{two}.get<Side>(), Side::sell);
  EXPECT_THROW(ByteReader{three}.get<Side>(), InvariantError);
  EXPECT_THROW(ByteReader{none}.get<Stream>(), InvariantError);
  EXPECT_THROW(ByteReader{stored(Name{Stream::tick, 64, {1, 1}})}.get<Name>(), InvariantError);
}

TEST(Bytes, AStoredSymbolThatIsNoneThrows) {
  Bytes bytes;
  ByteWriter{bytes}.put(std::string_view{"not a symbol"});
  ByteReader in{bytes};
  EXPECT_THROW(in.get<Symbol>(), InvariantError);
}

}  // namespace
}  // namespace tickmesh
