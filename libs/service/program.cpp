// The main() of services: what every one of them says, refuses and exits with.
#include <fmt/format.h>
#include <linux/close_range.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "service/command_line.hpp"
#include "service/loop.hpp"
#include "service/scheduling.hpp"

namespace tickmesh {
namespace {

void start_log(const Config& config, const std::string& service) {
  auto logger = spdlog::stderr_logger_mt(service);
  spdlog::set_default_logger(logger);
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %l %n %v", spdlog::pattern_time_type::utc);
  spdlog::set_level(spdlog::level::from_str(config.text("log.level")));
  spdlog::flush_on(spdlog::level::info);
}

}  // namespace

int run_program(int argc, char** argv, const ServiceSpec& spec, const std::function<int(Config)>& body) {
  int exit_code = 0;
  const auto line = parse_command_line(argc, argv, "tickmesh-" + spec.name, spec.about, spec.examples, exit_code);
  if (!line) return exit_code;
  auto config = Config::load(line->config_path, line->overrides, environ);
  if (!config) {
    std::cerr << "tickmesh-" << spec.name << ": configuration: " << to_string(config.error()) << '\n';
    return 2;
  }
  if (line->check) {
    std::cout << "configuration is sound, hash " << fmt::format("{:016x}", config->hash()) << '\n';
    return 0;
  }
  start_log(*config, spec.name);
  spec.gather.ns > 0 ? run_patiently() : run_promptly();
  try {
    return body(std::move(*config));
  } catch (const Superseded& e) {
    spdlog::error("Stopped at once, {}", e.what());
    spdlog::default_logger()->flush();
    return kSupersededExit;
  } catch (const BeginEpoch& e) {
    spdlog::warn("Starting again in a new epoch: {}", e.what());
    spdlog::default_logger()->flush();
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);  // ports and locks are free for what comes
    ::execv("/proc/self/exe", argv);
    spdlog::error("Cannot start again: {}", std::strerror(errno));
  } catch (const StartError& e) {
    spdlog::error("Cannot start: {}", e.what());
  } catch (const DiskError& e) {
    spdlog::error("Stopped, the disk refused: {}", e.what());
  } catch (const InvariantError& e) {
    spdlog::error("Stopped, a promise of our own is broken: {}", e.what());
  } catch (const std::exception& e) {
    spdlog::error("Stopped: {}", e.what());
  }
  spdlog::default_logger()->flush();
  return 1;
}

}  // namespace tickmesh
