// A file of what a model said, in the rows of `POST /api/v1/predictions`, as the commands of a backtest.
#pragma once
#include <string>
#include <vector>

#include "core/events.hpp"
#include "core/instrument.hpp"

namespace tickmesh::backtest {

/// One row a line; each is heard at its as_of, and only then: a model that looked ahead shows it in the file. In the order of as_of. Error:
/// the file, its line, field and rule.
Result<std::vector<Command>> read_predictions(const std::string& path, const Instruments& instruments);

}  // namespace tickmesh::backtest
