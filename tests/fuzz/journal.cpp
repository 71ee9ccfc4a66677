// Segments as a bad disk gives them back, and records whose checksums hold though nobody of ours wrote them.
#include "journal/journal.hpp"

#include <algorithm>

#include "bus/codec.hpp"
#include "fuzz/targets.hpp"
#include "journal/layout.hpp"
#include "runner/runner.hpp"
#include "support/fake_disk.hpp"

namespace tickmesh::fuzz {
namespace {

using testing::FakeDisk;

constexpr Timestamp kNow{1'737'376'814'000'000'000};
const std::string kDir = "/j";
const std::string kBoot = "boot-a";

JournalOptions options() {
  JournalOptions out;
  out.dir = kDir;
  out.instance = "broker_gateway-0";
  out.segment_bytes = kMinSegmentBytes;
  out.commit_thread = false;
  return out;
}

struct Stored {
  RecordType type{};
  Lsn lsn{}, next{};
  Bytes body;
};

/// Three segments of what was said, with two snapshots, left by a process that was killed.
struct Whole {
  FakeDisk disk;
  std::vector<Stored> records;
  std::vector<std::string> segments;  ///< paths

  Whole() {
    {
      auto journal = Journal::open(options(), disk, kNow, kBoot);
      promise(journal.has_value(), "an empty folder becomes a journal");
      for (Sequence s = 1; s <= 130; ++s) {
        const Bytes event(900 + s % 7, static_cast<std::byte>(s));
        Bytes body;
        encode(SaidRecord{{Stream::order, 0, {(*journal)->epoch(), s}}, {ByteView{event}}}, body);
        (*journal)->append(RecordType::said, body);
        if (s == 40 || s == 100) (*journal)->snapshot(as_bytes("state"));
      }
      (*journal)->sync();
    }
    const auto cursor = read_journal(kDir, disk);
    for (auto record = (*cursor)->next(); record && *record; record = (*cursor)->next())
      records.push_back({(**record).type, (**record).lsn, (**record).next, Bytes((**record).body.begin(), (**record).body.end())});
    for (const std::string& name : disk.list(kDir))
      if (segment_of_name(name)) segments.push_back(kDir + '/' + name);
  }
};
const Whole& whole() {
  static const Whole one;
  return one;
}

const Stored* original(Lsn lsn) {
  const auto& records = whole().records;
  const auto it = std::ranges::lower_bound(records, lsn.value, {}, [](const Stored& s) { return s.lsn.value; });
  return it != records.end() && it->lsn == lsn ? &*it : nullptr;
}

/// Reads on until it ends, and holds every record against what was written there. Returns how many came.
std::size_t read_all(JournalCursor& cursor, bool may_begin_an_epoch) {
  std::size_t count = 0;
  const Stored* before = nullptr;
  for (;;) {
    const auto record = cursor.next();
    if (!record) {
      promise(record.error().code == "disk" || record.error().message.find(" at offset ") != std::string::npos ||
                  record.error().code == "trimmed",
              "what is wrong is told with file and offset");
      return count;
    }
    if (!*record) return count;
    const Stored* stored = original((**record).lsn);
    if (stored == nullptr || (**record).type != stored->type || as_text((**record).body) != as_text(stored->body)) {
      promise(may_begin_an_epoch && (**record).type == RecordType::opened, "what is served is what was written");
      return count;
    }
    promise(before == nullptr || stored == before + 1, "nothing is left out between two records");
    before = stored;
    ++count;
  }
}

/// Turns bytes over. Returns the Lsn of the first record that is not as it was, if any; headers count as the record behind them.
std::optional<Lsn> damage(FakeDisk& disk, Feeder& feed) {
  for (int i = 0; i < 8 && !feed.empty(); ++i) {
    const std::string& path = whole().segments[feed.number(1) % whole().segments.size()];
    auto bytes = disk.bytes(path);
    const auto at = feed.number(3) % bytes.size();
    const ByteView mask = feed.chunk();
    for (std::size_t j = 0; j < mask.size() && at + j < bytes.size(); ++j) bytes[at + j] ^= mask[j];
    disk.put(path, std::move(bytes));
  }
  std::optional<Lsn> first;
  for (const Stored& record : whole().records) {
    const auto segment = record.lsn.value / kMinSegmentBytes;
    const auto from = record.type == RecordType::opened ? 0 : record.lsn.value % kMinSegmentBytes;
    const auto to = record.next.value - segment * kMinSegmentBytes;
    const auto &was = whole().disk.bytes(whole().segments[segment]), &is = disk.bytes(whole().segments[segment]);
    if (std::equal(was.begin() + static_cast<std::ptrdiff_t>(from), was.begin() + static_cast<std::ptrdiff_t>(to),
                   is.begin() + static_cast<std::ptrdiff_t>(from)))
      continue;
    first = record.lsn;
    break;
  }
  return first;
}

void damaged(Feeder& feed) {
  const auto disk = whole().disk.copy();
  const bool same_boot = feed.number(1) % 2 == 0;
  const auto first = damage(*disk, feed);
  const auto good = static_cast<std::size_t>(
      std::ranges::count_if(whole().records, [&](const Stored& s) { return !first || s.lsn.value < first->value; }));

  if (const auto cursor = read_journal(kDir, *disk)) {
    const auto count = read_all(**cursor, false);
    promise(count <= good, "nothing damaged is served, nor what lies behind it");
    promise(first || count == whole().records.size(), "what is not damaged is served");
  }
  const auto check = verify_journal(kDir, *disk);
  promise(first.has_value() == (!check.problems.empty() || check.torn_bytes > 0) || !first, "damage is found");
  for (const std::string& problem : check.problems)
    promise(problem.find(kDir + '/') != std::string::npos && problem.find(" at offset ") != std::string::npos, "and named: " + problem);

  auto journal = Journal::open(options(), *disk, kNow, same_boot ? kBoot : "boot-b");
  if (!journal) {
    promise(first.has_value(), "a good journal opens: " + to_string(journal.error()));
    promise(!journal.error().message.empty(), "a refusal says why");
    return;
  }
  const auto count = read_all(*(*journal)->read_from((*journal)->first()), true);
  promise(count <= good, "nothing damaged is served to its owner");
  const auto said = (*journal)->said(Stream::order, 0, 1, 1'000, 1u << 20);
  promise(said.events.size() <= 130, "nor more than was said");
  for (std::size_t i = 0; i < said.events.size(); ++i)
    promise(said.events[i] == Bytes(900 + (i + 1) % 7, static_cast<std::byte>(i + 1)), "nor anything else");
}

/// Says one thing an input, so that a tail has something to be held against.
class Echo final : public Core {
 public:
  std::uint32_t version() const override { return 1; }
  void apply(const Input& in, Outbox& out) override {
    if (in.name.stream != Stream::local) out.emit(Stream::risk, 0, RiskEvent{});
  }
  void save(ByteWriter& out) const override { out.put(std::uint32_t{7}); }
  void load(ByteReader& in) override { TM_INVARIANT(in.get<std::uint32_t>() == 7, "an echo is an echo"); }
};
class Nobody final : public ReferenceSource {
 public:
  Result<void> fetch(const Name& first, std::uint32_t, std::vector<ByteView>&) override {
    return std::unexpected(Error{"trimmed", "", "", to_string(first)});
  }
};

/// (type, chunk) after (type, chunk), framed as we would have.
void forged(Feeder& feed) {
  FakeDisk disk;
  Bytes segment;
  const auto header = encode_header({kMinSegmentBytes, 0, 9});
  segment.assign(header.begin(), header.end());
  const bool opens = feed.number(1) % 2 == 0;
  OpenedRecord opened;
  opened.instance = "broker_gateway-0";
  opened.epoch = 9;
  Bytes body;
  encode(opened, body);
  if (opens) put_frame(RecordType::opened, Lsn{segment.size()}, {}, body, segment);
  while (!feed.empty() && segment.size() < kMinSegmentBytes / 2) {
    const auto type = static_cast<RecordType>(1 + feed.number(1) % 6);
    const ByteView bytes = feed.chunk();
    if (segment.size() + framed_size(bytes.size()) + 8 > kMinSegmentBytes) break;
    put_frame(type, Lsn{segment.size()}, {}, bytes, segment);
  }
  disk.put(kDir + '/' + segment_name(0), segment);
  disk.put(kDir + "/boot", Bytes(as_bytes(kBoot).begin(), as_bytes(kBoot).end()));

  if (const auto cursor = read_journal(kDir, disk))
    for (auto record = (*cursor)->next(); record && *record; record = (*cursor)->next()) {
    }
  (void)verify_journal(kDir, disk);
  auto journal = Journal::open(options(), disk, kNow, kBoot);
  if (!journal) return;
  static const ProtoCodec codec;
  Echo core;
  Nobody nobody;
  Runner runner{core, **journal, codec, {}};
  try {
    (void)runner.recover(nobody, kNow);
  } catch (const InvariantError&) {  // the process stops and says which promise its journal breaks
  }
}

void run(ByteView input) {
  Feeder feed{input};
  if (feed.number(1) % 2 == 0)
    damaged(feed);
  else
    forged(feed);
}

void put_record(Bytes& out, RecordType type, const auto& record) {
  Bytes body;
  encode(record, body);
  out.push_back(static_cast<std::byte>(static_cast<unsigned>(type) - 1));
  put_chunk(out, body);
}

std::vector<Bytes> seeds() {
  std::vector<Bytes> out;
  for (const std::uint32_t at : {0U, 70U, 200U, 30'000U, 65'000U}) {
    for (const unsigned segment : {0U, 1U, 2U}) {
      Bytes one{std::byte{0}, static_cast<std::byte>(segment), static_cast<std::byte>(segment)};
      ByteWriter w{one};
      w.put(static_cast<std::uint8_t>(at)), w.put(static_cast<std::uint8_t>(at >> 8)), w.put(static_cast<std::uint8_t>(at >> 16));
      put_chunk(one, as_bytes("\x40"));
      out.push_back(std::move(one));
    }
  }
  Bytes tail{std::byte{1}, std::byte{0}};
  const Bytes event(20);
  put_record(tail, RecordType::started, StartedRecord{{9, 1}, kNow});
  put_record(tail, RecordType::taken,
             TakenRecord{kNow, {{{Stream::control, 0, {5, 1}}, 1, false, event}, {{Stream::tick, 3, {5, 1}}, 8, true, {}}}});
  put_record(tail, RecordType::said, SaidRecord{{Stream::risk, 0, {9, 1}}, {ByteView{event}}});
  put_record(tail, RecordType::snapshot, SnapshotRecord{"snap-0000000000000000.tms", 5, 1});
  out.push_back(std::move(tail));
  return out;
}

}  // namespace

const Target kJournal{"journal", run, seeds};

}  // namespace tickmesh::fuzz
