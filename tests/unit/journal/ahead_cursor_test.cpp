#include "journal/ahead_cursor.hpp"

#include "unit/journal/kit.hpp"

namespace tickmesh::testing {
namespace {

/// Gives `count` records of growing size, then its end, an error, or what it throws.
class Row final : public JournalCursor {
 public:
  enum class End { none, error, throws };
  Row(std::uint64_t count, End end) : count_{count}, end_{end} {}
  Result<std::optional<RecordView>> next() override {
    if (at_ == count_) {
      if (end_ == End::error) return std::unexpected(Error{"corrupt", "seg", "", "here"});
      if (end_ == End::throws) throw std::runtime_error("out of breath");
      return std::nullopt;
    }
    body_.assign(at_ * 37 % 9'001, static_cast<std::byte>(at_));
    const RecordView view{RecordType::taken, Lsn{at_}, Lsn{at_ + 1}, body_, false};
    ++at_;
    return view;
  }
  Lsn position() const override { return Lsn{at_}; }

 private:
  std::uint64_t count_, at_{0};
  End end_;
  Bytes body_;
};

TEST(AheadCursor, GivesWhatTheJournalHoldsRecordByRecord) {
  FakeDisk disk;
  const auto journal = must_open(disk);
  for (int i = 0; i < 3'000; ++i) journal->append(RecordType::taken, taken(std::string(static_cast<std::size_t>(i * 7 % 900), 'x')));
  const auto plain = journal->read_from(journal->first()), ahead = journal->read_ahead_from(journal->first());
  const Read expected = read_all(*plain), got = read_all(*ahead);
  EXPECT_EQ(got.records, expected.records);
  EXPECT_EQ(ahead->position(), plain->position());
  EXPECT_FALSE(got.error);
}

TEST(AheadCursor, AnErrorOrAnEndComesBehindTheLastRecordAndStays) {
  for (const auto end : {Row::End::none, Row::End::error}) {
    AheadCursor ahead{std::make_unique<Row>(5'000, end)};
    const Read got = read_all(ahead);
    ASSERT_EQ(got.records.size(), 5'000u);
    for (std::size_t i = 0; i < got.records.size(); ++i)
      ASSERT_EQ(got.records[i].body, Bytes(i * 37 % 9'001, static_cast<std::byte>(i))) << i;
    EXPECT_EQ(got.error.has_value(), end == Row::End::error);
    EXPECT_EQ(ahead.position(), Lsn{5'000});
    EXPECT_EQ(read_all(ahead).error.has_value(), end == Row::End::error) << "asked again";
  }
}

TEST(AheadCursor, WhatIsThrownIsThrownToWhoeverReads) {
  AheadCursor ahead{std::make_unique<Row>(10, Row::End::throws)};
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(ahead.next());
  EXPECT_THROW(ahead.next(), std::runtime_error);
}

TEST(AheadCursor, GoesInTheMiddleWithoutBeingReadToItsEnd) {
  for (int read = 0; read < 400; read += 57) {
    AheadCursor ahead{std::make_unique<Row>(100'000, Row::End::none)};
    for (int i = 0; i < read; ++i) ASSERT_TRUE(ahead.next());
  }
}

}  // namespace
}  // namespace tickmesh::testing
