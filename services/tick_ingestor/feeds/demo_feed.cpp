#include "tick_ingestor/feeds/demo_feed.hpp"

#include <algorithm>

namespace tickmesh {

std::size_t DemoFeed::due(Timestamp now, std::size_t limit, const TakeEvent& take) {
  const Duration next{next_offset()};
  const bool starts = !anchor_;
  if (starts || now - (anchor_ + next) > kMostBehind) anchor_ = std::max(now, last_event_) - next;
  std::size_t given = 0;
  while (given < limit && anchor_ + Duration{next_offset()} <= now) {
    DemoItem item = *pending_;
    pending_.reset();
    const Timestamp event_time = std::max(last_event_, anchor_ + Duration{item.offset});
    last_event_ = event_time;
    if (item.is_event) {
      FeedEvent event{.kind = item.event.kind, .feed = FeedKind::demo, .symbol = item.event.symbol, .text = "SYNTHETIC"};
      event.header.event_time = event_time;
      if (item.event.to != 0) {
        event.from = anchor_ + Duration{item.event.from};
        event.to = anchor_ + Duration{item.event.to};
      }
      take(event);
    } else {
      item.tick.event_time = event_time;
      if (Tick* tick = std::get_if<Tick>(&given_))
        *tick = item.tick;
      else
        given_.emplace<Tick>(item.tick);
      take(given_);
    }
    ++given;
    // While the market stands where this item left it.
    if (auto depth = tells_depth_ ? depth_.after(live_, item.offset) : std::nullopt) {
      depth->header.event_time = event_time;
      take(std::move(*depth));
    }
  }
  return given;
}

std::int64_t DemoFeed::next_offset() {
  // The market itself knows a lower bound only: an instrument's turn may pass in silence.
  if (!pending_) pending_ = live_.next();
  return pending_->offset;
}

void DemoFeed::save(ByteWriter& out, std::uint64_t items) {
  TM_INVARIANT(items >= base_ + said_.position() && items <= position(), "what was said was given before");
  while (base_ + said_.position() < items) said_.next();
  out.put(base_);
  out.put(said_.fingerprint());
  said_.save(out);
}

bool DemoFeed::load(ByteReader& in, std::uint64_t items) {
  const bool none = in.done();
  const auto base = none ? items : in.get<std::uint64_t>();
  other_ = !none && in.get<std::uint64_t>() != fresh_.fingerprint();
  if (none || other_) {
    said_ = fresh_;
    base_ = items;
  } else {
    said_.load(in);
    TM_INVARIANT(base + said_.position() == items, "a stored market stands where it was saved");
    base_ = base;
  }
  live_ = said_;
  pending_.reset();
  anchor_ = {};
  return !none && !other_;
}

void DemoFeed::recover(std::uint64_t items, Timestamp last_event_time) {
  if (other_) base_ = items;
  TM_INVARIANT(items >= base_ + said_.position(), "a feed recovers forward from its snapshot");
  while (base_ + said_.position() < items) said_.next();
  live_ = said_;
  pending_.reset();
  other_ = false;
  anchor_ = {};
  last_event_ = last_event_time;
}

}  // namespace tickmesh
