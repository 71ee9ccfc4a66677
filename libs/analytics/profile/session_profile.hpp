// A session's profile as it develops and the completed ones before it (METRICS.md 3.1). One feed: whoever has two has two of these.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "analytics/mid_window.hpp"
#include "analytics/profile/volume_profile.hpp"
#include "analytics/value.hpp"
#include "core/events.hpp"
#include "core/types.hpp"

namespace tickmesh {

struct SessionProfileSettings {
  double share{0.70};  ///< of the volume, in the value area
  int steps{2};
  NodeSettings nodes{};
  Duration refresh{seconds(1)};  ///< of the value area
  double refresh_volume{0.001};  ///< or so much new volume, of the total,
  Duration refresh_least{};      ///< but then no sooner: of a session's first trades each is more than that
  Duration node_refresh{seconds(60)};
  double node_refresh_volume{0.01};
  Duration node_refresh_least{};
  std::size_t kept{20};    ///< completed sessions
  double volume_share{0};  ///< that this feed sees of the market's volume, 0 to 1; 0: not known, 1: all
  std::int64_t most_rows{VolumeProfile::kMostRows};
};

/// What a profile says. Prices are edges and row centres; zero where `status` is not OK.
struct ProfileReading {
  Status status{Status::undefined};  ///< UNDEFINED without a trade
  bool approx{false};                ///< from bars
  Price poc{};                       ///< the centre of its row
  Price val{}, vah{};                ///< lower and upper edge of the value area
  double volume{0};                  ///< units
  double inside{0};                  ///< of them in the value area
  Timestamp start{}, end{};          ///< of the session; end zero: it develops
  friend bool operator==(const ProfileReading&, const ProfileReading&) = default;
};

class SessionProfile {
 public:
  explicit SessionProfile(Price row, const SessionProfileSettings& settings = {});
  /// A session begins: what developed is completed, where it traded, and its nodes are gone. `row`: the height of its rows; zero: as
  /// before.
  void begin(Timestamp start, Price row = {});
  /// False: refused by the profile.
  bool add(Timestamp time, Price price, Quantity size);
  bool add_bar(Timestamp time, Price low, Price high, Quantity volume);
  bool take_back(Price price, Quantity size);

  /// Developing, as of the last refresh; `now` decides whether one is due.
  const ProfileReading& developing(Timestamp now) { return refresh_area(now), developing_; }
  /// Rows of the developing profile's nodes, as of their last refresh.
  const ProfileNodes& nodes(Timestamp now) { return refresh_nodes(now), nodes_; }
  /// True when one was due, and there is something new.
  bool refresh_area(Timestamp now) {
    if (!due(area_due_, now, settings_.refresh, settings_.refresh_volume, settings_.refresh_least)) return false;
    return developing_ = read(), true;
  }
  bool refresh_nodes(Timestamp now) {
    if (!due(nodes_due_, now, settings_.node_refresh, settings_.node_refresh_volume, settings_.node_refresh_least)) return false;
    return profile_.find_nodes(settings_.nodes, nodes_), true;
  }
  /// The area with the nodes, where those were due; else the area alone. True when the nodes were.
  bool refresh(Timestamp now, bool& anything) {
    const bool found = refresh_nodes(now);
    if (found) {
      developing_ = read();
      area_due_ = nodes_due_;
    }
    anything = found || refresh_area(now);
    return found;
  }
  /// Both, due or not: what is said last of a session is of all of it.
  void settle();
  /// When one will be due, whatever trades until then; the latest time there is where nothing is new.
  Timestamp next_refresh() const;
  /// As of the last refresh.
  const ProfileReading& developing() const { return developing_; }
  const ProfileNodes& nodes() const { return nodes_; }
  ValueArea area() const { return profile_.value_area(settings_.share, settings_.steps); }  ///< as it is. Not of an empty profile
  /// The latest last.
  const std::vector<ProfileReading>& completed() const { return completed_; }
  const VolumeProfile& profile() const { return profile_; }
  Price centre(std::int64_t row) const;
  /// "APPROX, from bars; this feed sees 2.5 % of the volume": what must stand beside the numbers. Empty: nothing.
  std::string note() const;
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  struct Due {
    Timestamp at{};
    Int128 total{0};
  };
  bool due(Due& last, Timestamp now, Duration every, double volume, Duration least) const {
    const Int128 total = profile_.total();
    if (last.at) {
      const Duration since = now - last.at;
      if (total == last.total || since < least) return false;
      if (since < every && to_double(total - last.total) < volume * to_double(total)) return false;
    }
    last = {now, total};
    return true;
  }
  ProfileReading read() const;

  SessionProfileSettings settings_;
  VolumeProfile profile_;
  Timestamp start_{}, last_{};
  ProfileReading developing_{};
  ProfileNodes nodes_{};
  Due area_due_{}, nodes_due_{};
  std::vector<ProfileReading> completed_;
};

}  // namespace tickmesh
