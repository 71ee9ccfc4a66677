// Keeps count of what is not in the tables yet, by stream, for whoever asks from another thread.
#pragma once
#include <array>
#include <mutex>

#include "journal/journal.hpp"
#include "store/projection.hpp"
#include "store/resume.hpp"

namespace tickmesh {

struct ProjectorLag;

class BacklogBook {
 public:
  BacklogBook(const Journal& journal, const Projection& projection) : journal_{journal}, tables_{projection.tables()} {}

  // The projector's thread.
  void resume(const Backlog& from);
  void read(const Name& first, std::size_t count, Timestamp oldest, Timestamp newest);  ///< into the batch
  void committed();
  void discarded();

  // Any thread.
  ProjectorLag lag(Timestamp now) const;
  std::uint64_t events() const;

 private:
  using PerStream = std::array<std::uint64_t, kStreams>;
  PerStream behind() const;  // mutex_ held
  void forget();             // mutex_ held

  const Journal& journal_;
  const std::vector<Projection::Table> tables_;
  mutable std::mutex mutex_;
  bool known_{false};
  Backlog done_{};
  // The batch under way.
  Outbox::Heads heads_{};
  PerStream older_{};
  std::array<Timestamp, kStreams> oldest_{};
  Timestamp newest_{};
  mutable Timestamp first_look_{};
};

}  // namespace tickmesh
