#include "mesh_data.hpp"

#include <algorithm>
#include <filesystem>

namespace auditor {

MeshData::MeshData(const std::string& dir, Report& report) {
  std::vector<std::string> instances;
  for (const auto& entry : std::filesystem::directory_iterator(dir))
    if (entry.is_directory()) instances.push_back(entry.path().filename().string());
  std::ranges::sort(instances);
  for (const auto& instance : instances) {
    try {
      journals_.push_back({instance, std::make_unique<JournalFile>(dir + '/' + instance)});
      read(journals_.back(), report);
    } catch (const Malformed& e) {
      report.expect(false, "journal", [&] { return instance + ": " + e.what(); });
    }
  }
  for (const char* service : {"api_gateway", "bar_compressor", "broker_gateway", "metrics_engine", "position_manager", "tick_ingestor"})
    report.expect(journal(service) != nullptr, "journal", [&] { return "there is none of " + std::string(service); });
}

const Journal* MeshData::journal(const std::string& service) const {
  const auto it = std::ranges::find_if(journals_, [&](const Journal& j) { return j.instance == service + "-0"; });
  return it == journals_.end() ? nullptr : &*it;
}

std::string_view MeshData::find(const Name& n) const {
  const auto it = runs_.find({n.stream, n.partition, n.epoch});
  if (it == runs_.end() || n.sequence < it->second.first) return {};
  const auto index = n.sequence - it->second.first;
  return index < it->second.events.size() ? it->second.events[index] : std::string_view{};
}

void MeshData::read(const Journal& journal, Report& report) {
  std::uint64_t epoch = 0;
  std::uint32_t incarnation = 0;
  std::int64_t now = 0;
  bool begun = false;
  for (const Record& r : journal.file->records()) {
    const auto where = [&] { return journal.instance + " record " + std::to_string(r.lsn) + ": "; };
    switch (r.type) {
      case kOpened: {
        const Opened o = opened(r.body);
        report.expect(o.instance == journal.instance, "journal", [&] { return where() + "of instance " + o.instance; });
        report.expect(!begun || o.epoch >= epoch, "journal", [&] { return where() + "an older epoch begins"; });
        if (o.epoch == epoch)
          for (const auto& [key, sequence] : o.heads)
            report.expect(find({key.first, key.second, epoch, sequence}).data() != nullptr &&
                              find({key.first, key.second, epoch, sequence + 1}).data() == nullptr,
                          "journal",
                          [&] { return where() + "another head than " + to_string(Name{key.first, key.second, epoch, sequence}); });
        epoch = o.epoch;
        if (!begun) incarnation = o.incarnation;
        begun = true;
        break;
      }
      case kStarted: {
        const Started s = started(r.body);
        report.expect(s.epoch == epoch && s.incarnation == incarnation + 1, "journal", [&] {
          return where() + "token " + std::to_string(s.epoch) + '.' + std::to_string(s.incarnation) + " after " + std::to_string(epoch) +
                 '.' + std::to_string(incarnation);
        });
        incarnation = s.incarnation;
        break;
      }
      case kTaken: {
        const auto t = taken(r.body).now;
        report.expect(t >= now, "journal", [&] { return where() + "time goes back"; });
        now = t;
        break;
      }
      case kSaid: add(journal.instance, auditor::said(r.body), report); break;
      default: break;
    }
  }
}

void MeshData::add(const std::string& instance, const Said& said, Report& report) {
  Name n = said.first;
  Run& run = runs_[{n.stream, n.partition, n.epoch}];
  if (run.events.empty()) run.first = n.sequence;
  report.expect(n.sequence == run.first + run.events.size() && (!run.events.empty() || n.sequence == 1), "sequences", [&] {
    return instance + " said " + to_string(n) + " where " + std::to_string(run.first + run.events.size()) + " was next";
  });
  report.counted("sequences", said.events.size() - 1);
  // Beyond a hole the count goes on, so that one hole is one finding; what is said twice keeps its first words.
  constexpr std::uint64_t kWidestHole = 1'000'000;
  for (const auto bytes : said.events) {
    said_[n.stream].push_back({n, bytes});
    if (n.sequence >= run.first && n.sequence - run.first <= run.events.size() + kWidestHole) {
      const auto index = n.sequence - run.first;
      if (index >= run.events.size()) run.events.resize(index + 1);
      if (run.events[index].data() == nullptr) run.events[index] = bytes;
    }
    ++n.sequence;
  }
}

}  // namespace auditor
