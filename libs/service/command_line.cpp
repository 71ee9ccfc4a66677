#include "service/command_line.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

namespace tickmesh {

std::string build_version() { return std::string(TICKMESH_VERSION) + " (" + TICKMESH_COMPILER + ")"; }

std::optional<CommandLine> parse_command_line(int argc, char** argv, const std::string& program, const std::string& about,
                                              const std::string& examples, int& exit_code) {
  CommandLine line;
  CLI::App app{about, program};
  bool version = false;
  app.add_option("--config", line.config_path, "configuration file (default: deploy/config/tickmesh.toml where it exists)");
  app.add_flag("--check", line.check, "check the configuration and stop");
  app.add_flag("--version", version, "print the version and stop");
  app.allow_extras();
  app.footer("Any configuration key is a flag too: --feed.demo.rate=500 (tickmeshctl config show lists them).\n\nExamples:\n" + examples);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    exit_code = app.exit(e) == 0 ? 0 : 2;
    return std::nullopt;
  }
  if (version) {
    std::cout << program << ' ' << build_version() << '\n';
    exit_code = 0;
    return std::nullopt;
  }
  const auto usage = [&](const std::string& what) {
    std::cerr << program << ": " << what << "\nTry '" << program << " --help'.\n";
    exit_code = 2;
    return std::nullopt;
  };
  const auto extras = app.remaining();
  for (std::size_t i = 0; i < extras.size(); ++i) {
    const std::string& flag = extras[i];
    if (!flag.starts_with("--") || flag.find('.') == std::string::npos) return usage("unknown argument '" + flag + "'");
    const auto equals = flag.find('=');
    if (equals != std::string::npos) {
      line.overrides.emplace_back(flag.substr(2, equals - 2), flag.substr(equals + 1));
    } else if (i + 1 < extras.size()) {
      line.overrides.emplace_back(flag.substr(2), extras[++i]);
    } else {
      return usage(flag + " needs a value");
    }
  }
  if (line.config_path.empty() && std::filesystem::exists("deploy/config/tickmesh.toml")) line.config_path = "deploy/config/tickmesh.toml";
  return line;
}

}  // namespace tickmesh
