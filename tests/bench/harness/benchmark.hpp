// A benchmark: rows of the table that are measured together, and how one turn of them goes.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "bench/harness/report.hpp"

namespace tickmesh::bench {

struct Settings {
  bool quick{false};  ///< less work a turn: for trying, not for telling
  unsigned runs{5};
};

class Benchmark {
 public:
  virtual ~Benchmark() = default;
  virtual std::vector<RowName> rows() const = 0;
  /// What all turns share; once, before the first.
  virtual void prepare() {}
  /// Measures the floor, then ours, close together.
  virtual Turn turn() = 0;
  /// How many turns are worth while when `asked` are wanted: one that takes minutes takes fewer.
  virtual unsigned turns(unsigned asked) const { return asked; }
  /// Lines to be read beside the figures.
  virtual std::vector<std::string> notes() const { return {}; }
};

using Benchmarks = std::vector<std::unique_ptr<Benchmark>>;

// One function a file of rows/.
void add_journal(Benchmarks& all, const Settings& settings);
void add_journal_sustained(Benchmarks& all, const Settings& settings);
void add_bus_throughput(Benchmarks& all, const Settings& settings);
void add_bus_latency(Benchmarks& all, const Settings& settings);
void add_projector(Benchmarks& all, const Settings& settings);
void add_heal(Benchmarks& all, const Settings& settings);
void add_recovery(Benchmarks& all, const Settings& settings);
void add_runner(Benchmarks& all, const Settings& settings);
void add_analytics(Benchmarks& all, const Settings& settings);
void add_book(Benchmarks& all, const Settings& settings);
void add_profile(Benchmarks& all, const Settings& settings);
void add_recorded(Benchmarks& all, const Settings& settings);
void add_mesh_throughput(Benchmarks& all, const Settings& settings);
void add_mesh_latency(Benchmarks& all, const Settings& settings);
void add_idle(Benchmarks& all, const Settings& settings);

}  // namespace tickmesh::bench
