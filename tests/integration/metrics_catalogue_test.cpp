// deploy/prometheus/catalogue.md against what a running mesh exposes: nothing missing, nothing unlisted, each as it is described.
#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "integration/running_mesh.hpp"

namespace tickmesh::testing {
namespace {

struct Metric {
  std::string type, help;
  std::set<std::string> labels;
  friend bool operator==(const Metric&, const Metric&) = default;
  friend void PrintTo(const Metric& m, std::ostream* out) {
    *out << m.type << " {";
    for (const auto& label : m.labels) *out << ' ' << label;
    *out << " } " << m.help;
  }
};
using Metrics = std::map<std::string, Metric>;

std::string trimmed(std::string text) {
  const auto from = text.find_first_not_of(" `"), to = text.find_last_not_of(" `");
  return from == std::string::npos ? "" : text.substr(from, to - from + 1);
}
std::vector<std::string> parts(const std::string& text, char separator) {
  std::vector<std::string> out;
  std::istringstream in{text};
  for (std::string part; std::getline(in, part, separator);) out.push_back(trimmed(part));
  return out;
}
std::set<std::string> words(const std::string& text) {
  std::set<std::string> out;
  for (const std::string& word : parts(text, ','))
    if (!word.empty()) out.insert(word);
  return out;
}

/// By service, the lines of the catalogue.
std::map<std::string, Metrics> catalogue() {
  std::map<std::string, Metrics> out;
  std::ifstream file{std::string(TICKMESH_SOURCE_DIR) + "/deploy/prometheus/catalogue.md"};
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `")) continue;
    const auto cells = parts(line, '|');
    EXPECT_EQ(cells.size(), 7U) << line;
    const std::string& name = cells[1];
    const std::string& unit = cells[3];
    EXPECT_EQ(unit == "seconds", name.ends_with("_seconds")) << name;
    EXPECT_EQ(unit == "bytes", name.ends_with("_bytes")) << name;
    EXPECT_EQ(cells[2] == "counter", name.ends_with("_total")) << name;
    for (const char* service : TestMesh::kServices) {
      const auto listed = words(cells[5]);
      const bool reader = std::string(service) != "tick_ingestor";
      if (listed.contains(service) || listed.contains("all") || (reader && listed.contains("readers"))) {
        EXPECT_TRUE(out[service].emplace(name, Metric{cells[2], cells[6], words(cells[4])}).second) << name << " stands there twice";
      }
    }
  }
  return out;
}

/// What the text format says. A histogram's `le` is not a label of ours.
Metrics exposed(const std::string& text) {
  Metrics out;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields{line};
    std::string hash, what, name;
    if (line.starts_with("# ")) {
      fields >> hash >> what >> name;
      std::string rest;
      std::getline(fields, rest);
      (what == "HELP" ? out[name].help : out[name].type) = trimmed(rest);
      continue;
    }
    const auto end = line.find_first_of("{ ");
    name = line.substr(0, end);
    for (const char* suffix : {"_bucket", "_sum", "_count"})
      if (name.ends_with(suffix) && out.contains(name.substr(0, name.size() - std::string(suffix).size())))
        name.resize(name.size() - std::string(suffix).size());
    if (!out.contains(name)) ADD_FAILURE() << "a sample before its type: " << line;
    if (end == std::string::npos || line[end] != '{') continue;
    std::istringstream labels{line.substr(end + 1, line.rfind('}') - end - 1)};
    for (std::string label; std::getline(labels, label, '=');) {
      std::string value;
      labels.get();  // the opening quote
      for (char c = 0; labels.get(c) && c != '"';)
        if (c == '\\') labels.get(c);
      if (labels.peek() == ',') labels.get();
      if (label != "le") out[name].labels.insert(label);
    }
  }
  return out;
}

class MetricCatalogue : public RunningMesh {
 protected:
  static Metrics of(const std::string& service) { return exposed(mesh().get(service, "/metrics").value_or("")); }
};

TEST_F(MetricCatalogue, NamesWhatEveryServiceExposesAndNothingElse) {
  const auto listed = catalogue();
  ASSERT_EQ(listed.size(), std::size(TestMesh::kServices)) << "every service has a line";
  ASSERT_TRUE(eventually([&] { return of("tick_ingestor").contains("tickmesh_projector_lag_seconds"); }, 20s))
      << "published twice a second";
  for (const auto& [service, expected] : listed) {
    Metrics seen;
    // A service that has just come up has not published its first half second.
    eventually([&] { return (seen = of(service)) == expected; }, 10s);
    for (const auto& [name, metric] : expected) {
      ASSERT_TRUE(seen.contains(name)) << service << " does not expose " << name;
      EXPECT_EQ(seen[name], metric) << service << ": " << name;
    }
    for (const auto& [name, metric] : seen)
      EXPECT_TRUE(expected.contains(name)) << service << " exposes " << name << ", which is not in the catalogue";
  }
}

TEST_F(MetricCatalogue, HoldsEveryNameThatIsPromisedToOthers) {
  std::set<std::string> listed;
  for (const auto& [service, metrics] : catalogue())
    for (const auto& [name, metric] : metrics) listed.insert(name);
  for (const char* name : {"build_info",
                           "events_published_total",
                           "events_applied_total",
                           "gap_events_healed_total",
                           "events_lost_total",
                           "stream_lag_events",
                           "stream_lag_seconds",
                           "queue_depth",
                           "journal_bytes",
                           "journal_append_seconds",
                           "projector_lag_seconds",
                           "rejected_total",
                           "feed_age_seconds",
                           "tick_to_metric_seconds",
                           "tick_to_signal_seconds",
                           "tick_to_intent_seconds",
                           "tick_to_order_seconds",
                           "orders",
                           "equity",
                           "unrealized_pnl",
                           "realized_pnl",
                           "positions",
                           "risk_state",
                           "disk_days_left"})
    EXPECT_TRUE(listed.contains(std::string("tickmesh_") + name)) << name;
}

}  // namespace
}  // namespace tickmesh::testing
