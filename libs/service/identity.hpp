// Who may speak under an instance's name: the latest start of it, and nobody else. What this machine knows of that lies in the run
// folder; what other machines know comes from readers and publishers (bus/bus.hpp: Challenge, superseded).
#pragma once
#include <sys/stat.h>

#include <optional>
#include <stdexcept>
#include <string>

#include "core/error.hpp"
#include "core/types.hpp"

namespace tickmesh {

/// Exit code of an instance that a later start of its name has followed. A supervisor does not start it again.
inline constexpr int kSupersededExit = 3;

/// A later start of this instance is at work: this one stops at once, and neither says nor writes anything more.
class Superseded : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  Superseded(Token own, Token newer, const std::string& how);
};

/// Others know more of this journal than it holds: the process starts again and begins a new epoch.
class BeginEpoch : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// `12@1737376814000`: incarnation and epoch.
std::string to_string(Token token);

class Identity {
 public:
  Identity(const std::string& run_dir, const std::string& journal_dir, const std::string& instance);

  /// The latest start that this machine knows of.
  std::optional<Token> known() const;
  /// A new epoch is to be begun, and above this one; nothing when none was asked for.
  std::optional<Epoch> floor() const;
  /// Asks the next start for an epoch above `floor`.
  void ask_epoch(Epoch floor) const;
  /// Error "superseded" when this very journal was told that a later start has followed it. `last`: its last start.
  Result<void> may_start(Token last) const;

  /// From now on `own` is the latest. Throws Superseded when a later one is known.
  void claim(Token own);
  /// Throws Superseded when a later start has claimed the name since. One `stat` while nothing changed.
  void check();
  /// Remembers it beside the journal, so that this copy of it is not started again, and throws.
  [[noreturn]] void superseded(Token newer, const std::string& how) const;

 private:
  std::string token_path_, floor_path_, mark_path_;
  std::string instance_;
  Token own_{};
  struct stat seen_{};  ///< of the token file, when it was last read
};

}  // namespace tickmesh
