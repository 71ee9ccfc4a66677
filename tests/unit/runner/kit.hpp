// A small core with everything a core can have (counts, sums, timers, several streams), and disks cut wherever a crash may come.
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bus/codec.hpp"
#include "journal/layout.hpp"
#include "runner/runner.hpp"
#include "runner/said_runs.hpp"
#include "support/fake_disk.hpp"

namespace tickmesh::testing {

inline constexpr Timestamp kStart{1'737'376'814'000'000'000};
inline const std::string kDir = "/j";
inline const ProtoCodec kCodec;

/// Says the running sum at every third tick, an answer to every command, and a word whenever its timer fires: 30 ms after a fifth tick.
class SumCore : public Core {
 public:
  explicit SumCore(std::uint32_t core_version = 1) : version_{core_version} {}
  std::uint32_t version() const override { return version_; }
  void apply(const Input& in, Outbox& out) override {
    if (const auto* tick = std::get_if<Tick>(&in.event)) {
      ++ticks;
      sum += tick->price + as_price(bias);
      if (ticks % 3 == 0) out.emit(Stream::account, 0, AccountEvent{.currency = "USD", .balance = Money::from_raw(sum.raw())});
      if (ticks % 5 == 0) out.wake_at(in.now + milliseconds(30), ticks);
      if (ticks % 7 == 0) {
        out.emit(Stream::risk, 0, RiskEvent{.kind = RiskEventKind::refused, .reason = "seven"});
        out.emit(Stream::account, 1, AccountEvent{.currency = "EUR"});
      }
    } else if (const auto* command = std::get_if<Command>(&in.event)) {
      out.emit(Stream::risk, 0, RiskEvent{.kind = RiskEventKind::command_answered, .command_id = command->id, .outcome = Outcome::done});
    } else if (const auto* fired = std::get_if<TimerFired>(&in.event)) {
      ++timers;
      out.emit(Stream::strategy, 0, StrategyEvent{.strategy = "timer " + std::to_string(fired->timer), .enabled = true});
    } else if (std::holds_alternative<PeerChanged>(in.event)) {
      ++peers;
      out.emit(Stream::account, 0, AccountEvent{.currency = "peer"});
    } else if (const auto* gap = std::get_if<StreamGap>(&in.event)) {
      gaps.push_back(*gap);
      out.emit(Stream::strategy, 0, StrategyEvent{.strategy = "gap"});
    } else if (const auto* started = std::get_if<Started>(&in.event)) {
      tokens.push_back(started->token);
    }
  }
  void save(ByteWriter& out) const override { out.put(ticks), out.put(timers), out.put(peers), out.put(sum); }
  void load(ByteReader& in) override {
    ticks = in.get<std::uint64_t>(), timers = in.get<std::uint64_t>(), peers = in.get<std::uint64_t>(), sum = in.get<Price>();
  }

  std::uint64_t ticks{0}, timers{0}, peers{0};
  Price sum{};
  Money bias{};                 ///< what another version of the program would add
  std::vector<StreamGap> gaps;  ///< not part of the state
  std::vector<Token> tokens;    ///< not part of the state

