// Recorded data for the single-threaded mesh: by the very code that feeds the mesh of services.
#pragma once
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

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

/// Its ticks and depth in the order of time, and the end of the session `replay::kAfterwards` after the last. A thread of its own reads one
/// block ahead: what comes, and in which order, does not depend on it.
class RecordedSource final : public Source {
 public:
  explicit RecordedSource(const Recorded& recorded);
  ~RecordedSource() override;
  RecordedSource(const RecordedSource&) = delete;
  /// Throws std::runtime_error: a damaged file.
  std::size_t draw(std::vector<Item>& items) override;
  /// After the last tick was drawn.
  replay::Tally tally() const { return merge_.tally(); }

 private:
  static constexpr std::size_t kBlock = 4096;
  void read();
  bool next_block();

  replay::Merge merge_;  ///< the thread's
  replay::Rows rows_;
  std::size_t next_{0}, next_depth_{0};
  Timestamp last_{};
  bool begun_{false}, over_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  replay::Rows ahead_;  ///< one block; the thread waits while it is not taken
  bool ready_{false}, stop_{false};
  std::optional<Error> error_;
  std::thread thread_;
};

}  // namespace tickmesh::backtest
