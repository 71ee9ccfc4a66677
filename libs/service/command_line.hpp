// What every service's command line has in common: --config, --check, --version, --help, and any configuration key as a flag.
#pragma once
#include <optional>
#include <string>

#include "service/config.hpp"

namespace tickmesh {

struct CommandLine {
  std::string config_path;
  Config::Overrides overrides;
  bool check{false};
};
/// Nothing when the program is done (help or version printed, or usage wrong): then `exit_code` is what to return.
std::optional<CommandLine> parse_command_line(int argc, char** argv, const std::string& program, const std::string& about,
                                              const std::string& examples, int& exit_code);
/// "0.1.0 (g++ 12.2.0)"
std::string build_version();

}  // namespace tickmesh
