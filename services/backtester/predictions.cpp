#include "backtester/predictions.hpp"

#include <algorithm>
#include <fstream>

#include "api_gateway/predictions.hpp"

namespace tickmesh::backtest {

Result<std::vector<Command>> read_predictions(const std::string& path, const Instruments& instruments) {
  std::ifstream file{path};
  if (!file) return bad_value(path, "a readable file", "cannot open it");
  std::vector<Command> all;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    auto rows = parse_predictions(line, instruments, Timestamp{}, path);
    const std::string where = path + ":" + std::to_string(number);
    if (!rows) return bad_value(where, rows.error().rule, rows.error().message);
    if (!rows->rejected.empty()) return bad_value(where + ": " + rows->rejected[0].field, rows->rejected[0].rule, rows->rejected[0].value);
    for (Command& command : rows->accepted) {  // of one time in the order of the file; a file is nearly always in order
      const auto place = std::ranges::upper_bound(all, command.prediction.as_of, {}, [](const Command& c) { return c.prediction.as_of; });
      all.insert(place, std::move(command));
    }
  }
  return all;
}

}  // namespace tickmesh::backtest
