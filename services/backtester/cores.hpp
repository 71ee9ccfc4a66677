// The cores as the services build them: one place, so that a backtest runs what live runs.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/core.hpp"
#include "service/config.hpp"

namespace tickmesh {

/// "metrics_engine", "bar_compressor", "position_manager", "broker_gateway"; nullptr for services without a core of this kind.
std::unique_ptr<Core> make_core(const std::string& service, const Config& config, const Instruments& instruments);
/// What makes cores in its place, for whoever wraps them (to record, to measure).
using CoreMaker = std::function<std::unique_ptr<Core>(const std::string& service, const Config& config, const Instruments& instruments)>;

}  // namespace tickmesh
