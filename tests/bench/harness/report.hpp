// Figures beside their floors: medians of the runs, as one table or as JSON.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace tickmesh::bench {

struct RowName {
  std::string name;  ///< "bus.latency.2000.p50"
  std::string unit;  ///< "ticks/s"
};
/// What one turn brought: a value for each of a benchmark's rows. No floor: empty.
struct Turn {
  std::vector<double> floor, ours;
};

/// One row of the table.
struct Figure {
  RowName row;
  double value{0};              ///< median of ours
  std::optional<double> floor;  ///< median
  unsigned runs{0};
  double min{0}, max{0};  ///< of ours
  std::optional<double> ratio() const { return floor && *floor != 0 ? std::optional{value / *floor} : std::nullopt; }
};

/// The middle one, or the mean of the middle two; `values` is not empty.
double median(std::vector<double> values);
/// A figure a row from all turns, which have as many values as there are rows.
std::vector<Figure> figures(const std::vector<RowName>& rows, const std::vector<Turn>& turns);

std::string as_table_head();
std::string as_table_line(const Figure& figure);
/// `[{"name":…,"value":…,"unit":…,"floor":…,"ratio":…,"runs":…,"min":…,"max":…}]`; floor and ratio null where there is none.
std::string as_json(const std::vector<Figure>& all);

/// "AMD EPYC · 2 cores · Linux 6.1.0": what the figures were measured on.
std::string machine();

}  // namespace tickmesh::bench
