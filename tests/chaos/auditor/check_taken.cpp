#include "checks.hpp"

namespace auditor {
namespace {

/// What one reader took of one stream and partition.
struct Reached {
  std::uint64_t epoch{0};
  std::uint64_t sequence{0};
};

}  // namespace

void check_taken(const MeshData& mesh, Report& report) {
  for (const Journal& journal : mesh.journals()) {
    std::map<std::pair<std::uint8_t, std::uint8_t>, Reached> reached;
    for (const Record& record : journal.file->records()) {
      if (record.type != kTaken) continue;
      for (const TakenItem& item : taken(record.body).items) {
        if (item.first.stream == kLocal) continue;
        const auto where = [&](const Name& n) {
          return journal.instance + " record " + std::to_string(record.lsn) + " takes " + to_string(n);
        };
        Reached& at = reached[{item.first.stream, item.first.partition}];
        if (at.epoch == item.first.epoch) {
          report.expect(item.first.sequence > at.sequence, "taken once",
                        [&] { return where(item.first) + " after " + std::to_string(at.sequence); });
          report.expect(item.first.sequence <= at.sequence + 1, "taken without a hole",
                        [&] { return where(item.first) + " right after " + std::to_string(at.sequence); });
        } else {
          report.expect(item.first.epoch > at.epoch, "taken once",
                        [&] { return where(item.first) + ", of an older epoch than " + std::to_string(at.epoch); });
        }
        at = {item.first.epoch, item.first.sequence + item.count - 1};
        Name n = item.first;
        for (std::uint32_t i = 0; i < item.count; ++i, ++n.sequence) {
          const auto words = mesh.find(n);
          report.expect(words.data() != nullptr, "taken was said", [&] { return where(n) + ", which is in no journal"; });
          if (!item.reference)
            report.expect(words == item.bytes, "taken as it was said", [&] { return where(n) + " with other bytes than were said"; });
        }
      }
    }
  }
}

}  // namespace auditor
