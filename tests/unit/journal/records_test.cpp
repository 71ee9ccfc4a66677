#include "journal/records.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tickmesh {
namespace {

template <class Record>
Bytes encoded(const Record& record) {
  Bytes out;
  encode(record, out);
  return out;
}

TEST(JournalRecords, TakenKeepsCopiesAndReferences) {
  const Bytes body =
      encoded(TakenRecord{{5}, {{{Stream::tick, 3, {9, 40}}, 7, true, {}}, {{Stream::local, 0, {}}, 1, false, as_bytes("wake")}}});
  TakenRecord out;
  ASSERT_TRUE(decode(body, out));
  EXPECT_EQ(out.now, Timestamp{5});
  ASSERT_EQ(out.items.size(), 2u);
  EXPECT_TRUE(out.items[0].by_reference);
  EXPECT_EQ(out.items[0].first, (Name{Stream::tick, 3, {9, 40}}));
  EXPECT_EQ(out.items[0].count, 7u);
  EXPECT_EQ(as_text(out.items[1].payload), "wake");
}

TEST(JournalRecords, TakenLiesAsTheReadmeSays) {
  const Bytes body = encoded(TakenRecord{{0x0102}, {{{Stream::order, 4, {0x11, 0x22}}, 1, false, as_bytes("ab")}}});
  const unsigned char expected[] = {2, 1, 0,    0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 13, 4, 0x11, 0, 0, 0,   0,  0,
                                    0, 0, 0x22, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0,  2, 0,    0, 0, 'a', 'b'};
  ASSERT_EQ(body.size(), sizeof expected);
  EXPECT_EQ(std::memcmp(body.data(), expected, sizeof expected), 0);
}

TEST(JournalRecords, EveryOtherRecordComesBackAsItWas) {
  SaidRecord said;
  ASSERT_TRUE(decode(encoded(SaidRecord{{Stream::bar, 63, {8, 2}}, {as_bytes("x"), as_bytes("")}}), said));
  EXPECT_EQ(said.first, (Name{Stream::bar, 63, {8, 2}}));
  ASSERT_EQ(said.events.size(), 2u);
  EXPECT_TRUE(said.events[1].empty());
  StartedRecord started;
  ASSERT_TRUE(decode(encoded(StartedRecord{{4, 2}, {77}}), started));
  EXPECT_EQ(started.token, (Token{4, 2}));
  EXPECT_EQ(started.time, Timestamp{77});
  OpenedRecord opened{"a-1", 10, 3, 6, {1234}, 5, {99}, 9, {}, {}};
  opened.heads[1][63] = 12;
  opened.previous_heads[15][0] = 13;
  OpenedRecord again;
  ASSERT_TRUE(decode(encoded(opened), again));
  EXPECT_EQ(encoded(again), encoded(opened));
  EXPECT_EQ(again.heads, opened.heads);
  EXPECT_EQ(again.follows, Lsn{1234});
  SnapshotRecord snapshot;
  ASSERT_TRUE(decode(encoded(SnapshotRecord{"snap", 1, 2}), snapshot));
  EXPECT_EQ(snapshot.file, "snap");
  EXPECT_EQ(snapshot.crc, 2u);
}

TEST(JournalRecords, BytesOfAnotherShapeAreAnErrorNamingTheRecord) {
  const Bytes body = encoded(SaidRecord{{Stream::bar, 1, {8, 2}}, {as_bytes("four")}});
  for (std::size_t size = 0; size < body.size(); ++size) {
    SaidRecord out;
    const auto result = decode(ByteView(body).first(size), out);
    ASSERT_FALSE(result) << size;
    EXPECT_EQ(result.error().field, "said");
  }
  Bytes longer = body;
  longer.push_back(std::byte{0});
  SaidRecord out;
  EXPECT_FALSE(decode(longer, out));
  Bytes strange = body;
  strange[0] = std::byte{kStreams};
  EXPECT_FALSE(decode(strange, out));
}

TEST(JournalRecords, HostileBytesNeverThrow) {
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    Bytes body(random() % 60);
    for (auto& b : body) b = static_cast<std::byte>(random() % 4 == 0 ? random() : 0);
    TakenRecord taken;
    SaidRecord said;
    OpenedRecord opened;
    EXPECT_NO_THROW((void)decode(body, taken));
    EXPECT_NO_THROW((void)decode(body, said));
    EXPECT_NO_THROW((void)decode(body, opened));
  }
}

}  // namespace
}  // namespace tickmesh
