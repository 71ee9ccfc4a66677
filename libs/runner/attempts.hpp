// How far the starts before this one came in running the tail again, so that an input no start survives is known by name.
#pragma once
#include <optional>
#include <string>

#include "journal/disk.hpp"
#include "journal/records.hpp"

namespace tickmesh {

/// Beside the journal, in its file `attempt`. One start that ended while running the tail makes the next one write down each input before
/// it is applied; three in a row at one journal position, the last two at the same input, make that input poison. A kill from outside
/// counts like a crash, but does not hit the same input twice.
class Attempts {
 public:
  static constexpr std::uint32_t kPoison = 3;

  /// `end`: where the journal ends. Throws DiskError.
  Attempts(Disk& disk, const std::string& dir, Lsn end);
  /// The input that the starts before this one died of.
  std::optional<InputPlace> poison() const;
  std::uint32_t crashes() const { return state_.crashes; }

  void begin();  ///< the tail is about to be run
  /// This input is about to be applied. Costs nothing on a first attempt, a small write on a later one.
  void at(InputPlace place) {
    if (state_.crashes > 0) note(place);
  }
  void passed();  ///< the tail was run, or the start ended in order

 private:
  struct State {
    std::uint64_t end{0};
    std::uint32_t crashes{0};  ///< starts in a row that ended while running the tail up to `end`
    std::uint32_t same{0};     ///< how many of the last ones ended at `before`
    bool running{false};
    InputPlace now{}, before{};
  };
  void note(InputPlace place);
  void write() const;

  std::unique_ptr<DiskFile> file_;
  State state_;
};

}  // namespace tickmesh
