#include "checks.hpp"

namespace auditor {
namespace {

/// Who must answer a command: verbs by number, as in control.proto.
bool for_positions(std::uint64_t verb) { return verb != 0; }
bool for_gateway(std::uint64_t verb) { return verb == 3 || verb == 4 || verb == 6 || verb == 7; }

void check_commands(const MeshData& mesh, Report& report) {
  std::map<std::string, unsigned> positions, gateway;
  for (const Event& e : mesh.said(kRisk)) {
    const Message m{e.bytes};
    if (m.u(2) == 3) ++positions[m.str(7)];
  }
  for (const Event& e : mesh.said(kVenue)) {
    const Message m{e.bytes};
    if (m.u(2) == 5) ++gateway[m.str(6)];
  }
  std::map<std::string, std::uint64_t> said;
  for (const Event& e : mesh.said(kControl)) {
    const Message m{e.bytes};
    const auto id = m.str(2);
    report.expect(said.emplace(id, m.u(3)).second, "commands", [&] { return to_string(e.name) + ": " + id + " was said before"; });
    if (for_positions(m.u(3)))
      report.expect(positions[id] == 1, "commands are answered once",
                    [&] { return to_string(e.name) + " (" + id + ") by position_manager " + std::to_string(positions[id]) + " times"; });
    if (for_gateway(m.u(3)))
      report.expect(gateway[id] == 1, "commands are answered once",
                    [&] { return to_string(e.name) + " (" + id + ") by broker_gateway " + std::to_string(gateway[id]) + " times"; });
  }
}

}  // namespace

void check_causes(const MeshData& mesh, Report& report) {
  std::uint64_t local = 0;
  for (const Stream stream : {kSignal, kIntent, kOrder, kPosition, kMetrics, kBar}) {
    const std::string kind = std::string("causes of ") + kStreamNames[stream];
    for (const Event& e : mesh.said(stream)) {
      const Header h = header_of(e);
      if (!report.expect(h.caused, kind, [&] { return to_string(e.name) + " has none"; })) continue;
      report.expect(h.cause_time <= h.time, kind, [&] { return to_string(e.name) + " comes before its cause " + to_string(h.cause); });
      if (h.cause.stream == kLocal) {
        ++local;  // a timer, a start, a venue's report: recorded as taken, and bears no name
        continue;
      }
      const auto cause = mesh.find(h.cause);
      if (!report.expect(cause.data() != nullptr, kind,
                         [&] { return to_string(e.name) + " names " + to_string(h.cause) + ", which is in no journal"; }))
        continue;
      report.expect(header_of({h.cause, cause}).time == h.cause_time, kind,
                    [&] { return to_string(e.name) + " gives " + to_string(h.cause) + " another time"; });
    }
  }
  report.figure("events caused by a timer or the venue", local);
  check_commands(mesh, report);
}

}  // namespace auditor
