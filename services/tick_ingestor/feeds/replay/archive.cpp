#include "tick_ingestor/feeds/replay/archive.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <vector>

#include "tick_ingestor/feeds/replay/words.hpp"

namespace tickmesh::replay {
namespace {

std::uint32_t little(const unsigned char* at, int bytes) {
  std::uint32_t value = 0;
  for (int i = bytes; i-- > 0;) value = value << 8 | at[i];
  return value;
}

/// One member, stored or deflated. Its place, size and checksum are the directory's: what stands before the data may not know them.
class Zip final : public Archive {
 public:
  explicit Zip(std::string path) : path_{std::move(path)}, file_{std::fopen(path_.c_str(), "rb")} {}
  ~Zip() override {
    if (file_ != nullptr) std::fclose(file_);
    if (inflating_) ::inflateEnd(&stream_);
  }
  Zip(const Zip&) = delete;

  Result<void> open() {
    if (file_ == nullptr) return bad_file(path_, "a file that can be read", "it cannot be opened");
    std::fseek(file_, 0, SEEK_END);
    const long size = std::ftell(file_);
    // The directory's end is the last thing but for a comment of at most 64 KiB.
    std::vector<unsigned char> tail(static_cast<std::size_t>(std::clamp(size, 0L, 66'000L)));
    if (!read_at(size - static_cast<long>(tail.size()), tail)) return bad_file(path_, "a zip archive", "it cannot be read");
    std::ptrdiff_t end = static_cast<std::ptrdiff_t>(tail.size()) - 22;
    while (end >= 0 && little(&tail[static_cast<std::size_t>(end)], 4) != 0x06054b50) --end;
    if (end < 0) return bad_file(path_, "a zip archive", "it has no directory");
    const unsigned char* const record = &tail[static_cast<std::size_t>(end)];
    if (const auto entries = little(record + 10, 2); entries != 1)
      return bad_file(path_, "one file in a zip", "it holds " + std::to_string(entries));
    std::vector<unsigned char> entry(46), local(30);
    if (!read_at(little(record + 16, 4), entry) || little(entry.data(), 4) != 0x02014b50)
      return bad_file(path_, "a zip archive below 4 GB", "its directory is not where it should be");
    method_ = little(&entry[10], 2);
    if ((little(&entry[8], 2) & 1) != 0 || (method_ != 0 && method_ != 8))
      return bad_file(path_, "a stored or deflated file", "it is neither");
    crc_ = little(&entry[16], 4);
    left_ = little(&entry[20], 4);
    const std::uint32_t at = little(&entry[42], 4);
    if (!read_at(at, local) || little(local.data(), 4) != 0x04034b50)
      return bad_file(path_, "a zip archive", "its file is not where it should be");
    std::fseek(file_, static_cast<long>(at) + 30 + static_cast<long>(little(&local[26], 2) + little(&local[28], 2)), SEEK_SET);
    if (method_ == 8) inflating_ = ::inflateInit2(&stream_, -MAX_WBITS) == Z_OK;
    return {};
  }

  Result<std::size_t> read(std::span<char> into) override {
    stream_.next_out = reinterpret_cast<Bytef*>(into.data());
    stream_.avail_out = static_cast<uInt>(into.size());
    while (!over_ && stream_.avail_out > 0) {
      if (stream_.avail_in == 0) {
        const std::size_t n = std::fread(packed_.data(), 1, std::min<std::size_t>(packed_.size(), left_), file_);
        left_ -= static_cast<std::uint32_t>(n);
        consumed_ += n;
        stream_.next_in = packed_.data();
        stream_.avail_in = static_cast<uInt>(n);
        if (n == 0 && (method_ == 8 || left_ > 0)) return bad_file(path_, "an undamaged zip", "it is cut short");
      }
      if (method_ == 8) {
        const int status = ::inflate(&stream_, Z_NO_FLUSH);
        over_ = status == Z_STREAM_END;
        if (status != Z_OK && !over_) return bad_file(path_, "an undamaged zip", "it cannot be unpacked");
      } else {
        const uInt n = std::min(stream_.avail_in, stream_.avail_out);
        std::memcpy(stream_.next_out, stream_.next_in, n);
        stream_.next_out += n, stream_.avail_out -= n;
        stream_.next_in += n, stream_.avail_in -= n;
        over_ = left_ == 0 && stream_.avail_in == 0;
      }
    }
    const std::size_t filled = into.size() - stream_.avail_out;
    seen_crc_ = ::crc32_z(seen_crc_, reinterpret_cast<const Bytef*>(into.data()), filled);
    if (over_ && seen_crc_ != crc_) return bad_file(path_, "an undamaged zip", "the checksum does not hold");
    return filled;
  }
  std::uint64_t consumed() const override { return consumed_ - stream_.avail_in; }

 private:
  bool read_at(long at, std::vector<unsigned char>& into) {
    return std::fseek(file_, at, SEEK_SET) == 0 && std::fread(into.data(), 1, into.size(), file_) == into.size();
  }

  std::string path_;
  std::FILE* file_;
  z_stream stream_{};
  bool inflating_{false}, over_{false};
  std::uint32_t method_{0}, left_{0};
  uLong crc_{0}, seen_crc_{0};
  std::uint64_t consumed_{0};
  std::array<unsigned char, 64 << 10> packed_;
};

/// gzread takes what is not packed as it is.
class GzipOrPlain final : public Archive {
 public:
  explicit GzipOrPlain(std::string path) : path_{std::move(path)}, file_{::gzopen(path_.c_str(), "rb")} {
    if (file_ != nullptr) ::gzbuffer(file_, 128 << 10);
  }
  ~GzipOrPlain() override {
    if (file_ != nullptr) ::gzclose_r(file_);
  }
  Result<void> open() {
    if (file_ == nullptr) return bad_file(path_, "a file that can be read", "it cannot be opened");
    return {};
  }
  Result<std::size_t> read(std::span<char> into) override {
    const int n = ::gzread(file_, into.data(), static_cast<unsigned>(into.size()));
    int error = Z_OK;
    const char* text = ::gzerror(file_, &error);
    // Cut short is told by Z_BUF_ERROR alone, with the bytes before it given out.
    if (n < 0 || (error != Z_OK && error != Z_STREAM_END)) return bad_file(path_, "an undamaged file", text);
    return static_cast<std::size_t>(n);
  }
  std::uint64_t consumed() const override {
    // Of what is not packed, zlib's own offset is that of its buffer's end.
    return static_cast<std::uint64_t>(std::max<z_off_t>(0, ::gzdirect(file_) != 0 ? ::gztell(file_) : ::gzoffset(file_)));
  }

 private:
  std::string path_;
  gzFile file_;
};

template <class A>
Result<std::unique_ptr<Archive>> opened(const std::string& path) {
  auto archive = std::make_unique<A>(path);
  if (auto ok = archive->open(); !ok) return std::unexpected(ok.error());
  return archive;
}

}  // namespace

Result<std::unique_ptr<Archive>> Archive::open(const std::string& path) {
  return path.ends_with(".zip") ? opened<Zip>(path) : opened<GzipOrPlain>(path);
}

}  // namespace tickmesh::replay
