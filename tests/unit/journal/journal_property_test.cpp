#include <gtest/gtest.h>

#include <map>
#include <random>

#include "unit/journal/kit.hpp"

namespace tickmesh::testing {
namespace {

/// Random lives of one journal against the plainest model: vectors.
TEST(JournalProperty, ManyLivesGiveWhatAVectorGives) {
  for (unsigned seed = 0; seed < 25; ++seed) {
    std::mt19937 random(seed);
    FakeDisk disk;
    std::vector<Stored> model;
    std::map<std::pair<Stream, Partition>, std::vector<std::string>> said;
    std::optional<std::pair<Lsn, Bytes>> snapshot;
    unsigned boot = 0;
    for (int life = 0; life < 12; ++life) {
      const auto journal = must_open(disk, small(), std::to_string(boot), Timestamp{kNow.ns + life * 1'000'000});
      if (journal->state().new_epoch) said.clear();
      ASSERT_EQ(content(read_all(*journal->read_from(journal->first())).records), model) << seed;
      ASSERT_EQ(journal->latest_snapshot(), snapshot);
      const auto operations = random() % 120;
      for (unsigned i = 0; i < operations; ++i) {
        const auto stream = static_cast<Stream>(1 + random() % 3);
        const auto partition = static_cast<Partition>(random() % 4);
        switch (random() % 12) {
          case 0: journal->request_sync(); break;
          case 1: {
            const Bytes state(random() % 5000, std::byte{7});
            snapshot = {journal->snapshot(state), state};
            const auto cursor = journal->read_from(snapshot->first);
            const auto view = **cursor->next();
            ASSERT_EQ(view.type, RecordType::snapshot);
            model.push_back({view.type, view.lsn, Bytes(view.body.begin(), view.body.end())});
            break;
          }
          case 2:
          case 3:
          case 4: {
            const auto body = taken(std::string(random() % 3000, 'q'));
            model.push_back({RecordType::taken, journal->append(RecordType::taken, body), body});
            break;
          }
          default: {
            std::vector<std::string> events(1 + random() % 4);
            for (auto& event : events) event = std::string(random() % 500, static_cast<char>('a' + random() % 26));
            const auto body = said_next(*journal, stream, partition, events);
            model.push_back({RecordType::said, journal->append(RecordType::said, body), body});
            auto& all = said[{stream, partition}];
            all.insert(all.end(), events.begin(), events.end());
          }
        }
      }
      for (const auto& [key, all] : said) {
        ASSERT_EQ(journal->heads()[static_cast<std::size_t>(key.first)][key.second], all.size());
        const auto from = 1 + random() % all.size();
        const auto count = random() % 20;
        const auto expected = std::vector(all.begin() + static_cast<std::ptrdiff_t>(from - 1),
                                          all.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(from - 1 + count, all.size())));
        ASSERT_EQ(texts(journal->said(key.first, key.second, from, count, 1u << 20)), expected) << seed;
      }
      if (random() % 3 == 0) {
        const auto lsn = journal->end();
        journal->close();
        model.push_back({RecordType::closed, lsn, {}});
        if (lsn.value / kMinSegmentBytes != journal->end().value / kMinSegmentBytes) model.back().lsn = read_all(disk).records.back().lsn;
        boot += random() % 2 == 0 ? 1 : 0;
      } else {
        // A power cut that spares everything: the next life is another epoch all the same.
        boot += random() % 5 == 0 ? 1 : 0;
      }
    }
    EXPECT_EQ(verify_journal("/j", disk).problems, std::vector<std::string>{}) << seed;
  }
}

}  // namespace
}  // namespace tickmesh::testing