 private:
  static Price as_price(Money m) { return Price::from_raw(m.raw()); }
  std::uint32_t version_;
};

struct Words {
  Name name;
  Bytes bytes;
  friend bool operator==(const Words&, const Words&) = default;
  friend void PrintTo(const Words& words, std::ostream* out) { *out << to_string(words.name) << " (" << words.bytes.size() << " bytes)"; }
};

/// What was released, as it outlives the queue.
struct Heard {
  Name name;
  Bytes bytes;
  Lsn recorded;
  bool replayed;
};
inline std::vector<Heard> take(Releases& releases) {
  std::vector<Heard> all;
  for (; !releases.empty(); releases.pop()) {
    const Released r = releases.front();
    all.push_back({r.name, Bytes(r.bytes.begin(), r.bytes.end()), r.recorded, r.replayed});
  }
  return all;
}

inline std::vector<Heard> take(SaidRuns& said) {
  std::vector<Heard> all;
  for (; !said.empty(); said.pop())
    for_each_event(said.front(), [&](const Name& name, ByteView bytes) {
      all.push_back({name, Bytes(bytes.begin(), bytes.end()), said.recorded(), false});
    });
  return all;
}

/// A publisher's journal, as far as a tail asks for it.
class Publisher final : public ReferenceSource {
 public:
  Result<void> fetch(const Name& first, std::uint32_t count, std::vector<ByteView>& out) override {
    if (!failure.empty()) return std::unexpected(Error{failure, "tick_ingestor", "its journal answers", to_string(first)});
    for (std::uint32_t i = 0; i < count; ++i) out.emplace_back(ticks.at(first.at.sequence + i - 1));
    fetched += count;
    return {};
  }
  std::vector<Bytes> ticks;
  std::string failure;  ///< an error's code
  std::uint64_t fetched{0};
};

inline RunnerOptions ticks_by_reference() {
  RunnerOptions options;
  options.by_reference[static_cast<std::size_t>(Stream::tick)] = true;
  return options;
}
inline Bytes encoded(const Event& event) {
  Bytes out;
  kCodec.encode(event, out);
  return out;
}
inline Bytes tick_bytes(Sequence sequence) {
  Tick tick;
  tick.instrument = instrument_id("AAPL.DEMO");
  tick.kind = TickKind::trade;
  tick.price = Price::from_raw(static_cast<std::int64_t>(sequence * sequence * 1'000));
  tick.size = Quantity::from_units(1);
  tick.time = tick.event_time = kStart + milliseconds(static_cast<std::int64_t>(sequence));
  return encoded(tick);
}
inline Name tick_name(Sequence sequence) { return {Stream::tick, 9, {77, sequence}}; }

inline std::unique_ptr<Journal> open(Disk& disk, std::uint32_t core_version = 1) {
  JournalOptions options;
  options.dir = kDir;
  options.instance = "position_manager-0";
  options.core_version = core_version;
  options.segment_bytes = kMinSegmentBytes;
  auto journal = Journal::open(options, disk, kStart, "boot-a");
  if (!journal) throw std::runtime_error(to_string(journal.error()));
  return std::move(*journal);
}

/// All that was said, in the order of the journal. What is of a part without its last record was told to nobody.
inline std::vector<Words> said_in(Disk& disk) {
  std::vector<Words> out;
  std::size_t whole = 0;
  auto cursor = read_journal(kDir, disk);
  if (!cursor) throw std::runtime_error(to_string(cursor.error()));
  for (auto record = (*cursor)->next(); record && record->has_value(); record = (*cursor)->next()) {
    SaidRecord said;
    if ((**record).type != RecordType::said || !decode((**record).body, said)) continue;
    Name name = said.first;
    for (const ByteView bytes : said.events) {
      out.push_back({name, Bytes(bytes.begin(), bytes.end())});
      ++name.at.sequence;
    }
    if (!(**record).more) whole = out.size();
  }
  out.resize(whole);
  return out;
}
/// Where every record ends, and what it was.
inline std::vector<std::pair<Lsn, RecordType>> record_ends(Disk& disk) {
  std::vector<std::pair<Lsn, RecordType>> out;
  auto cursor = read_journal(kDir, disk);
  if (!cursor) throw std::runtime_error(to_string(cursor.error()));
  for (auto record = (*cursor)->next(); record && record->has_value(); record = (*cursor)->next())
    out.emplace_back((**record).next, (**record).type);
  return out;
}
/// The disk a process leaves that was killed when its journal had reached `end`; `torn` bytes of the next record came through.
inline std::unique_ptr<FakeDisk> killed_at(const FakeDisk& whole, Lsn end, std::uint64_t torn = 0) {
  auto disk = whole.copy();
  const auto segment = end.value / kMinSegmentBytes, offset = end.value % kMinSegmentBytes + torn;
  for (const std::string& name : disk->list(kDir)) {
    const std::string path = kDir + '/' + name;
    if (const auto index = segment_of_name(name); index && *index >= segment) {
      if (*index > segment) {
        disk->remove(path);
        continue;
      }
      auto bytes = disk->bytes(path);
      std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(offset), bytes.end(), std::byte{0});
      disk->put(path, std::move(bytes));
    } else if (const auto lsn = snapshot_of_name(name); lsn && lsn->value > end.value) {
      disk->remove(path);
    }
  }
  return disk;
}

}  // namespace tickmesh::testing
