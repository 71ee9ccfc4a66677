// The loop's part in event-time: inputs are held until they are next in the order of event time, timers fire between them, and what may
// be relied on is told to those who wait.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bus/bus.hpp"
#include "runner/life.hpp"
#include "runner/merge.hpp"
#include "service/host.hpp"

namespace tickmesh {

class Attachment;

class EventTime {
 public:
  /// `subscriptions`: of `reader`, in its order; `reads` of each, from the service's spec.
  EventTime(Host& host, Life& life, Runner& runner, Reader& reader, Attachment* attachment, std::vector<Merge::Source> subscriptions);

  /// What arrived, in order within its stream and partition.
  void hold(const ReceivedRun& run);
  /// Takes what may be taken and promises what can be promised. True: there is more at once. Nothing before the core is live.
  bool turn(std::int64_t mono);
  /// Others can hear it now.
  void published(const Released& said);
  /// Every publisher that is waited for has been heard: before that nobody may act.
  std::vector<std::string> unheard() const;
  std::size_t held() const { return merge_.held(); }
  /// Whom it waits for, when that lasts for more than a second.
  std::vector<std::string> waiting_for(std::int64_t mono) const;

 private:
  static constexpr std::size_t kTurn = 16'384;
  static constexpr std::int64_t kPatience = 1'000'000'000;
  std::optional<Timestamp> due() const;
  bool take();
  void step();
  void promise();
  std::uint64_t said_to_partner() const;
  std::uint64_t heard_of_partner() const;

  Host& host_;
  Life& life_;
  Runner& runner_;
  Reader& reader_;
  Attachment* attachment_;
  std::vector<Merge::Source> sources_;
  Merge merge_;
  bool queued_{false};  ///< inputs of the moment that is lived, not yet applied
  Promise promise_{};
  std::int64_t stuck_since_{0};
  std::vector<Timestamp> times_;
};

}  // namespace tickmesh
