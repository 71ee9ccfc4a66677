// tickmesh-bench: each figure beside its floor, measured in turns. tests/bench/run builds and starts it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <regex>

#include "bench/harness/benchmark.hpp"

using namespace tickmesh::bench;

namespace {

Benchmarks all_benchmarks(const Settings& settings) {
  Benchmarks all;
  add_journal(all, settings);
  add_journal_sustained(all, settings);
  add_bus_throughput(all, settings);
  add_bus_latency(all, settings);
  add_projector(all, settings);
  add_heal(all, settings);
  add_recovery(all, settings);
  add_runner(all, settings);
  add_analytics(all, settings);
  add_book(all, settings);
  add_profile(all, settings);
  add_recorded(all, settings);
  add_mesh_throughput(all, settings);
  add_mesh_latency(all, settings);
  add_idle(all, settings);
  return all;
}

/// The benchmark's figures whose names match.
std::vector<Figure> measure(Benchmark& benchmark, const std::regex& only, unsigned runs) {
  std::vector<Figure> wanted;
  const std::string name = benchmark.rows().front().name;
  // A row comes when all its turns are over: whoever waits, or was cut off, sees where it stood.
  std::cerr << fmt::format("  … {}: preparing", name) << std::endl;
  benchmark.prepare();
  std::vector<Turn> turns;
  for (unsigned i = 0, all = benchmark.turns(runs); i < all; ++i) {
    std::cerr << fmt::format("  … {}: turn {} of {}", name, i + 1, all) << std::endl;
    turns.push_back(benchmark.turn());
  }
  for (Figure& f : figures(benchmark.rows(), turns))
    if (std::regex_search(f.row.name, only)) wanted.push_back(std::move(f));
  return wanted;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Measures the mesh beside its floors.", "tickmesh-bench"};
  Settings settings;
  std::string only = ".*", commit = "unknown commit", preset = "unknown preset";
  bool json = false, list = false;
  app.add_option("--only", only, "rows whose name matches this regular expression");
  app.add_option("--runs", settings.runs, "turns of floor and ours; the median is shown (default 5)")->check(CLI::Range(1, 1000));
  app.add_flag("--quick", settings.quick, "less work a turn: for trying, not for telling");
  app.add_flag("--json", json, "an array of rows on stdout, everything else on stderr");
  app.add_flag("--list", list, "name the rows and stop");
  app.add_option("--commit", commit, "shown with the figures");
  app.add_option("--preset", preset, "shown with the figures");
  app.footer("Examples:\n  tests/bench/run --only 'bus.throughput' --runs 9\n  tests/bench/run --quick --json");
  CLI11_PARSE(app, argc, argv);
  std::regex pattern;
  try {
    pattern = std::regex{only};
  } catch (const std::regex_error&) {
    std::cerr << "tickmesh-bench: --only: a regular expression\n";
    return 2;
  }
  auto& words = json ? std::cerr : std::cout;
  if (!list)
    words << machine() << " · " << commit << " · preset " << preset << (settings.quick ? " · QUICK" : "") << '\n'
          << as_table_head() << std::endl;
  Benchmarks all = all_benchmarks(settings);
  std::vector<Figure> shown;
  bool failed = false, any = false;
  for (auto& slot : all) {
    const auto benchmark = std::move(slot);  // gone when measured, with whatever processes it keeps
    const auto rows = benchmark->rows();
    if (std::none_of(rows.begin(), rows.end(), [&](const RowName& row) { return std::regex_search(row.name, pattern); })) continue;
    any = true;
    if (list) {
      for (const RowName& row : rows) std::cout << row.name << '\n';
      continue;
    }
    try {
      for (Figure& f : measure(*benchmark, pattern, settings.runs)) {
        words << as_table_line(f) << std::endl;
        shown.push_back(std::move(f));
      }
      for (const std::string& note : benchmark->notes()) words << "  " << note << std::endl;
    } catch (const std::exception& e) {
      // In the table, where it would have stood.
      words << fmt::format("{:28} FAILED: {}", rows.front().name, e.what()) << std::endl;
      failed = true;
    }
  }
  if (!any) {
    std::cerr << "tickmesh-bench: no row matches '" << only << "'\n";
    return 2;
  }
  if (json) std::cout << as_json(shown) << '\n';
  return failed ? 1 : 0;
}
