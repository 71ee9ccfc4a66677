#include "service/retention.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

namespace tickmesh {
namespace {

using namespace std::chrono_literals;

constexpr const char* kReaders = "readers";
constexpr const char* kKeyframe = "keyframe";
constexpr std::uint64_t kPiece = 1u << 20;
constexpr std::uint64_t kScarceSegments = 4;  // room for fewer: what a ring may give away on a full disk must be read by then

std::string pin_of(const std::string& reader) { return "reader " + reader; }

/// A line a position: reader, stream, partition, epoch, sequence. For people as well: a reader that is gone for good is struck here.
std::string lines(const std::map<std::string, Positions>& known) {
  std::string out;
  for (const auto& [reader, positions] : known)
    for (const auto& [key, at] : positions)
      out += fmt::format("{} {} {} {} {}\n", reader, to_string(key.first), key.second, at.epoch, at.sequence);
  return out;
}

std::map<std::string, Positions> parsed(std::string_view text) {
  std::map<std::string, Positions> known;
  std::istringstream in{std::string(text)};
  std::string reader, stream;
  unsigned partition = 0;
  Position at;
  while (in >> reader >> stream >> partition >> at.epoch >> at.sequence)
    if (const auto named = parse_stream(stream); named && partition < kPartitions)
      known[reader][{*named, static_cast<Partition>(partition)}] = at;
  return known;
}

Bytes read_file(const std::string& dir, const std::string& name) {
  const auto names = real_disk().list(dir);
  if (std::ranges::find(names, name) == names.end()) return {};
  const auto file = real_disk().open(dir + '/' + name, false);
  Bytes bytes(file->size());
  bytes.resize(file->read(0, bytes));
  return bytes;
}

}  // namespace

Retention::Retention(RetentionOptions options, Journal& journal, const Codec& codec)
    : options_{std::move(options)}, journal_{journal}, codec_{codec} {
  read_files();
}

Retention::~Retention() { finish(); }

void Retention::finish() {
  {
    const std::lock_guard lock{mutex_};
    stop_ = true;
    wake_.notify_all();
  }
  if (!thread_.joinable()) return;
  thread_.join();
  turn();
}

void Retention::read_files() {
  try {
    known_ = parsed(as_text(read_file(options_.dir, kReaders)));
    const auto stored = read_file(options_.dir, kKeyframe);
    if (!stored.empty() && !keyframe_.load(stored)) spdlog::warn("The keyframe is not whole and begins anew dir={}", options_.dir);
  } catch (const DiskError& error) {
    failure_ = error.what();
  }
  // A journal that begins after it, or ends before it, is not the one it was made of.
  if (keyframe_.taken_to() > journal_.end()) keyframe_.load({});
  saved_ = std::max(keyframe_.taken_to(), journal_.first());
  journal_.pin("keyframe", saved_);
  for (const auto& [reader, positions] : known_) pin(reader, positions);
}

void Retention::start(std::function<std::vector<ReaderState>()> readers) {
  readers_ = std::move(readers);
  thread_ = std::thread{[this] { run(); }};
}

void Retention::run() {
  const sched_param none{};
  ::sched_setscheduler(0, SCHED_BATCH, &none);
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 10);
  std::unique_lock lock{mutex_};
  while (!stop_) {
    lock.unlock();
    turn();
    lock.lock();
    wake_.wait_for(lock, 250ms, [this] { return stop_; });
  }
}

void Retention::turn() {
  try {
    learn(readers_());
    gather();
    while (!stopping() && journal_.thin()) {
    }
  } catch (const DiskError& error) {
    const std::lock_guard lock{mutex_};
    failure_ = error.what();
  }
}

bool Retention::stopping() const {
  const std::lock_guard lock{mutex_};
  return stop_;
}

void Retention::learn(const std::vector<ReaderState>& readers) {
  std::string text;
  std::vector<std::pair<std::string, Positions>> moved;
  {
    const std::lock_guard lock{mutex_};
    for (const auto& reader : readers) {
      if (reader.snapshotted.empty()) continue;
      auto& known = known_[reader.reader];
      if (known == reader.snapshotted) continue;
      known = reader.snapshotted;
      moved.emplace_back(reader.reader, known);
    }
    if (moved.empty()) return;
    text = lines(known_);
  }
  // First the word, then what may go because of it.
  write_file(kReaders, as_bytes(text));
  for (const auto& [reader, positions] : moved) pin(reader, positions);
}

void Retention::pin(const std::string& reader, const Positions& snapshotted) {
  if (options_.perishable) return;  // inside its budget a ring drops nothing, beyond it it waits for nobody
  auto needed = Lsn{~std::uint64_t{0}};
  for (const auto& [key, at] : snapshotted) {
    // Of an epoch that is over nothing can be asked any more; of this one, then, everything may be.
    const Sequence next = at.epoch == journal_.epoch() ? at.sequence + 1 : 1;
    needed = std::min(needed, journal_.said_at(key.first, key.second, next));
  }
  journal_.pin(pin_of(reader), needed);
}

void Retention::gather() {
  if (options_.budget_bytes == 0) return;
  // What lies in the older half of the budget is read in good time before it goes; where the disk turns out to be smaller than the
  // budget, all but the newest.
  const bool scarce = real_disk().free_bytes(options_.dir) < kScarceSegments * options_.segment_bytes;
  const auto kept = scarce ? options_.segment_bytes : options_.budget_bytes / 2;
  const auto end = journal_.end().value;
  if (end <= kept) return;
  const Lsn to{end - kept};
  if (to.value < saved_.value + options_.segment_bytes) return;
  for (bool more = true; more;) {
    const auto fed = feed_keyframe(keyframe_, journal_, codec_, to, kPiece);
    if (!fed) {
      const std::lock_guard lock{mutex_};
      failure_ = fed.error().message;
      return;
    }
    more = *fed;
    const std::lock_guard lock{mutex_};
    if (stop_) return;
  }
  write_file(kKeyframe, keyframe_.save());
  saved_ = keyframe_.taken_to();
  journal_.pin("keyframe", saved_);
}

void Retention::write_file(const std::string& name, ByteView bytes) {
  const auto path = options_.dir + '/' + name;
  const auto draft = path + ".tmp";
  auto& disk = real_disk();
  disk.remove(draft);
  const auto file = disk.open(draft, true);
  file->write(0, bytes);
  file->sync();
  disk.rename(draft, path);
}

std::vector<std::string> Retention::registered() const {
  std::vector<std::string> names;
  const std::lock_guard lock{mutex_};
  for (const auto& [reader, positions] : known_) names.push_back(reader);
  return names;
}

std::optional<std::string> Retention::failure() const {
  const std::lock_guard lock{mutex_};
  return failure_;
}

}  // namespace tickmesh
