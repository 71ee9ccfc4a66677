// Journals and snapshots of programs of other days are read, run and started from, or refused with what to do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "api_gateway/core/api_core.hpp"
#include "backtester/cores.hpp"
#include "bus/codec.hpp"
#include "journal/layout.hpp"
#include "runner/tail.hpp"

namespace tickmesh {
namespace {

namespace fs = std::filesystem;
const fs::path kCorpus = fs::path(TICKMESH_SOURCE_DIR) / "tests/conformance/corpus";
const ProtoCodec kCodec;

Config config() {
  char* nothing[] = {nullptr};
  // As `write` had it.
  auto loaded = Config::load(
      "", {{"metrics.publish_ms", "1000"}, {"mesh.calendar_dir", std::string(TICKMESH_SOURCE_DIR) + "/deploy/config/calendars"}}, nothing);
  if (!loaded) throw std::runtime_error(to_string(loaded.error()));
  return std::move(*loaded);
}
Instruments instruments() {
  auto loaded = load_instruments(std::string(TICKMESH_SOURCE_DIR) + "/deploy/config/instruments.toml");
  if (!loaded) throw std::runtime_error(to_string(loaded.error()));
  return std::move(*loaded);
}
/// Nothing for tick_ingestor, whose journal is the input of all others.
std::unique_ptr<Core> core_of(const std::string& service) {
  if (service == "api_gateway") return std::make_unique<ApiCore>(ApiConfig{config().ms("api.command_valid_ms")}, kCodec);
  return make_core(service, config(), instruments());
}
std::string service_of(const fs::path& journal) {
  const auto instance = journal.filename().string();
  return instance.substr(0, instance.rfind('-'));
}

std::vector<fs::path> folders(const fs::path& in) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(in))
    if (entry.is_directory()) out.push_back(entry.path());
  std::ranges::sort(out);
  return out;
}
/// Every journal of every format.
std::vector<fs::path> journals() {
  std::vector<fs::path> out;
  for (const auto& format : folders(kCorpus))
    for (auto& journal : folders(format)) out.push_back(std::move(journal));
  return out;
}
template <class Each>
void each_record(const fs::path& journal, Each&& each) {
  auto cursor = read_journal(journal.string(), real_disk());
  ASSERT_TRUE(cursor) << to_string(cursor.error());
  for (;;) {
    const auto record = (*cursor)->next();
    ASSERT_TRUE(record) << to_string(record.error());
    if (!*record) return;
    each(**record);
  }
}

/// What the journals beside this one say.
class Neighbours final : public ReferenceSource {
 public:
  explicit Neighbours(const fs::path& format) {
    for (const auto& journal : folders(format))
      each_record(journal, [&](const RecordView& record) {
        SaidRecord said;
        if (record.type != RecordType::said || !decode(record.body, said)) return;
        for (std::size_t i = 0; i < said.events.size(); ++i)
          said_[{said.first.stream, said.first.partition, said.first.at.epoch, said.first.at.sequence + i}] = {said.events[i].begin(),
                                                                                                               said.events[i].end()};
      });
  }
  Result<void> fetch(const Name& first, std::uint32_t count, std::vector<ByteView>& out) override {
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto it = said_.find({first.stream, first.partition, first.at.epoch, first.at.sequence + i});
      if (it == said_.end()) return std::unexpected(Error{"trimmed", "", "", to_string(first)});
      out.emplace_back(it->second);
    }
    return {};
  }

 private:
  std::map<std::tuple<Stream, Partition, Epoch, Sequence>, Bytes> said_;
};

std::uint32_t recorded_version(const fs::path& journal) {
  std::uint32_t version = 0;
  each_record(journal, [&](const RecordView& record) {
    OpenedRecord opened;
    if (record.type == RecordType::opened && decode(record.body, opened)) version = opened.core_version;
  });
  return version;
}

