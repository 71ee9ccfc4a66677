#include "analytics/quote_windows.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace tickmesh {
namespace {

template <class T>
std::vector<T> stored(ByteReader& in, std::size_t most) {
  const auto count = in.get<std::uint32_t>();
  TM_INVARIANT(count <= most, "a stored window fits the window it is loaded into");
  std::vector<T> all;
  all.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) all.push_back(in.get<T>());
  return all;
}

std::vector<std::int64_t> stored_mids(ByteReader& in, std::size_t most) {
  auto mids = stored<std::int64_t>(in, most);
  for (const std::int64_t mid : mids)
    TM_INVARIANT(mid >= 0 && mid <= 2 * kMaxWindowPrice, "a stored mid is one that a quote can have");  // sums over them stay exact
  return mids;
}

}  // namespace

std::int64_t QuoteWindows::push(Price bid, Price ask, Timestamp event_time) {
  const std::int64_t mid = twice_mid(bid, ask);
  history_.push({mid, tickmesh::spread_bp(bid, ask)});
  mids_.push(history_, event_time);
  half_life_.push(history_);
  spreads_.push(history_);
  trend_.push(history_);
  return mid;
}

void QuoteWindows::reset() {
  history_.reset();
  mids_.reset();
  half_life_.reset();
  spreads_.reset();
  trend_.reset();
}

void QuoteWindows::save(ByteWriter& out) const {
  const auto put_mids = [&](std::size_t count) {
    out.put(static_cast<std::uint32_t>(count));
    for (std::size_t ago = count; ago-- > 0;) out.put(history_.back(ago).twice_mid);
  };
  put_mids(mids_.size());
  mids_.times().save(out);
  put_mids(half_life_.size());
  out.put(static_cast<std::uint32_t>(spreads_.size()));
  for (std::size_t ago = spreads_.size(); ago-- > 0;) out.put(history_.back(ago).spread_bp);
  spreads_.save_sums(out);
  put_mids(trend_.size());
}

void QuoteWindows::load(ByteReader& in) {
  const auto z = stored_mids(in, mids_.length());
  Ring<std::int64_t> times{mids_.length()};
  times.load(in);
  TM_INVARIANT(times.size() == z.size(), "a stored window has a time for every mid");
  const auto pairs = stored_mids(in, half_life_.length());
  const auto spreads = stored<double>(in, spreads_.length());
  const SpreadWindow::Sums sums = SpreadWindow::load_sums(in);
  const auto trend = stored_mids(in, trend_.length());

  // The exact sums are free of the anchor, so that taking them anew gives the same bits; what only the longest window remembers, only it
  // needs.
  reset();
  const auto& mids = z.size() > trend.size() ? z : trend;
  const auto last = [](const auto& all, std::size_t ago) { return all[all.size() - 1 - ago]; };
  for (std::size_t ago = std::max({z.size(), pairs.size(), spreads.size(), trend.size()}); ago-- > 0;) {
    TM_INVARIANT(ago >= spreads.size() || std::isfinite(last(spreads, ago)), "a stored spread is a number");
    for (const auto* window : {&z, &pairs, &trend})
      TM_INVARIANT(ago >= window->size() || (ago < mids.size() && last(*window, ago) == last(mids, ago)),
                   "stored windows tell one history");
    history_.push({ago < mids.size() ? last(mids, ago) : 0, ago < spreads.size() ? last(spreads, ago) : 0});
    if (ago < z.size()) mids_.push(history_, Timestamp{times.back(ago)});
    if (ago < pairs.size()) half_life_.push(history_);
    if (ago < spreads.size()) spreads_.push(history_);
    if (ago < trend.size()) trend_.push(history_);
  }
  spreads_.set_sums(sums);
}

}  // namespace tickmesh
