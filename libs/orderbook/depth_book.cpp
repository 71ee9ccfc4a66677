#include "orderbook/depth_book.hpp"

namespace tickmesh {

std::string_view to_string(DepthOutcome outcome) {
  constexpr std::string_view kNames[] = {"applied", "held", "duplicate", "gap", "crossed", "emptied", "too_old", "refused", "overrun"};
  return kNames[static_cast<std::size_t>(outcome)];
}

DepthOutcome DepthBook::lose(DepthOutcome why) {
  book_.clear();
  live_ = false;
  reason_ = why;
  held_.clear();
  held_changes_.clear();
  return told(why);
}

void DepthBook::drop() {
  book_.clear();
  live_ = false;
  reason_ = DepthOutcome::held;
  held_.clear();
  held_changes_.clear();
}

DepthOutcome DepthBook::change(std::span<const LevelChange> changes) {
  const bool bids = !book_.empty(Side::buy), asks = !book_.empty(Side::sell);
  bool good = true;
  for (const LevelChange& c : changes) good &= c.side != Side::none && book_.set(c.side, c.price, c.size);
  if (!good) return lose(DepthOutcome::refused);
  if (book_.crossed()) return lose(DepthOutcome::crossed);
  if ((bids && book_.empty(Side::buy)) || (asks && book_.empty(Side::sell))) return lose(DepthOutcome::emptied);
  return told(DepthOutcome::applied);
}

DepthOutcome DepthBook::apply(const DepthDelta& delta) {
  if (!live_) return hold(delta);
  if (delta.last <= last_) return told(DepthOutcome::duplicate);
  if (delta.previous > last_) {
    const DepthOutcome gap = lose(DepthOutcome::gap);
    hold(delta);
    return gap;
  }
  last_ = delta.last;
  return change(delta.changes);
}

DepthOutcome DepthBook::hold(const DepthDelta& delta) {
  if (!held_.empty() && delta.last <= held_.back().last) return told(DepthOutcome::duplicate);
  if (delta.changes.size() > kMostHeldChanges) return lose(DepthOutcome::overrun);
  DepthOutcome outcome = DepthOutcome::held;
  if (!held_.empty()) {
    if (delta.previous > held_.back().last)
      outcome = lose(DepthOutcome::gap);
    else if (held_.size() == kMostHeld || held_changes_.size() + delta.changes.size() > kMostHeldChanges)
      outcome = lose(DepthOutcome::overrun);
  }
  held_.push_back({delta.previous, delta.last, static_cast<std::uint32_t>(delta.changes.size())});
  held_changes_.insert(held_changes_.end(), delta.changes.begin(), delta.changes.end());
  return outcome == DepthOutcome::held ? told(outcome) : outcome;
}

bool DepthBook::sound(std::span<const LevelChange> changes) const {
  const TickGrid grid{book_.tick()};
  for (const LevelChange& c : changes)
    if (c.side == Side::none || grid.ticks(c.price) == TickGrid::kOff || c.size.raw() < 0) return false;
  return true;
}

DepthOutcome DepthBook::apply(const DepthSnapshot& snapshot) {
  if (live_ && snapshot.last <= last_) return told(DepthOutcome::duplicate);
  // Deltas at or before the snapshot tell nothing new; the first one after it must join on.
  std::size_t skip = 0, changes = 0;
  while (skip < held_.size() && held_[skip].last <= snapshot.last) changes += held_[skip++].changes;
  if (skip < held_.size() && held_[skip].previous > snapshot.last) {
    reason_ = DepthOutcome::too_old;
    return told(DepthOutcome::too_old);
  }
  if (!sound(snapshot.levels)) return lose(DepthOutcome::refused);
  book_.clear();
  for (const LevelChange& c : snapshot.levels) book_.set(c.side, c.price, c.size);
  if (book_.crossed()) return lose(DepthOutcome::refused);
  live_ = true;
  last_ = snapshot.last;
  for (std::size_t i = skip; i < held_.size(); ++i) {
    const std::span<const LevelChange> part{held_changes_.data() + changes, held_[i].changes};
    changes += held_[i].changes;
    last_ = held_[i].last;
    if (const auto outcome = change(part); outcome != DepthOutcome::applied) return outcome;
  }
  held_.clear();
  held_changes_.clear();
  return told(DepthOutcome::applied);
}

void DepthBook::save(ByteWriter& out) const {
  out.put(live_), out.put(reason_), out.put(last_);
  for (const std::uint64_t n : counts_) out.put(n);
  out.put(static_cast<std::uint32_t>(held_.size()));
  std::size_t at = 0;
  for (const Held& h : held_) {
    out.put(h.previous), out.put(h.last), out.put(h.changes);
    for (std::uint32_t i = 0; i < h.changes; ++i, ++at)
      out.put(held_changes_[at].side), out.put(held_changes_[at].price), out.put(held_changes_[at].size);
  }
  book_.save(out);
}

void DepthBook::load(ByteReader& in) {
  live_ = in.get<bool>();
  reason_ = in.get<DepthOutcome>();
  last_ = in.get<std::uint64_t>();
  for (std::uint64_t& n : counts_) n = in.get<std::uint64_t>();
  held_.clear();
  held_changes_.clear();
  const auto count = in.get<std::uint32_t>();
  TM_INVARIANT(count <= kMostHeld && !(live_ && count > 0), "stored deltas are few, and held only without a book");
  for (std::uint32_t i = 0; i < count; ++i) {
    Held h{in.get<std::uint64_t>(), in.get<std::uint64_t>(), in.get<std::uint32_t>()};
    TM_INVARIANT(held_changes_.size() + h.changes <= kMostHeldChanges, "stored changes are as many as may be held");
    TM_INVARIANT(held_.empty() || (h.last > held_.back().last && h.previous <= held_.back().last), "stored deltas join on");
    held_.push_back(h);
    for (std::uint32_t k = 0; k < h.changes; ++k) {
      LevelChange c;
      c.side = in.get<Side>();
      c.price = in.get<Price>();
      c.size = in.get<Quantity>();
      held_changes_.push_back(c);
    }
  }
  book_.load(in);
  TM_INVARIANT(live_ ? !book_.crossed() : book_.empty(Side::buy) && book_.empty(Side::sell), "a stored book is sound, or it is empty");
}

}  // namespace tickmesh
