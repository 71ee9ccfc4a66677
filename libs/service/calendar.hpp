// Trading calendars: what deploy/config/calendars says in local time, as the UTC sessions that cores get.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "core/instrument.hpp"
#include "core/trading_session.hpp"
#include "market/sessions.hpp"
#include "service/config.hpp"
#include "service/zones.hpp"

namespace tickmesh {

struct Calendar {
  std::string name;
  std::string zone;       ///< IANA
  Date from{}, to{};      ///< of what is known, both included; beyond it nothing can be said
  bool always{false};     ///< never closed: a session is a day of `zone`
  SessionTable sessions;  ///< of all days from `from` to `to`. A week without a break (FX) has one session a trading day, each ending where
                          ///< the next begins
};

/// Error: file, field and rule. Refused are unknown keys and zones, days out of order or out of range, a holiday or half day on a day that
/// would not trade anyway (a typing error, nearly always), a half day that does not end within its session.
Result<Calendar> load_calendar(const std::string& path);
/// The calendars `instruments` name, by name, from `dir`/<name>.toml. Error also: an instrument names one that is not there.
Result<std::map<std::string, Calendar>> load_calendars(const std::string& dir, const Instruments& instruments);
/// mesh.calendar_dir, or where it is empty the folder `calendars` beside mesh.instruments.
std::string calendar_dir(const Config& config);
/// What cores are configured with: the sessions of every calendar that closes, by name, ascending and apart. One that is not there trades
/// around the clock. Throws std::runtime_error: a mesh that does not know when its instruments trade does not start.
std::map<std::string, std::vector<TradingSession>> sessions_by_calendar(const Config& config, const Instruments& instruments);

}  // namespace tickmesh
