// Runs recorded `Taken` records through a machine again and holds what it says against the recorded `Said`.
#pragma once
#include <deque>
#include <optional>

#include "journal/journal.hpp"
#include "runner/machine.hpp"
#include "runner/runner.hpp"

namespace tickmesh {

class TailRunner {
 public:
  /// What the machine said and no `Said` record has confirmed yet.
  struct Unconfirmed {
    Name name;
    Bytes bytes;
    Event event;
  };
  TailRunner(Machine& machine, const Codec& codec, ReferenceSource& references)
      : machine_{machine}, codec_{codec}, references_{references} {}

  /// One record of the journal, in order. Error codes: "diverged", "unreachable", "corrupt", "version".
  Result<void> feed(const RecordView& record);
  /// After the last record: what was never recorded, in order.
  std::deque<Unconfirmed>& unconfirmed() { return unconfirmed_; }
  const Recovered& counts() const { return counts_; }
  /// Hash of what was recorded and of what came out now; equal when every said event was confirmed.
  const CanonicalHash& recorded() const { return recorded_; }
  const CanonicalHash& derived() const { return derived_; }

 private:
  Result<void> taken(const TakenRecord& record);
  Result<void> said(const SaidRecord& record, Lsn at);
  Result<void> opened(const OpenedRecord& record);
  Result<void> apply(Timestamp now, const Name& name, ByteView bytes);
  void collect();

  Machine& machine_;
  const Codec& codec_;
  ReferenceSource& references_;
  std::deque<Unconfirmed> unconfirmed_;
  Recovered counts_;
  CanonicalHash recorded_, derived_;
  bool lossy_{false};
  bool first_{true};
  Event scratch_;
  std::vector<ByteView> events_;
};

}  // namespace tickmesh
