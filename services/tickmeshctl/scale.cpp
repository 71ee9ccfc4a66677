#include "tickmeshctl/scale.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "service/handover.hpp"
#include "service/identity.hpp"
#include "service/instances.hpp"
#include "tickmeshctl/output.hpp"

namespace tickmesh::ctl {
namespace {

namespace fs = std::filesystem;
constexpr const char* kKey = "mesh.metrics_engines";

std::string journal_of(const Config& config, std::uint32_t ordinal) {
  return config.text("journal.dir") + "/" + instance_name("metrics_engine", ordinal);
}

/// The line of the key, in its table; nothing else of the file is touched.
Result<void> write_number(const std::string& path, std::uint32_t to) {
  std::ifstream file{path};
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return bad_value("config", "a file that can be read", path);
  std::string all = text.str();
  const std::string line = fmt::format("metrics_engines = {}", to);
  const std::regex known{"(^|\n)[ \t#]*metrics_engines[ \t]*=[^\n#]*"};
  std::smatch found;
  if (std::regex_search(all, found, known))
    all.replace(static_cast<std::size_t>(found.position()), static_cast<std::size_t>(found.length()), found[1].str() + line);
  else if (const auto table = all.find("[mesh]\n"); table != std::string::npos)
    all.insert(table + 7, line + "\n");
  else
    all = "[mesh]\n" + line + "\n\n" + all;
  std::ofstream out{path + ".new", std::ios::trunc};
  out << all;
  if (!out.flush()) return bad_value("config", "a file that can be written", path);
  out.close();
  fs::rename(path + ".new", path);
  return {};
}

/// Of instances that are no more nothing waits any longer: api_gateway keeps what is asked of the mesh until every reader has it.
void strike_readers(const Config& config, std::uint32_t from, std::uint32_t to) {
  const std::string path = config.text("journal.dir") + "/" + instance_name("api_gateway", 0) + "/readers";
  if (to >= from || !fs::exists(path)) return;
  std::ifstream file{path};
  std::string kept;
  for (std::string line; std::getline(file, line);) {
    bool gone = false;
    for (std::uint32_t i = to; i < from; ++i) gone |= line.starts_with(instance_name("metrics_engine", i) + " ");
    if (!gone) kept += line + "\n";
  }
  std::ofstream{path, std::ios::trunc} << kept;
}

Result<void> hand_over(const Config& config, std::uint32_t from, std::uint32_t to) {
  Handover applied;  // of each partition, by who had it
  Epoch floor = 0;
  for (std::uint32_t i = 0; i < from; ++i) {
    const std::string dir = journal_of(config, i);
    if (!fs::exists(applied_path(dir)))
      return std::unexpected(Error{"refused", instance_name("metrics_engine", i), "every instance has stopped in order",
                                   "it runs, or was killed: start it, wait until it is ready, stop it with SIGTERM"});
    auto one = read_handover(applied_path(dir));
    if (!one) return std::unexpected(one.error());
    for (const auto& [key, at] : *one)
      if ((key.first == Stream::tick || key.first == Stream::depth) && (partitions_of(i, from) >> key.second & 1) != 0) applied[key] = at;
  }
  for (std::uint32_t i = 0; i < std::max(from, to); ++i)
    if (const auto token = Identity{config.text("mesh.run_dir"), journal_of(config, i), instance_name("metrics_engine", i)}.known())
      floor = std::max(floor, token->epoch);
  for (std::uint32_t i = 0; i < to; ++i) {
    Handover mine;
    for (const auto& [key, at] : applied)
      if ((partitions_of(i, to) >> key.second & 1) != 0) mine[key] = at;
    const std::string dir = journal_of(config, i);
    fs::create_directories(dir);
    write_handover(said_until_path(dir), mine);
    // A partition that comes back must not speak under an older epoch than it had elsewhere.
    Identity{config.text("mesh.run_dir"), dir, instance_name("metrics_engine", i)}.ask_epoch(floor);
  }
  return {};
}

}  // namespace

int scale(const Config& config, const ScaleOptions& options, bool json) {
  if (options.service != "metrics_engine")
    return failed(json, {"refused", "service", "metrics_engine", options.service + " has one instance"});
  const auto from = static_cast<std::uint32_t>(config.integer(kKey)), to = options.to;
  const Json data{{"service", options.service}, {"from", from}, {"to", to}};
  if (from == to) return done(json, data, fmt::format("{} has {} already\n", options.service, to));
  // The supervisor of deploy/up listens beside the API.
  const fs::path sockets = fs::path(config.text("api.socket")).parent_path();
  if (const auto run = sockets / ".." / ".." / "deploy" / "lib" / "scale.sh";
      !options.handover && fs::exists(sockets / "supervisor.sock") && fs::exists(run)) {
    std::vector<std::string> words{run.string(), std::to_string(to), options.config_path};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execv(arguments[0], arguments.data());
    return failed(json, {"unreachable", "deploy", "can be run", run.string()});
  }
  const std::string& source = config.entries().find(kKey)->second.source;
  if (auto handed = hand_over(config, from, to); !handed) return failed(json, handed.error());
  strike_readers(config, from, to);
  std::string then = fmt::format("start the mesh with {} = {}", kKey, to);
  if (!options.config_path.empty() && source != "environment" && source != "flag") {
    if (auto written = write_number(options.config_path, to); !written) return failed(json, written.error());
    then = fmt::format("{} says so; start the mesh", options.config_path);
  }
  return done(json, data, fmt::format("{}: {} instances instead of {}; {}\n", options.service, to, from, then));
}

}  // namespace tickmesh::ctl
