#include "backtester/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "api_gateway/core/api_core.hpp"
#include "backtester/cores.hpp"
#include "bus/codec.hpp"
#include "journal/journal.hpp"
#include "runner/tail.hpp"

namespace tickmesh::backtest {
namespace {

using Key = std::tuple<Stream, Partition, Epoch, Sequence>;
Key key_of(const Name& n) { return {n.stream, n.partition, n.at.epoch, n.at.sequence}; }

/// Everything every journal under a folder holds as said, by name.
class Library final : public ReferenceSource {
 public:
  Result<void> read(const std::string& dir) {
    auto cursor = read_journal(dir, real_disk());
    if (!cursor) return std::unexpected(cursor.error());
    for (;;) {
      auto record = (*cursor)->next();
      if (!record) return std::unexpected(record.error());
      if (!record->has_value()) return {};
      if ((**record).type != RecordType::said) continue;
      SaidRecord said;
      if (auto ok = decode((**record).body, said); !ok) return ok;
      Name name = said.first;
      for (const ByteView bytes : said.events) {
        said_.emplace(key_of(name), Bytes{bytes.begin(), bytes.end()});
        ++name.at.sequence;
      }
    }
  }

  const Bytes* find(const Name& name) const {
    const auto it = said_.find(key_of(name));
    return it == said_.end() ? nullptr : &it->second;
  }

  Result<void> fetch(const Name& first, std::uint32_t count, std::vector<ByteView>& out) override {
    Name name = first;
    for (std::uint32_t i = 0; i < count; ++i, ++name.at.sequence) {
      const Bytes* bytes = find(name);
      if (bytes == nullptr)
        return std::unexpected(Error{"diverged", "journal", "what was taken was said",
                                     to_string(name) + " is in no journal (stop the mesh first: its journals must end together)"});
      out.emplace_back(*bytes);
    }
    return {};
  }

 private:
  std::map<Key, Bytes> said_;
};

/// What a person ruled out, wherever in the journal he said so.
Result<std::vector<InputPlace>> skipped_in(const std::string& dir) {
  std::vector<InputPlace> places;
  auto cursor = read_journal(dir, real_disk());
  if (!cursor) return std::unexpected(cursor.error());
  for (;;) {
    const auto record = (*cursor)->next();
    if (!record) return std::unexpected(record.error());
    if (!record->has_value()) return places;
    SkippedRecord skipped;
    if ((**record).type == RecordType::skipped && decode((**record).body, skipped)) places.push_back(skipped.place);
  }
}

/// Copies in `Taken` are held against the publisher's own words.
Result<std::uint64_t> check_copies(const TakenRecord& record, const Library& library) {
  std::uint64_t checked = 0;
  for (const TakenItem& item : record.items) {
    if (item.by_reference || item.first.stream == Stream::local) continue;
    const Bytes* original = library.find(item.first);
    if (original == nullptr || as_text(*original) != as_text(item.payload))
      return std::unexpected(Error{"diverged", "journal", "what was taken is what was said", to_string(item.first)});
    ++checked;
  }
  return checked;
}

Result<std::vector<std::string>> instances_in(const std::string& journal_dir) {
  std::vector<std::string> instances;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(journal_dir, none))
    if (entry.is_directory()) instances.push_back(entry.path().filename().string());
  std::ranges::sort(instances);
  if (instances.empty()) return bad_value("journals", "a folder of journals", journal_dir);
  return instances;
}

Result<Verified> verify_one(const std::string& dir, const std::string& instance, Core& core, const ProtoCodec& codec, Library& library) {
  Verified result{.instance = instance};
  Machine machine{core};
  TailRunner tail{machine, codec, library};
  auto skipped = skipped_in(dir);
  if (!skipped) return std::unexpected(skipped.error());
  tail.skip(std::move(*skipped));
  auto cursor = read_journal(dir, real_disk());
  if (!cursor) return std::unexpected(cursor.error());
  bool first = true;
  for (;;) {
    auto record = (*cursor)->next();
    if (!record) return std::unexpected(record.error());
    if (!record->has_value()) break;
    if (std::exchange(first, false)) {
      OpenedRecord opened;
      if ((**record).type != RecordType::opened || !decode((**record).body, opened) || opened.segment != 0)
        return std::unexpected(Error{"trimmed", instance, "a journal from its first record on", "its oldest segments are gone"});
    }
    if ((**record).type == RecordType::taken) {
      TakenRecord taken;
      if (auto ok = decode((**record).body, taken); !ok) return std::unexpected(ok.error());
      auto checked = check_copies(taken, library);
      if (!checked) return std::unexpected(checked.error());
      result.copies_checked += *checked;
    }
    if (auto ok = tail.feed(**record); !ok) {
      Error error = ok.error();
      error.message = instance + ": " + error.message;
      return std::unexpected(error);
    }
  }
  result.inputs = tail.counts().inputs_run;
  result.said = tail.counts().said_compared;
  result.unrecorded = tail.unconfirmed().size();
  result.recorded_hash = tail.recorded().all();
  result.derived_hash = tail.derived().all();
  return result;
}

}  // namespace

Result<SaidHashes> said_hashes(const std::string& journal_dir) {
  const auto instances = instances_in(journal_dir);
  if (!instances) return std::unexpected(instances.error());
  const ProtoCodec codec;
  SaidHashes hashes;
  Event event;
  for (const std::string& instance : *instances) {
    auto cursor = read_journal(journal_dir + "/" + instance, real_disk());
    if (!cursor) return std::unexpected(cursor.error());
    for (;;) {
      auto record = (*cursor)->next();
      if (!record) return std::unexpected(record.error());
      if (!record->has_value()) break;
      if ((**record).type != RecordType::said) continue;
      SaidRecord said;
      if (auto ok = decode((**record).body, said); !ok) return std::unexpected(ok.error());
      Name name = said.first;
      for (const ByteView bytes : said.events) {
        hashes.hash.add(name, bytes);
        if (name.stream == Stream::order && codec.decode(name.stream, bytes, event))
          if (const auto* order = std::get_if<OrderEvent>(&event); order != nullptr && !order->fill.execution_id.empty())
            hashes.fills.add(name, bytes);
        ++name.at.sequence;
      }
    }
  }
  return hashes;
}

Result<std::vector<Verified>> verify(const Config& config, const Instruments& instruments, const std::string& journal_dir) {
  const ProtoCodec codec;
  const auto found = instances_in(journal_dir);
  if (!found) return std::unexpected(found.error());
  const std::vector<std::string>& instances = *found;
  Library library;
  for (const std::string& instance : instances)
    if (auto ok = library.read(journal_dir + "/" + instance); !ok) return std::unexpected(ok.error());
  std::vector<Verified> all;
  for (const std::string& instance : instances) {
    const std::string service = instance.substr(0, instance.rfind('-'));
    std::unique_ptr<Core> core = make_core(service, config, instruments);
    if (service == "api_gateway") core = std::make_unique<ApiCore>(ApiConfig{config.ms("api.command_valid_ms")}, codec);
    if (!core) continue;  // tick_ingestor says what its feed gives it: its journal is the input of all others
    auto one = verify_one(journal_dir + "/" + instance, instance, *core, codec, library);
    if (!one) return std::unexpected(one.error());
    all.push_back(*one);
  }
  return all;
}

}  // namespace tickmesh::backtest
