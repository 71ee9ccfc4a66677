// The one way records are read in order: by the owner while it writes, by an auditor beside it, and at open.
#pragma once
#include <memory>

#include "journal/segment_reader.hpp"

namespace tickmesh {

/// Where segments come from.
class SegmentSource {
 public:
  virtual ~SegmentSource() = default;
  virtual std::uint64_t segment_bytes() const = 0;
  virtual std::uint64_t first_segment() const = 0;                           ///< the oldest still held
  virtual std::shared_ptr<const DiskFile> segment(std::uint64_t index) = 0;  ///< nullptr: not there
  /// No record begins at or after this. The owner knows; who reads beside it gets the greatest number.
  virtual Lsn end() const = 0;
  virtual std::string path(std::uint64_t index) const = 0;
};

/// The segments of a folder, whoever owns it.
class FolderSource final : public SegmentSource {
 public:
  /// Error "corrupt" when no segment has a readable header but some hold records; a folder without any segment is empty.
  static Result<std::shared_ptr<FolderSource>> open(const std::string& dir, Disk& disk);
  std::uint64_t segment_bytes() const override { return segment_bytes_; }
  std::uint64_t first_segment() const override;
  std::shared_ptr<const DiskFile> segment(std::uint64_t index) override;
  Lsn end() const override { return Lsn{~std::uint64_t{0}}; }
  std::string path(std::uint64_t index) const override { return dir_ + '/' + segment_name(index); }
  std::vector<std::uint64_t> indices() const;  ///< sorted
  bool empty() const { return segment_bytes_ == 0; }

 private:
  FolderSource(std::string dir, Disk& disk) : dir_{std::move(dir)}, disk_{disk} {}
  std::string dir_;
  Disk& disk_;
  std::uint64_t segment_bytes_{0};
};

class Walk final : public JournalCursor {
 public:
  Walk(std::shared_ptr<SegmentSource> source, Lsn from) : source_{std::move(source)}, position_{from} {}
  Result<std::optional<RecordView>> next() override;
  Lsn position() const override { return position_; }
  /// What the last record's writer knew to be on the disk.
  Lsn durable() const { return durable_; }

 private:
  enum class Step : std::uint8_t { record, wait, again };
  bool goes_on(Lsn end);
  Result<Step> step(Lsn end);
  Result<Step> at_no_record(Lsn end);
  std::unexpected<Error> trimmed(std::uint64_t index) const;
  bool enter(std::uint64_t index);
  /// The `opened` record of a segment, when the segment is there and begins with a whole one.
  std::optional<OpenedRecord> peek_opened(std::uint64_t index);
  bool holds_records(std::uint64_t index);
  std::uint64_t offset() const { return position_.value % source_->segment_bytes(); }

  std::shared_ptr<SegmentSource> source_;
  Lsn position_;
  Lsn durable_{};
  std::optional<SegmentReader> reader_;
  SegmentReader::Found found_;
  std::optional<Error> dead_;
};

}  // namespace tickmesh
