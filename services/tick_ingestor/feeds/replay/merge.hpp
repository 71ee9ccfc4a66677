// Many files as one row of ticks and depth in the order of their times. Pure of clocks: who calls decides when.
#pragma once
#include <memory>
#include <vector>

#include "tick_ingestor/feeds/replay/archive.hpp"
#include "tick_ingestor/feeds/replay/row_parser.hpp"

namespace tickmesh::replay {

/// One file, a buffer of its rows at a time. Opened by the first `fill`.
class FileReader {
 public:
  FileReader(const DataFile& file, const Instruments& listed) : file_{&file}, parser_{file, listed} {}
  /// Whether there is a front; reads on when all were popped. Error: the file is damaged.
  Result<bool> fill();
  const Tick& front() const { return rows_.ticks[next_]; }
  /// Of a front that holds its place.
  DepthUpdate& depth() { return rows_.depths[next_depth_]; }
  void pop() { next_depth_ += holds_depth(front()) ? 1 : 0, ++next_; }
  bool empty() const { return next_ == rows_.ticks.size(); }
  const DataFile& file() const { return *file_; }
  RowParser& parser() { return parser_; }
  const RowParser& parser() const { return parser_; }
  /// Bytes of the file, about: the rows still held are taken to share evenly what was read for them.
  std::uint64_t consumed() const {
    const std::size_t rows = rows_.ticks.size();
    return rows == 0 ? read_until() : read_before_ + (read_until() - read_before_) * next_ / rows;
  }

 private:
  static constexpr std::size_t kChunk = 64 << 10;  // its ticks fit a cache
  Result<bool> read();
  std::uint64_t read_until() const { return over_ ? file_->bytes : archive_ ? std::min(archive_->consumed(), file_->bytes) : 0; }

  const DataFile* file_;
  RowParser parser_;
  std::unique_ptr<Archive> archive_;
  std::vector<char> text_;
  std::size_t kept_{0};  ///< bytes of an unfinished line, at the front of text_
  Rows rows_;
  std::size_t next_{0}, next_depth_{0};
  bool over_{false};
  std::uint64_t read_before_{0};  ///< bytes of the file read before the rows that are held
};

/// Rows by time; at equal times quotes before trades and depth, then by symbol, then in the order of the files and of their rows. A row
/// that steps back in time is taken where it stands in its file.
class Merge {
 public:
  /// `files` stay where they are. `listed`: for rows that name their symbol.
  Merge(const std::vector<DataFile>& files, const Instruments& listed);
  /// Appends at most `limit` ticks and depths; 0: all were given. Error: a file is damaged; nothing more comes then.
  Result<std::size_t> next(std::size_t limit, Rows& out);
  std::uint64_t given() const { return given_; }
  Tally tally() const;
  std::uint64_t consumed() const;  ///< bytes of the files, about
  std::uint64_t bytes() const;     ///< of all files

 private:
  struct Key {
    std::int64_t time{0};
    std::uint64_t rank{0};  ///< kind, symbol, file
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Head {
    Key key;
    std::uint32_t reader;
    friend bool operator>(const Head& a, const Head& b) { return a.key > b.key; }
  };
  Key key_of(std::uint32_t reader);
  Result<void> push(std::uint32_t reader);

  const Instruments* listed_;
  std::vector<FileReader> readers_;
  std::vector<std::int64_t> reached_;       ///< by reader: latest time given
  std::vector<std::uint64_t> symbol_rank_;  ///< by reader; of those whose rows name their symbol the instrument's place
  std::vector<Head> heap_;
  std::uint64_t given_{0};
};

}  // namespace tickmesh::replay
