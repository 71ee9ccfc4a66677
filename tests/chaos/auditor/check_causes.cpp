#include <cstdio>

#include "checks.hpp"

namespace auditor {
namespace {

constexpr std::uint64_t kClockStepped = 6;  // a feed event's kind, as in tick.proto

/// Who must answer a command: verbs by number, as in control.proto.
bool for_positions(std::uint64_t verb) { return verb != 0; }
bool for_gateway(std::uint64_t verb) { return verb == 3 || verb == 4 || verb == 6 || verb == 7; }

bool leads_to_orders(std::uint8_t stream) { return stream == kMetrics || stream == kSignal || stream == kIntent || stream == kOrder; }

/// What leads to an order hands on the time of the tick it began with; an order's later events name the order and start anew.
void check_tick_time(const Name& name, const Header& h, const Header& cause, Report& report) {
  const auto expected = h.cause.stream == kTick ? h.cause_time : leads_to_orders(static_cast<Stream>(h.cause.stream)) ? cause.tick_time : 0;
  report.expect(h.tick_time == expected || (name.stream == kOrder && h.tick_time == 0), "ticks that led to what was said", [&] {
    return to_string(name) + " gives the tick's time as " + std::to_string(h.tick_time) + ", its cause " + to_string(h.cause) + " as " +
           std::to_string(expected);
  });
}

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

/// How far the services' clocks may disagree: those of a machine whose clock was stepped follow it one after the other, within a second.
std::int64_t clock_steps_ns(const MeshData& mesh) {
  std::int64_t sum = 0;
  for (const Event& e : mesh.said(kFeed)) {
    const Message m{e.bytes};
    long long by_ms = 0;
    if (m.u(2) == kClockStepped && std::sscanf(m.str(7).c_str(), "clock stepped by %lld ms", &by_ms) == 1)
      sum += (by_ms < 0 ? -by_ms : by_ms) * 1'000'000;
  }
  return sum;
}

}  // namespace

void check_causes(const MeshData& mesh, Report& report) {
  std::uint64_t local = 0;
  // Services read the machine's two clocks each for itself; on a busy machine a reading may be off by the time its thread was put aside.
  constexpr std::int64_t kReadings = 1'000'000;
  const std::int64_t apart = clock_steps_ns(mesh) + kReadings;
  for (const Stream stream : {kSignal, kIntent, kOrder, kPosition, kMetrics, kBar}) {
    const std::string kind = std::string("causes of ") + kStreamNames[stream];
    for (const Event& e : mesh.said(stream)) {
      const Header h = header_of(e);
      if (!report.expect(h.caused, kind, [&] { return to_string(e.name) + " has none"; })) continue;
      report.expect(h.cause_time <= h.time + apart, kind, [&] {
        return to_string(e.name) + " comes " + std::to_string(h.cause_time - h.time) + " ns before its cause " + to_string(h.cause);
      });
      if (h.cause.stream == kLocal) {
        ++local;  // a timer, a start, a venue's report: recorded as taken, and bears no name
        continue;
      }
      const auto cause = mesh.find(h.cause);
      if (!report.expect(cause.data() != nullptr, kind,
                         [&] { return to_string(e.name) + " names " + to_string(h.cause) + ", which is in no journal"; }))
        continue;
      const Header its = header_of({h.cause, cause});
      report.expect(its.time == h.cause_time, kind, [&] { return to_string(e.name) + " gives " + to_string(h.cause) + " another time"; });
      if (leads_to_orders(stream)) check_tick_time(e.name, h, its, report);
    }
  }
  report.figure("events caused by a timer or the venue", local);
  check_commands(mesh, report);
}

}  // namespace auditor