TEST(Corpus, EveryServiceOfEveryFormatIsThereAndWhole) {
  ASSERT_FALSE(folders(kCorpus).empty());
  for (const auto& format : folders(kCorpus)) {
    std::vector<std::string> services;
    for (const auto& journal : folders(format)) {
      services.push_back(service_of(journal));
      const auto file = real_disk().open((journal / segment_name(0)).string(), false);
      HeaderBytes bytes{};
      ASSERT_EQ(file->read(0, bytes), bytes.size());
      const auto header = decode_header(bytes);
      ASSERT_TRUE(header) << journal;
      EXPECT_EQ("v" + std::to_string(header->format), format.filename());
      const auto check = verify_journal(journal.string(), real_disk());
      EXPECT_EQ(check.problems, std::vector<std::string>{}) << journal;
      EXPECT_GT(check.records, 10u);
      std::map<RecordType, unsigned> count;
      each_record(journal, [&](const RecordView& record) { ++count[record.type]; });
      EXPECT_EQ(count[RecordType::started], 2u) << journal << ": two lives";
      EXPECT_GE(count[RecordType::snapshot], 1u) << journal;
      EXPECT_EQ(count[RecordType::closed], 1u) << journal;
      EXPECT_GT(count[RecordType::said], 0u) << journal;
    }
    EXPECT_THAT(services, ::testing::ElementsAre("api_gateway", "bar_compressor", "broker_gateway", "metrics_engine", "position_manager",
                                                 "tick_ingestor"));
  }
}

TEST(Corpus, ACoreOfTheSameVersionSaysTheSameBytes) {
  for (const auto& journal : journals()) {
    const auto core = core_of(service_of(journal));
    if (!core || core->version() != recorded_version(journal)) continue;
    Machine machine{*core};
    Neighbours neighbours{journal.parent_path()};
    TailRunner tail{machine, kCodec, neighbours};
    each_record(journal, [&](const RecordView& record) {
      const auto fed = tail.feed(record);
      ASSERT_TRUE(fed) << journal << ": " << to_string(fed.error());
    });
    EXPECT_GT(tail.counts().said_compared, 0u) << journal;
    EXPECT_EQ(tail.counts().inputs_lost, 0u) << journal;
    EXPECT_EQ(tail.recorded().all(), tail.derived().all()) << journal;
  }
}

/// A later version of a core.
class Later final : public Core {
 public:
  explicit Later(Core& core) : core_{core} {}
  std::uint32_t version() const override { return core_.version() + 1; }
  void apply(const Input& in, Outbox& out) override { core_.apply(in, out); }
  void save(ByteWriter& out) const override { core_.save(out); }
  void load(ByteReader& in) override { core_.load(in); }

 private:
  Core& core_;
};

/// A start over a copy of the journal, on the machine that wrote it.
Result<Recovered> start(const fs::path& journal, Core& core) {
  std::string pattern = (fs::temp_directory_path() / "tickmesh-corpus-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  const fs::path copy = fs::path(pattern) / journal.filename();
  fs::copy(journal, copy);
  real_disk().open((copy / "boot").string(), true)->write(0, as_bytes("then"));
  Result<Recovered> recovered{};
  {
    JournalOptions options;
    options.dir = copy.string();
    options.instance = journal.filename().string();
    options.core_version = core.version();
    auto opened = Journal::open(options, real_disk(), Timestamp{1'800'000'000'000'000'000}, "then");
    if (!opened) throw std::runtime_error(to_string(opened.error()));
    Neighbours neighbours{journal.parent_path()};
    RunnerOptions running;
    Runner runner{core, **opened, kCodec, running};
    recovered = runner.recover(neighbours, Timestamp{1'800'000'000'000'000'000});
  }
  fs::remove_all(pattern);
  return recovered;
}

TEST(Corpus, AServiceStartsFromItsOldSnapshotAndRunsTheTailThatFollows) {
  for (const auto& journal : journals()) {
    const auto core = core_of(service_of(journal));
    if (!core || core->version() != recorded_version(journal)) continue;
    const auto recovered = start(journal, *core);
    ASSERT_TRUE(recovered) << journal << ": " << to_string(recovered.error());
    EXPECT_TRUE(recovered->from_snapshot) << journal;
    EXPECT_GT(recovered->inputs_run, 0u) << journal;
    EXPECT_EQ(recovered->inputs_lost, 0u) << journal;
  }
}

TEST(Corpus, ATailOfAnotherVersionIsRefusedWithTheCommandThatDrainsIt) {
  for (const auto& journal : journals()) {
    const auto core = core_of(service_of(journal));
    if (!core) continue;
    Later later{*core};
    const auto refused = start(journal, later);
    ASSERT_FALSE(refused) << journal;
    EXPECT_EQ(refused.error().code, "version") << to_string(refused.error());
    EXPECT_THAT(refused.error().message, ::testing::HasSubstr("deploy/down")) << journal;
  }
}

}  // namespace
}  // namespace tickmesh
