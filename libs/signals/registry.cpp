#include <array>

#include "signals/auction_market.hpp"
#include "signals/breakout.hpp"
#include "signals/mean_reversion.hpp"
#include "signals/ofi_momentum.hpp"
#include "signals/prediction.hpp"
#include "signals/trend.hpp"

namespace tickmesh {
namespace {

struct Entry {
  std::string_view name;
  Result<std::unique_ptr<SignalRule>> (*make)(const ParameterValues&);
  std::vector<Parameter> (*parameters)();
};
template <class Rule>
constexpr Entry entry(std::string_view name) {
  return {name, &Rule::make, &Rule::parameters};
}

constexpr std::array kRules{
    entry<MeanReversion>("mean_reversion"), entry<Trend>("trend"),       entry<OfiMomentum>("ofi_momentum"),
    entry<AuctionMarket>("auction_market"), entry<Breakout>("breakout"), entry<PredictionRule>("prediction"),
};

}  // namespace

std::vector<std::string_view> signal_rule_names() {
  std::vector<std::string_view> names;
  names.reserve(kRules.size());
  for (const auto& rule : kRules) names.push_back(rule.name);
  return names;
}

std::vector<Parameter> signal_rule_parameters(std::string_view name) {
  for (const auto& rule : kRules)
    if (rule.name == name) return rule.parameters();
  return {};
}

Result<std::unique_ptr<SignalRule>> make_signal_rule(std::string_view name, const ParameterValues& values) {
  std::string known;
  for (const auto& rule : kRules) {
    if (rule.name == name) return rule.make(values);
    known += (known.empty() ? "" : ", ") + std::string(rule.name);
  }
  return bad_value("signal", "one of " + known, "'" + std::string(name) + "' is not a signal");
}

}  // namespace tickmesh
