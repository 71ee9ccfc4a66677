// Recorded data for the single-threaded mesh: by the very code that feeds the mesh of services.
#pragma once
#include "backtester/run.hpp"
#include "tick_ingestor/feeds/replay/data_set.hpp"

namespace tickmesh::backtest {

/// A data set with everything that follows from it and the configuration.
struct Recorded {
  replay::DataSet data{};
  replay::Survey survey{};
  Instruments instruments{};  ///< the configured ones, and what the data tell of the rest
  Epoch epoch{0};
};
Result<Recorded> open_recorded(const std::string& dir, const Config& config, const Instruments& configured, const std::string& layout,
                               const std::vector<std::string>& symbols);

/// Its ticks in the order of time, and the end of the session `replay::kAfterwards` after the last.
class RecordedSource final : public Source {
 public:
  explicit RecordedSource(const Recorded& recorded) : merge_{recorded.data.files, recorded.instruments} {}
  /// Throws std::runtime_error: a damaged file.
  std::size_t draw(std::vector<Item>& items) override;
  const replay::Merge& merge() const { return merge_; }

 private:
  replay::Merge merge_;
  std::vector<Tick> ticks_;
  Timestamp last_{};
  bool over_{false};
};

}  // namespace tickmesh::backtest
