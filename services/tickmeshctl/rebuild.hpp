// `rebuild`: a new journal for a service that trades and has lost its own, from what the venue executed and the tables hold.
#pragma once
#include <string>

#include "service/config.hpp"

namespace tickmesh::ctl {

/// `service`: position_manager or broker_gateway, stopped, its journal's folder empty. It begins a new epoch there and comes up REDUCING.
/// PostgreSQL must answer where it is used. Prints what was made. Exit codes as ever: 4 when a rule forbids it, 3 when a source is away.
int rebuild(const Config& config, const std::string& service, bool json);

}  // namespace tickmesh::ctl
