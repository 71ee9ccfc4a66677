// Parameters of a rule as a table beside their struct: typed, ranged, documented in one place.
#pragma once
#include <cmath>
#include <span>

#include "signals/signal_rule.hpp"

namespace tickmesh {

template <class P>
struct ParameterRow {
  double P::* member;
  Parameter parameter;
};

/// Defaults with `values` laid over them. Error: an unknown name, or a value out of its range.
template <class P>
Result<P> configured(std::span<const ParameterRow<P>> table, const ParameterValues& values) {
  P result;
  for (const auto& row : table) result.*row.member = row.parameter.standard;
  for (const auto& [name, value] : values) {
    const ParameterRow<P>* found = nullptr;
    std::string known;
    for (const auto& row : table) {
      if (row.parameter.name == name) found = &row;
      known += (known.empty() ? "" : ", ") + std::string(row.parameter.name);
    }
    if (found == nullptr) return bad_value(name, "one of " + known, "no such parameter");
    const Parameter& p = found->parameter;
    if (!std::isfinite(value) || value < p.least || value > p.most)
      return bad_value(name, number_text(p.least, 4) + " to " + number_text(p.most, 4), number_text(value, 4) + " is out of range");
    result.*found->member = value;
  }
  return result;
}

template <class P>
std::vector<Parameter> declared(std::span<const ParameterRow<P>> table) {
  std::vector<Parameter> all;
  for (const auto& row : table) all.push_back(row.parameter);
  return all;
}

}  // namespace tickmesh
