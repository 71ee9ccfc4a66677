#include "bench/harness/report.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace tickmesh::bench {
namespace {

/// Four digits that matter, thousands separated: 5,123,000 · 12.34
std::string digits(double value) {
  if (value != 0 && std::abs(value) < 1000) return fmt::format("{:.4g}", value);
  std::string text = fmt::format("{:.0f}", value);
  for (int at = static_cast<int>(text.size()) - 3; at > (value < 0 ? 1 : 0); at -= 3) text.insert(static_cast<std::size_t>(at), 1, ',');
  return text;
}

double rounded(double value) { return std::stod(fmt::format("{:.6g}", value)); }

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) throw std::logic_error("a median of nothing");
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::vector<Figure> figures(const std::vector<RowName>& rows, const std::vector<Turn>& turns) {
  std::vector<Figure> all;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::vector<double> ours, floor;
    for (const Turn& turn : turns) {
      ours.push_back(turn.ours.at(r));
      if (!turn.floor.empty()) floor.push_back(turn.floor.at(r));
    }
    Figure f{.row = rows[r], .value = median(ours), .runs = static_cast<unsigned>(ours.size())};
    if (!floor.empty()) f.floor = median(floor);
    f.min = *std::min_element(ours.begin(), ours.end());
    f.max = *std::max_element(ours.begin(), ours.end());
    all.push_back(std::move(f));
  }
  return all;
}

std::string as_table_head() {
  return fmt::format("{:28} {:>14} {:9} {:>14} {:>7} {:>5} {:>14} {:>14}", "name", "value", "unit", "floor", "ratio", "runs", "min", "max");
}

std::string as_table_line(const Figure& f) {
  return fmt::format("{:28} {:>14} {:9} {:>14} {:>7} {:>5} {:>14} {:>14}", f.row.name, digits(f.value), f.row.unit,
                     f.floor ? digits(*f.floor) : "-", f.ratio() ? fmt::format("{:.2f}", *f.ratio()) : "-", f.runs, digits(f.min),
                     digits(f.max));
}

std::string as_json(const std::vector<Figure>& all) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Figure& f : all) {
    nlohmann::ordered_json row{{"name", f.row.name}, {"value", rounded(f.value)}, {"unit", f.row.unit}};
    row["floor"] = f.floor ? nlohmann::ordered_json(rounded(*f.floor)) : nlohmann::ordered_json();
    row["ratio"] = f.ratio() ? nlohmann::ordered_json(rounded(*f.ratio())) : nlohmann::ordered_json();
    row["runs"] = f.runs;
    row["min"] = rounded(f.min);
    row["max"] = rounded(f.max);
    list.push_back(std::move(row));
  }
  return list.dump(1);
}

std::string machine() {
  std::string model = "unknown processor", line;
  for (std::ifstream info{"/proc/cpuinfo"}; std::getline(info, line);)
    if (line.starts_with("model name")) {
      model = line.substr(line.find(':') + 2);
      break;
    }
  utsname system{};
  ::uname(&system);
  double load = 0;
  std::ifstream{"/proc/loadavg"} >> load;
  return fmt::format("{} · {} cores · {} {} · load {:.2f}", model, ::sysconf(_SC_NPROCESSORS_ONLN), system.sysname, system.release, load);
}

}  // namespace tickmesh::bench
