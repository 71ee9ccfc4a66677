// tickmesh-simulate: the whole mesh in one thread, with everything going wrong that a seed says.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "simulation/setting.hpp"

using namespace tickmesh;
using namespace tickmesh::simulation;

namespace {
std::uint64_t running = 0;  ///< the seed
}

int main(int argc, char** argv) {
  CLI::App app{"The whole mesh in one thread over a simulated disk, network, clock and venue; what goes wrong follows from the seed.",
               "tickmesh-simulate"};
  std::uint64_t seeds = 50, first = 1;
  std::optional<std::uint64_t> one;
  std::string plant_name, source = TICKMESH_SOURCE_DIR;
  bool verbose = false, version = false;
  app.add_option("--seeds", seeds, "how many seeds, one after the other (default 50)")->check(CLI::Range(1u, 100'000'000u));
  app.add_option("--first", first, "the first of them (default 1)");
  app.add_option("--seed", one, "this one alone; prints what happened with -v");
  app.add_option("--plant", plant_name, "a mistake that some check must find; exit 0 when it was found within the seeds");
  app.add_option("--source", source, "the project's folder, for deploy/config");
  app.add_flag("-v,--verbose", verbose, "print what happens, in simulated seconds");
  app.add_flag("--version", version, "print the version and stop");
  app.footer(
      "Examples:\n  tickmesh-simulate --seeds 2000\n  tickmesh-simulate --seed 17 -v\n  tickmesh-simulate --plant release-early --seeds "
      "200\n"
      "Exit: 0 all held (or the planted mistake was found), 1 something was broken (or it was not), 2 usage.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  if (version) {
    std::cout << "tickmesh-simulate\n";
    return 0;
  }
  Plant plant = Plant::none;
  if (!plant_name.empty()) {
    for (const PlantName& p : kPlants)
      if (p.name == plant_name) plant = p.plant;
    if (plant == Plant::none) {
      std::string names;
      for (const PlantName& p : kPlants) names += (names.empty() ? "" : ", ") + std::string(p.name);
      std::cerr << "--plant: one of " << names << '\n';
      return 2;
    }
  }
  if (one) first = *one, seeds = 1;
  const auto with = load_setting(source);
  if (!with) {
    std::cerr << "tickmesh-simulate: " << to_string(with.error()) << '\n';
    return 2;
  }

  const auto begin = std::chrono::steady_clock::now();
  std::uint64_t failed = 0, hash = kFnvOffset;
  Mesh::Counts sum;
  std::uint64_t fills = 0, orders = 0, simulated = 0;
  // What nobody catches ends the process: its seed is known all the same.
  std::set_terminate([] {
    fmt::print("seed {} DIED; again: tickmesh-simulate --seed {} -v\n", running, running);
    std::cout.flush(), std::fflush(stdout);
    std::abort();
  });
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    running = seed;
    Mesh mesh{*with, seed, plant, verbose};
    mesh.run();
    const std::uint64_t own = mesh.hash();
    hash = fnv1a64({reinterpret_cast<const char*>(&own), sizeof own}, hash);
    sum.kills += mesh.counts.kills, sum.power_cuts += mesh.counts.power_cuts, sum.commands += mesh.counts.commands;
    sum.messages += mesh.counts.messages, sum.lost += mesh.counts.lost, sum.lossy += mesh.counts.lossy, sum.ticks += mesh.rows().size();
    fills += mesh.venue->fills(), orders += mesh.venue->arrivals().size(), simulated += static_cast<std::uint64_t>(mesh.timeline.now());
    if (mesh.verdict.good()) continue;
    ++failed;
    if (plant != Plant::none) {
      fmt::print("planted {}: found with seed {}: {}\n", plant_name, seed, mesh.verdict.problems().front());
      return 0;
    }
    fmt::print("seed {} FAILED; again: tickmesh-simulate --seed {} -v\n", seed, seed);
    for (const std::string& problem : mesh.verdict.problems()) fmt::print("  {}\n", problem);
    std::cout.flush();
  }
  if (plant != Plant::none) {
    fmt::print("planted {}: NOT found with {} seeds\n", plant_name, seeds);
    return 1;
  }
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  fmt::print(
      "{} seeds, {} failed, hash {:016x}: {:.0f} simulated minutes in {:.1f} s; {} ticks, {} commands, {} requests at the venue, {} fills; "
      "{} kills, "
      "{} power cuts, {} of {} messages lost, {} recoveries with lost inputs\n",
      seeds, failed, hash, static_cast<double>(simulated) / 60e9, took, sum.ticks, sum.commands, orders, fills, sum.kills, sum.power_cuts,
      sum.lost, sum.messages, sum.lossy);
  return failed == 0 ? 0 : 1;
}
