// Small data folders of a test's own, and what a replay makes of them.
#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tick_ingestor/feeds/replay/data_set.hpp"

namespace tickmesh::replay::testing {

/// A zip of one file, "rows.csv", deflated.
inline std::string zipped(const std::string& text) {
  std::string packed(::compressBound(text.size()) + 64, '\0');
  z_stream stream{};
  ::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  ::deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  const auto number = [](std::uint64_t value, int bytes) {
    std::string out;
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(i < 8 ? value >> 8 * i & 0xff : 0);
    return out;
  };
  const std::string name = "rows.csv";
  const auto crc = ::crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size());
  const std::string facts = number(20, 2) + number(0, 2) + number(8, 2) + number(0, 4) + number(crc, 4) + number(packed.size(), 4) +
                            number(text.size(), 4) + number(name.size(), 2) + number(0, 2);
  const std::string local = number(0x04034b50, 4) + facts + name + packed;
  const std::string entry = number(0x02014b50, 4) + number(20, 2) + facts + number(0, 2 + 2 + 2 + 4) + number(0, 4) + name;
  return local + entry + number(0x06054b50, 4) + number(0, 4) + number(1, 2) + number(1, 2) + number(entry.size(), 4) +
         number(local.size(), 4) + number(0, 2);
}

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tickmesh-replay-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  std::string put(const std::string& name, const std::string& text) const {
    const std::string file = path + '/' + name;
    std::filesystem::create_directories(std::filesystem::path{file}.parent_path());
    if (name.ends_with(".zip")) {
      std::ofstream{file, std::ios::binary} << zipped(text);
    } else if (name.ends_with(".gz")) {
      gzFile gz = ::gzopen(file.c_str(), "wb");
      ::gzwrite(gz, text.data(), static_cast<unsigned>(text.size()));
      ::gzclose(gz);
    } else {
      std::ofstream{file, std::ios::binary} << text;
    }
    return file;
  }
  std::string path;
};

/// "AIG.USA quote 49.18x100 49.20x3000 @09:30:00.5" with the time of day in UTC; trades as "AIG.USA trade 49.18x300 @…".
inline std::string told(const Tick& t, const DataSet& data, const Instruments& listed = {}) {
  std::string symbol = "?";
  if (const Instrument* i = listed.find(t.instrument)) symbol = i->symbol.str();
  for (const DataFile& file : data.files)
    if (instrument_id(file.symbol) == t.instrument) symbol = file.symbol.str();
  const std::int64_t ms = t.event_time.ns / 1'000'000 % 86'400'000;
  char at[32];
  std::snprintf(at, sizeof at, "%02d:%02d:%02d.%03d", static_cast<int>(ms / 3'600'000), static_cast<int>(ms / 60'000 % 60),
                static_cast<int>(ms / 1000 % 60), static_cast<int>(ms % 1000));
  const auto side = [](Price price, Quantity size) { return price.str() + "x" + size.str(); };
  if (t.kind == TickKind::trade) return symbol + " trade " + side(t.price, t.size) + " @" + at;
  return symbol + " quote " + side(t.bid, t.bid_size) + " " + side(t.ask, t.ask_size) + " @" + at;
}

struct Replayed {
  std::vector<std::string> ticks;
  std::vector<DepthUpdate> depths;
  Tally tally;
  Error error;
};
/// All of it, `step` ticks at a time.
inline Replayed replay_all(const std::string& dir, const std::vector<std::string>& symbols = {}, std::size_t step = 3) {
  Replayed out;
  auto data = find_data(dir, "", symbols);
  if (!data) return out.error = data.error(), out;
  auto seen = survey(*data, {});
  if (!seen) return out.error = seen.error(), out;
  auto listed = with_derived({}, *seen);
  if (!listed) return out.error = listed.error(), out;
  Merge merge{data->files, *listed};
  Rows rows;
  for (;;) {
    const auto n = merge.next(step, rows);
    if (!n) return out.error = n.error(), out;
    if (*n == 0) break;
  }
  for (const Tick& t : rows.ticks)
    if (!holds_depth(t)) out.ticks.push_back(told(t, *data, *listed));
  out.depths = std::move(rows.depths);
  out.tally = merge.tally();
  EXPECT_EQ(out.tally.ticks, out.ticks.size());
  EXPECT_EQ(out.tally.depths, out.depths.size());
  return out;
}

}  // namespace tickmesh::replay::testing
