// journal.append, journal.replay: what one core can write down and read again, beside write(2) and read(2) of the same bytes.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "bench/harness/benchmark.hpp"
#include "bench/harness/journals.hpp"
#include "bench/harness/market_ticks.hpp"
#include "bench/harness/pacing.hpp"
#include "bench/harness/processes.hpp"
#include "bus/codec.hpp"

namespace tickmesh::bench {
namespace {

constexpr std::size_t kDistinct = 65'536;
constexpr std::uint64_t kFramed = 16;  // a record's frame, and padding to 8 (libs/journal/README.md)

double per_second(std::uint64_t count, std::int64_t ns) { return static_cast<double>(count) * 1e9 / static_cast<double>(ns); }

/// The sizes of the records, framed, that tell `count` ticks.
std::vector<std::size_t> record_sizes(std::span<const Bytes> ticks, std::size_t count) {
  std::vector<std::size_t> sizes;
  TickRecords records{ticks, 1};
  for (std::size_t n = 0; n < count; n += records.count()) sizes.push_back((records.next(count - n).size() + kFramed + 7) / 8 * 8);
  return sizes;
}

class File {
 public:
  File(const std::string& path, int flags) : fd_{::open(path.c_str(), flags | O_CLOEXEC, 0600)} {
    if (fd_ < 0) throw std::runtime_error("cannot open " + path);
  }
  ~File() { ::close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

class Append final : public Benchmark {
 public:
  explicit Append(const Settings& settings) : count_{settings.quick ? 500'000u : 4'000'000u} {}
  std::vector<RowName> rows() const override { return {{"journal.append", "ticks/s"}}; }
  void prepare() override { ticks_ = encoded(market_ticks(kDistinct)); }
  Turn turn() override {
    const auto raw = in_child("write", [&] { return floor(); });
    over_.push_back(raw.at(1));
    return {{raw.at(0)}, in_child("append", [&] { return std::vector{ours()}; })};
  }
  std::vector<std::string> notes() const override {
    return {fmt::format("the same writes over a file whose pages are cached: {:.1f} M ticks/s", median(over_) / 1e6)};
  }

 private:
  /// Plain write(2) of as many bytes in as many calls into a new file; and, for the notes, over one whose pages are cached already.
  std::vector<double> floor() const {
    const auto sizes = record_sizes(ticks_, count_);
    const Bytes bytes(256u << 10, std::byte{0x5a});
    ScratchDir dir;
    std::vector<double> rates;
    for (const int flags : {O_WRONLY | O_CREAT, O_WRONLY}) {
      const File file{dir / "raw", flags};
      const std::int64_t begin = now_ns();
      for (const std::size_t size : sizes)
        if (::write(file.fd(), bytes.data(), size) != static_cast<ssize_t>(size)) throw std::runtime_error("write failed");
      rates.push_back(per_second(count_, now_ns() - begin));
    }
    return rates;
  }
  double ours() const {
    ScratchDir dir;
    const auto journal = open_journal(dir / "journal", "tick_ingestor-0");
    TickRecords records{ticks_, journal->epoch()};
    const std::int64_t begin = now_ns();
    for (std::size_t n = 0; n < count_; n += records.count()) journal->append(RecordType::said, records.next(count_ - n));
    return per_second(count_, now_ns() - begin);
  }

  std::size_t count_;
  std::vector<Bytes> ticks_;
  std::vector<double> over_;
};

class Replay final : public Benchmark {
 public:
  explicit Replay(const Settings& settings) : count_{settings.quick ? 500'000u : 4'000'000u} {}
  std::vector<RowName> rows() const override { return {{"journal.replay", "ticks/s"}}; }
  void prepare() override {
    in_child("prepare", [&] {
      const auto journal = open_journal(dir_ / "journal", "tick_ingestor-0");
      const auto ticks = encoded(market_ticks(kDistinct));
      TickRecords records{ticks, journal->epoch()};
      for (std::size_t n = 0; n < count_; n += records.count()) journal->append(RecordType::said, records.next(count_ - n));
      journal->close();
      return std::vector<double>{};
    });
  }
  Turn turn() override {
    return {in_child("read", [&] { return std::vector{floor()}; }), in_child("replay", [&] { return std::vector{ours()}; })};
  }

 private:
  double floor() const {
    std::vector<std::byte> into(256u << 10);
    std::uint64_t sum = 0;
    const std::int64_t begin = now_ns();
    for (const auto& entry : std::filesystem::directory_iterator(dir_ / "journal")) {
      if (!entry.is_regular_file()) continue;
      const File file{entry.path(), O_RDONLY};
      for (ssize_t n = 1; n > 0;) {
        n = ::read(file.fd(), into.data(), into.size());
        if (n > 0) sum += static_cast<std::uint64_t>(into[static_cast<std::size_t>(n) - 1]);
      }
    }
    const double rate = per_second(count_, now_ns() - begin);
    if (sum == 0) throw std::runtime_error("nothing was read");
    return rate;
  }
  double ours() const {
    const ProtoCodec codec;
    Event event;
    SaidRecord said;
    std::size_t n = 0;
    const std::int64_t begin = now_ns();
    const auto cursor = must(read_journal(dir_ / "journal", real_disk()));
    for (auto record = must(cursor->next()); record; record = must(cursor->next())) {
      if (record->type != RecordType::said) continue;
      must(decode(record->body, said));
      for (const ByteView bytes : said.events) must(codec.decode(said.first.stream, bytes, event));
      n += said.events.size();
    }
    const double rate = per_second(n, now_ns() - begin);
    if (n != count_) throw std::runtime_error("the journal holds another number of ticks");
    return rate;
  }

  std::size_t count_;
  ScratchDir dir_;
};

}  // namespace

void add_journal(Benchmarks& all, const Settings& settings) {
  all.push_back(std::make_unique<Append>(settings));
  all.push_back(std::make_unique<Replay>(settings));
}

}  // namespace tickmesh::bench
