// A person's request as JSON, made a command: every field checked, the first that breaks a rule named.
#pragma once
#include <string>

#include "core/events.hpp"
#include "core/instrument.hpp"

namespace tickmesh {

/// {"verb":"open","symbol":"AAPL","quantity":"-10","limit":"201.5","stop":…,"target":…,"client_order_id":…,"hard":true,"note":…}
/// Decimals as texts or numbers. Errors name field and rule.
Result<Command> parse_command(const std::string& body, const Instruments& instruments);

/// {"ok":false,"error":{"code","field","rule","message"}}
std::string error_body(const Error& error);

}  // namespace tickmesh
