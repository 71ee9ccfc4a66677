#include "backtester/recorded.hpp"

#include <stdexcept>

namespace tickmesh::backtest {

Result<Recorded> open_recorded(const std::string& dir, const Config& config, const Instruments& configured, const std::string& layout,
                               const std::vector<std::string>& symbols) {
  Recorded out;
  auto data = replay::find_data(dir, layout, symbols);
  if (!data) return std::unexpected(data.error());
  out.data = std::move(*data);
  auto seen = replay::survey(out.data, configured);
  if (!seen) return std::unexpected(seen.error());
  out.survey = std::move(*seen);
  auto instruments = replay::with_derived(configured, out.survey);
  if (!instruments) return std::unexpected(instruments.error());
  out.instruments = std::move(*instruments);
  out.epoch = replay::replay_epoch(out.data, config, out.instruments);
  return out;
}

RecordedSource::RecordedSource(const Recorded& recorded) : merge_{recorded.data.files, recorded.instruments} {
  thread_ = std::thread([this] { read(); });
}

RecordedSource::~RecordedSource() {
  {
    std::lock_guard lock{mutex_};
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void RecordedSource::read() {
  replay::Rows block;
  for (bool more = true; more;) {
    block.clear();
    const auto n = merge_.next(kBlock, block);
    more = n && *n > 0;
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return !ready_ || stop_; });
    if (stop_) return;
    if (!n) error_ = n.error();
    std::swap(ahead_, block);
    ready_ = true;
    changed_.notify_all();
  }
}

/// False: that was all.
bool RecordedSource::next_block() {
  if (over_) return false;
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] { return ready_; });
  if (error_) throw std::runtime_error(to_string(*error_));
  std::swap(rows_, ahead_);
  next_ = next_depth_ = 0;
  over_ = rows_.ticks.empty();
  ready_ = over_;  // there is no block after the empty one
  changed_.notify_all();
  return !over_;
}

std::size_t RecordedSource::draw(std::vector<Item>& items) {
  std::size_t drawn = 0;
  while (drawn < items.size()) {
    if (next_ == rows_.ticks.size()) {
      const bool was_over = over_;
      if (!next_block()) {
        if (!was_over && begun_) {
          items[drawn].at = last_ + replay::kAfterwards;
          items[drawn++].feed = std::make_unique<FeedEvent>(replay::end_of_data(last_));
        }
        break;
      }
    }
    const Tick& tick = rows_.ticks[next_];
    last_ = std::max(last_, tick.event_time);
    items[drawn].at = last_;
    if (!std::exchange(begun_, true)) {
      items[drawn++].feed = std::make_unique<FeedEvent>(replay::begin_of_data(tick.event_time));
      continue;
    }
    items[drawn].feed.reset();
    if (replay::holds_depth(tick)) items[drawn].depth = std::make_unique<DepthUpdate>(std::move(rows_.depths[next_depth_++]));
    items[drawn++].tick = tick;
    ++next_;
  }
  return drawn;
}

}  // namespace tickmesh::backtest
