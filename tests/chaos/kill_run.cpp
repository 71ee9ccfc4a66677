// tickmesh-kill-run: one continuous run with orders working, in which services are killed again and again; then the auditor speaks.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>

#include "chaos/desk.hpp"
#include "chaos/killer.hpp"
#include "chaos/links.hpp"
#include "chaos/troubles.hpp"

namespace {

using namespace std::chrono_literals;
using tickmesh::TestMesh;
using tickmesh::chaos::Desk;
using tickmesh::chaos::Killer;
using tickmesh::chaos::Kind;
using tickmesh::chaos::Links;
using tickmesh::chaos::Troubles;
using Clock = std::chrono::steady_clock;

constexpr const char* kHelp =
    "tickmesh-kill-run: kills the services of a private mesh at seeded moments, then audits what it left behind.\n\n"
    "Usage: tickmesh-kill-run [--kills N] [--seed N] [--rate N] [--faults LIST] [--engines N] [--keep]\n"
    "  --kills N   kills in all (default TICKMESH_KILLS, else 12)\n"
    "  --seed N    chooses who, when and how (default TICKMESH_SEED, else 1)\n"
    "  --rate N    ticks a second of the demo market (default 500)\n"
    "  --faults LIST  what else goes wrong meanwhile, of kills,stops,cuts,database (default TICKMESH_FAULTS, else kills):\n"
    "                 services that hang, links between services that break (the bus runs over TCP then), a database that is away\n"
    "  --engines N  instances of metrics_engine (default 1; not with cuts)\n"
    "  --keep      leaves the run's folder\n\n"
    "Exit codes: 0 nothing lost, doubled or made up, 1 findings or a mesh that did not come back, 2 usage.\n\n"
    "Example:\n"
    "  tickmesh-kill-run --kills 100 --seed 7\n"
    "  tickmesh-kill-run --kills 40 --faults kills,stops,cuts,database\n";

std::uint64_t setting(const char* variable, std::uint64_t fallback) {
  const char* text = std::getenv(variable);
  return text == nullptr || *text == '\0' ? fallback : std::strtoull(text, nullptr, 10);
}

int fail(TestMesh& mesh, const std::string& what) {
  std::cerr << "FAILED: " << what << '\n';
  for (const auto& end : mesh.unasked_ends()) std::cerr << "ended unasked: " << end << '\n';
  mesh.dump_logs(12);
  return 1;
}

int run(unsigned kills, std::uint64_t seed, const std::string& rate, const std::set<Kind>& faults, const std::string& engines, bool keep) {
  const auto begin = Clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  TestMesh mesh{{{"feed.demo.rate", rate},
                 {"feed.demo.seed", std::to_string(seed)},
                 {"journal.segment_bytes", "2097152"},
                 {"journal.snapshot_s", "3"},
                 {"risk.cooldown_s", "0"},
                 {"risk.min_confidence", "0.05"},
                 {"risk.max_positions", "15"},
                 {"gateway.orders_per_s", "1000"},
                 {"sizing.allocation", "3000"},
                 {"mesh.metrics_engines", engines},
                 {"mesh.transport", faults.contains(Kind::cuts) ? "tcp" : "ipc"}},
                TestMesh::Start::later};
  if (keep) mesh.keep();
  std::unique_ptr<Links> links;
  if (faults.contains(Kind::cuts)) links = std::make_unique<Links>(mesh);
  mesh.start_all();
  if (!mesh.wait_ready()) return fail(mesh, "the mesh was not ready in time");
  fmt::print("ready after {:.1f} s, {} kills with seed {}\n", seconds(), kills, seed);
  std::cout.flush();
  Killer killer{mesh, seed};
  Desk desk{mesh, seed};
  Troubles troubles{mesh, links.get(), faults, seed};
  std::mt19937_64 random{seed};
  for (int i = 0; i < 6; ++i) desk.act();
  while (killer.kills() < kills) {
    for (auto orders = 2 + random() % 4; orders > 0; --orders) desk.act();
    troubles.begin();
    killer.strike(kills - killer.kills());
    for (auto orders = random() % 3; orders > 0; --orders) desk.act();
    troubles.end();
    // Now and then the next one falls while the others still come back.
    if (random() % 3 != 0 && !mesh.wait_ready()) return fail(mesh, fmt::format("not ready again after kill {}", killer.kills()));
    if (!mesh.unasked_ends().empty()) return fail(mesh, fmt::format("a service ended by itself after kill {}", killer.kills()));
  }
  killer.print(std::cout);
  troubles.print(std::cout);
  fmt::print("all killed after {:.1f} s\n", seconds());
  std::cout.flush();
  if (!mesh.wait_ready()) return fail(mesh, "the mesh was not ready again in time");
  if (!tickmesh::eventually([&] { return mesh.reap_background() == 0; }, 30s)) return fail(mesh, "a command does not end");
  if (!mesh.quiesce()) return fail(mesh, "orders went on working after `halt --hard`");
  if (!mesh.stop_all()) return fail(mesh, "a service did not stop in order");
  fmt::print("stopped in order after {:.1f} s\n", seconds());
  const auto audit = mesh.audit();
  fmt::print("{}", audit.out);
  const auto verified = mesh.verify();
  fmt::print("{}took {:.1f} s\n", verified.out, seconds());
  std::cout.flush();
  if (audit.exit != 0) return fail(mesh, "the auditor has findings");
  if (verified.exit != 0) return fail(mesh, "what was recorded does not come out again");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  auto kills = setting("TICKMESH_KILLS", 12);
  auto seed = setting("TICKMESH_SEED", 1);
  std::string rate = "500";
  const char* given = std::getenv("TICKMESH_FAULTS");
  std::string faults = given == nullptr ? "kills" : given;
  std::string engines = "1";
  bool keep = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--help" || word == "-h") {
      std::cout << kHelp;
      return 0;
    }
    if (word == "--keep") {
      keep = true;
      continue;
    }
    if ((word != "--kills" && word != "--seed" && word != "--rate" && word != "--faults" && word != "--engines") || i + 1 == argc) {
      std::cerr << "tickmesh-kill-run: '" << word << "'\n" << kHelp;
      return 2;
    }
    const std::string value = argv[++i];
    if (word == "--kills") kills = std::strtoull(value.c_str(), nullptr, 10);
    if (word == "--seed") seed = std::strtoull(value.c_str(), nullptr, 10);
    if (word == "--rate") rate = value;
    if (word == "--faults") faults = value;
    if (word == "--engines") engines = value;
  }
  const auto kinds = tickmesh::chaos::parse_kinds(faults);
  if (!kinds) {
    std::cerr << "tickmesh-kill-run: --faults '" << faults << "': of kills,stops,cuts,database\n";
    return 2;
  }
  if (engines != "1" && kinds->contains(Kind::cuts)) {
    std::cerr << "tickmesh-kill-run: --engines: links of one engine only can be cut\n";
    return 2;
  }
  try {
    return run(static_cast<unsigned>(kills), seed, rate, *kinds, engines, keep);
  } catch (const std::exception& e) {
    std::cerr << "tickmesh-kill-run: " << e.what() << '\n';
    return 1;
  }
}
