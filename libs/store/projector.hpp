// Writes what one instance said into PostgreSQL, a moment later, from its journal: the tables may lag, and never lose or double.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/core.hpp"
#include "journal/journal.hpp"
#include "store/ownership.hpp"
#include "store/projection.hpp"
#include "store/resume.hpp"

namespace tickmesh {

struct ProjectorOptions {
  std::string dsn;                           ///< role tickmesh_<service>
  std::string service;                       ///< the schema
  MeshId mesh{};                             ///< another mesh's database is not written to
  std::string instance;                      ///< "tick_ingestor-0": its row in <schema>.projection
  std::size_t batch_rows{20'000};            ///< a transaction takes this many events, to the end of a record
  std::size_t piece_rows{4'000};             ///< … of which so many at a time, while about a batch more waits: the server works on a piece
                                             ///< while the next one is made
  std::chrono::milliseconds batch_age{500};  ///< … or what there is when the first of them is this old
  bool pins{true};  ///< false: the journal is a ring whose budget comes first; what it drops before it is projected is counted and noted
  std::chrono::milliseconds maintenance{60'000};  ///< between looks after days to make and to drop
  std::chrono::milliseconds first_retry{100};
  std::chrono::milliseconds last_retry{2'000};
};

struct ProjectorLag {
  struct Table {
    std::string name;
    std::uint64_t events{0};
    double seconds{0};  ///< age of the oldest event not yet in the table
  };
  bool known{false};  ///< false until the offset was read once: then everything the journal holds counts as behind
  std::uint64_t events{0};
  double seconds{0};
  std::vector<Table> tables;
};

/// What is not in the tables and never will be, since the start. Each gap has a row in projection_gaps, each reject one in
/// projection_rejects.
struct ProjectorLosses {
  std::uint64_t gaps{0};      ///< times the journal had dropped what was not projected yet
  std::uint64_t lost{0};      ///< events in them, where the journal could tell
  std::uint64_t rejected{0};  ///< events that SQL or the projection refused
  std::string last_gap{}, last_reject{};
};

/// Owns a thread. Rows and the new offset commit together, and the offset moves only from where it was found: killed anywhere, or run
/// twice, it loses and doubles nothing. An event that SQL refuses becomes a row of projection_rejects and holds nothing back. While
/// PostgreSQL is away it tries again for ever, keeps at most one batch in memory and pins the journal, which holds the rest.
class Projector {
 public:
  /// Connects once before it returns. Error "unauthorized" (text names the role and what to do), "foreign" (another mesh's database) or
  /// "bad_value"; a PostgreSQL that is merely away is no error. `journal` and `codec` must outlive it.
  static Result<std::unique_ptr<Projector>> start(ProjectorOptions options, Journal& journal, const Codec& codec,
                                                  std::unique_ptr<Projection> projection);
  virtual ~Projector() = default;  ///< gives up at once what is not committed; `stop` first

  /// Projects what the journal holds at this moment, then ends the thread. Past the deadline it cuts the connection and returns an Error
  /// "unreachable" telling how much is left for the next start (a connection attempt under way may add 2 s).
  virtual Result<void> stop(std::chrono::milliseconds deadline) = 0;
  /// Why it does not get on; nothing while it does.
  virtual std::optional<Error> last_error() const = 0;
  virtual std::uint64_t errors() const = 0;  ///< failed attempts since the start
  virtual Lsn position() const = 0;  ///< every record before it is in the tables; goes back when the server loses commits in a crash
  virtual std::uint64_t projected() const = 0;  ///< events committed since the start
  virtual ProjectorLosses losses() const = 0;
  /// `now`: the service's clock (in replay the time replayed), for the ages.
  virtual ProjectorLag lag(Timestamp now) const = 0;
};

/// Where an instance's projection stands, to raise a new journal's epoch above what the tables know. Nothing: no row yet.
Result<std::optional<ProjectedAt>> projected_at(const std::string& dsn, const std::string& service, const std::string& instance);

}  // namespace tickmesh
