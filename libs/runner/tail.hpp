// Runs recorded `Taken` records through a machine again and holds what it says against the recorded `Said`.
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "journal/journal.hpp"
#include "runner/attempts.hpp"
#include "runner/machine.hpp"
#include "runner/runner.hpp"

namespace tickmesh {

class TailRunner {
 public:
  TailRunner(Machine& machine, const Codec& codec, ReferenceSource& references)
      : machine_{machine}, codec_{codec}, references_{references} {}

  /// Inputs a person has ruled out: their names are passed, the core never sees them.
  void skip(std::vector<InputPlace> places) { skipped_ = std::move(places); }
  /// Told of every input before it is applied.
  void watch(Attempts* attempts) { attempts_ = attempts; }
  /// The next input would be this one: feed returns an Error with code "poison" that names it, with nothing of it applied.
  void stop_before(std::optional<InputPlace> place) { stop_before_ = place; }
  /// One record of the journal, in order. Error codes: "diverged", "unreachable", "corrupt", "version".
  Result<void> feed(const RecordView& record);
  /// What the machine said and no `Said` record has confirmed yet: after the last record, what was never recorded, in order.
  std::span<Outbox::Said> unconfirmed() { return std::span{machine_.said()}.subspan(confirmed_); }
  const Recovered& counts() const { return counts_; }
  /// For who only wants to go on: bytes are compared anyway, and two hashes of them are a seventh of a recovery.
  void keep_no_hashes() { hashes_ = false; }
  /// Hash of what was recorded and of what came out now; equal when every said event was confirmed.
  const CanonicalHash& recorded() const { return recorded_; }
  const CanonicalHash& derived() const { return derived_; }

 private:
  Result<void> taken(const TakenRecord& record, Lsn at);
  Result<void> said(const SaidRecord& record, Lsn at);
  Result<void> believe(const Name& name, ByteView bytes);
  Result<void> opened(const OpenedRecord& record);
  Result<void> apply(Timestamp now, const Name& name, ByteView bytes, InputPlace place);
  void forget_confirmed();
  bool none_unconfirmed() const { return confirmed_ == machine_.said().size(); }
  const Outbox::Said& front() const { return machine_.said()[confirmed_]; }
  ByteView front_bytes();
  void pop_front();

  Machine& machine_;
  const Codec& codec_;
  ReferenceSource& references_;
  std::size_t confirmed_{0};  ///< of what the machine said, from its beginning
  Bytes bytes_;
  Recovered counts_;
  CanonicalHash recorded_, derived_;
  std::vector<InputPlace> skipped_;
  Attempts* attempts_{nullptr};
  std::optional<InputPlace> stop_before_;
  bool hashes_{true};
  bool lossy_{false};
  bool first_{true};
  Event scratch_;
  TakenRecord taken_;
  SaidRecord said_;
  std::vector<ByteView> events_;
};

}  // namespace tickmesh
