// How an event is named: stream, partition, epoch, sequence. Numbers as in proto/tickmesh/v1/common.proto.
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <string>

namespace auditor {

enum Stream : std::uint8_t {
  kLocal = 0,
  kTick = 1,
  kLatest = 2,
  kFeed = 3,
  kBar = 4,
  kMetrics = 5,
  kProfile = 6,
  kSignal = 7,
  kIntent = 8,
  kPosition = 9,
  kAccount = 10,
  kRisk = 11,
  kStrategy = 12,
  kOrder = 13,
  kVenue = 14,
  kControl = 15,
  kDepth = 16,
  kBook = 17,
};
inline constexpr unsigned kStreams = 18;
inline constexpr unsigned kPartitions = 64;
inline constexpr std::array<const char*, kStreams> kStreamNames{"local",    "tick",   "latest", "feed",     "bar",     "metrics",
                                                                "profile",  "signal", "intent", "position", "account", "risk",
                                                                "strategy", "order",  "venue",  "control",  "depth",   "book"};

struct Name {
  std::uint8_t stream{0};
  std::uint8_t partition{0};
  std::uint64_t epoch{0};
  std::uint64_t sequence{0};
  friend auto operator<=>(const Name&, const Name&) = default;
};
/// `order.17@1737376814000/42`
inline std::string to_string(const Name& n) {
  return std::string(n.stream < kStreams ? kStreamNames[n.stream] : "?") + '.' + std::to_string(n.partition) + '@' +
         std::to_string(n.epoch) + '/' + std::to_string(n.sequence);
}

}  // namespace auditor
