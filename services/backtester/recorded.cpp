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

std::size_t RecordedSource::draw(std::vector<Item>& items) {
  ticks_.clear();
  const bool begins = !last_;
  const auto n = merge_.next(items.size() - (begins ? 1 : 0), ticks_);
  if (!n) throw std::runtime_error(to_string(n.error()));
  std::size_t drawn = 0;
  if (begins && !ticks_.empty()) {
    items[drawn].at = ticks_.front().event_time;
    items[drawn++].event = replay::begin_of_data(ticks_.front().event_time);
  }
  for (const Tick& tick : ticks_) {
    last_ = std::max(last_, tick.event_time);
    items[drawn].at = last_;
    items[drawn++].event = tick;
  }
  if (drawn < items.size() && !std::exchange(over_, true)) {
    items[drawn].at = last_ + replay::kAfterwards;
    items[drawn++].event = replay::end_of_data(last_);
  }
  return drawn;
}

}  // namespace tickmesh::backtest
