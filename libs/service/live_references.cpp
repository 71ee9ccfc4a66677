#include "service/live_references.hpp"

#include <fmt/format.h>
#include <poll.h>

namespace tickmesh {
namespace {

constexpr std::size_t kTurnEvents = 16'384;  ///< between signs of life
constexpr int kPauseMs = 5;                  ///< before it is asked again what is not released yet

}  // namespace

LiveReferences::LiveReferences(Host& host) : host_{host} {
  for (const auto& reads : host.spec().reads)
    for (const Stream stream : reads.streams) publisher_of_[stream] = reads.publisher;
}

Result<void> LiveReferences::fetch(const Name& first, std::uint32_t count, std::vector<ByteView>& out) {
  const auto owner = publisher_of_.find(first.stream);
  if (owner == publisher_of_.end())
    return std::unexpected(Error{"corrupt", "journal", "references name streams this service reads", to_string(first)});
  Past& past = pasts_[static_cast<std::size_t>(first.stream)];
  if (!past) past = shared(owner->second);
  past->forget();
  Name at = first;
  for (std::uint32_t left = count; left > 0;) {
    const auto some = past->get(at, left, out, 500);
    if (!some && some.error().code != "unreachable") return std::unexpected(some.error());
    if (const std::size_t got = some ? *some : 0; got > 0) {
      at.at.sequence += got;
      left -= static_cast<std::uint32_t>(got);
      unturned_ += got;
      continue;
    }
    if (auto ok = wait(owner->second, at); !ok) return ok;
  }
  if (unturned_ >= kTurnEvents) turn();
  return {};
}

void LiveReferences::turn() {
  unturned_ = 0;
  host_.turn();
}

Result<void> LiveReferences::wait(const std::string& owner, const Name& at) {
  turn();
  if (host_.stopping())
    return std::unexpected(Error{"unreachable", owner, "its journal answers", "stopped while waiting for " + to_string(at)});
  if (host_.status_due()) host_.publish_status({fmt::format("waiting for {} to run {} again", owner, to_string(at))}, nullptr);
  pollfd stop{host_.signal_fd(), POLLIN, 0};
  ::poll(&stop, 1, kPauseMs);
  return {};
}

LiveReferences::Past LiveReferences::shared(const std::string& owner) {
  Past& known = by_owner_[owner];
  if (!known) known = std::make_shared<ReplayAhead>(host_.context(), host_.endpoint(owner));
  return known;
}

}  // namespace tickmesh
