// What goes wrong in one run, drawn from its seed; and what is planted on purpose, to see that the checks can fail.
#pragma once
#include <optional>
#include <string_view>

#include "simulation/timeline.hpp"

namespace tickmesh::simulation {

/// A mistake put into the harness around the cores: each breaks one promise, and some check must say so.
enum class Plant {
  none,
  release_early,  ///< streams that must be durable before they are heard are not waited for
  lying_disk,     ///< sync says yes and keeps nothing
  boot_id_kept,   ///< after a power cut the kernel seems to be the same: the epoch goes on
  skip_one,       ///< after a restart a reader goes on one event too far
  deaf_to_gaps,   ///< what a reader lost is not told to its core
  live_at_once,   ///< a service is live before it has caught up
  send_again,     ///< what went to the venue goes there once more
  drop_a_fill,    ///< one fill never reaches the gateway, not even in a reconciliation
  no_expiry,      ///< the gateway is told that intents hold for ever
  unsteady_core,  ///< a core's words depend on more than its inputs
};
struct PlantName {
  Plant plant;
  std::string_view name;
};
inline constexpr PlantName kPlants[] = {
    {Plant::release_early, "release-early"}, {Plant::lying_disk, "lying-disk"},     {Plant::boot_id_kept, "boot-id-kept"},
    {Plant::skip_one, "skip-one"},           {Plant::deaf_to_gaps, "deaf-to-gaps"}, {Plant::live_at_once, "live-at-once"},
    {Plant::send_again, "send-again"},       {Plant::drop_a_fill, "drop-a-fill"},   {Plant::no_expiry, "no-expiry"},
    {Plant::unsteady_core, "unsteady-core"},
};

struct Faults {
  Nanos length{0};  ///< then everything is healed

  // Network: of each message.
  Nanos delay{micros(300)};  ///< at most, usually
  double lost{0}, doubled{0}, late{0};
  Nanos late_by{0};
  unsigned cuts{0};  ///< of one direction between two services
  Nanos cut_for{0};

  // Processes and the machine.
  unsigned kills{0}, stops{0}, power_cuts{0}, pauses{0};
  Nanos pause_for{0};       ///< at most: stopped, swapped out
  Nanos away{0};            ///< at most, before a restart
  double page_survives{0};  ///< of what was not synced, in a power cut
  Nanos snapshot_every{secs(10)};

  // Disk.
  Nanos sync_takes{millis(2)};  ///< at most, usually
  double sync_stalls{0};        ///< of syncs take up to a second
  unsigned disk_errors{0}, full_disks{0};

  // Clocks.
  Nanos skew{0};  ///< at most, between the services
  unsigned clock_steps{0};
  Nanos clock_step{0};

  // Venue.
  Nanos venue_delay{millis(20)};  ///< at most, usually, each way
  double requests_lost{0}, reports_lost{0}, reports_doubled{0}, reports_late{0}, reconciliations_lost{0};
  Nanos reports_late_by{0};
  bool venue_keeps_reports{false};  ///< what it says while the gateway is away comes after the next session begins

  // What happens anyway.
  bool feed_syncs{true};        ///< rows are pushed and acknowledged; else they come as a feed's, and a power cut may take them
  double ticks_per_second{20};  ///< all instruments together
  double commands_per_second{0.7};

  static Faults draw(Dice dice);
};

inline Faults Faults::draw(Dice dice) {
  Faults f;
  f.length = secs(dice.between(25, 70));
  const auto often = [&](double p) { return dice.chance(p); };
  f.delay = micros(dice.between(100, 2'000));
  if (often(0.6)) {
    const double level = dice.chance(0.2) ? 0.3 : 0.04;
    f.lost = dice.uniform(0, level);
    f.doubled = dice.uniform(0, level);
    f.late = dice.uniform(0, level);
    f.late_by = millis(dice.between(5, 800));
  }
  if (often(0.4)) {
    f.cuts = static_cast<unsigned>(dice.between(1, 8));
    f.cut_for = millis(dice.between(200, 12'000));
  }
  if (often(0.75)) f.kills = static_cast<unsigned>(dice.between(1, 14));
  if (often(0.4)) f.stops = static_cast<unsigned>(dice.between(1, 4));
  if (often(0.3)) f.pauses = static_cast<unsigned>(dice.between(1, 5));
  f.pause_for = millis(dice.between(200, 7'000));
  if (often(0.35)) f.power_cuts = static_cast<unsigned>(dice.between(1, 3));
  f.page_survives = dice.uniform();
  f.away = millis(dice.chance(0.2) ? 12'000 : dice.between(50, 3'000));
  f.snapshot_every = millis(dice.between(1'500, 20'000));
  f.sync_takes = micros(dice.between(50, 8'000));
  if (often(0.3)) f.sync_stalls = dice.uniform(0, 0.05);
  if (often(0.25)) f.disk_errors = static_cast<unsigned>(dice.between(1, 3));
  if (often(0.15)) f.full_disks = 1;
  f.skew = millis(dice.between(0, 60));
  if (often(0.3)) {
    f.clock_steps = static_cast<unsigned>(dice.between(1, 3));
    f.clock_step = millis(dice.between(10, 5'000));
  }
  f.venue_delay = millis(dice.between(1, 60));
  if (often(0.5)) {
    f.requests_lost = dice.uniform(0, 0.15);
    f.reports_lost = dice.uniform(0, 0.25);
    f.reports_doubled = dice.uniform(0, 0.3);
    f.reports_late = dice.uniform(0, 0.3);
    f.reports_late_by = millis(dice.between(100, 3'000));
    f.reconciliations_lost = dice.uniform(0, 0.5);
  }
  f.venue_keeps_reports = often(0.3);
  f.feed_syncs = often(0.5);
  f.ticks_per_second = dice.uniform(10, 40);
  f.commands_per_second = dice.uniform(0.2, 2);
  return f;
}

}  // namespace tickmesh::simulation
