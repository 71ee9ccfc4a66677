#include "tick_ingestor/feeds/replay/archive.hpp"

#include <minizip/unzip.h>
#include <zlib.h>

#include <filesystem>

namespace tickmesh::replay {
namespace {

std::unexpected<Error> bad_file(const std::string& path, const char* rule, std::string message) {
  return std::unexpected(Error{"bad_file", path, rule, std::move(message)});
}

class Zip final : public Archive {
 public:
  explicit Zip(std::string path) : path_{std::move(path)}, zip_{::unzOpen64(path_.c_str())} {}
  ~Zip() override {
    if (zip_ == nullptr) return;
    ::unzCloseCurrentFile(zip_);
    ::unzClose(zip_);
  }
  Result<void> open() {
    unz_global_info64 info{};
    if (zip_ == nullptr || ::unzGetGlobalInfo64(zip_, &info) != UNZ_OK) return bad_file(path_, "a zip archive", "it cannot be opened");
    if (info.number_entry != 1) return bad_file(path_, "one file in a zip", "it holds " + std::to_string(info.number_entry));
    if (::unzGoToFirstFile(zip_) != UNZ_OK || ::unzOpenCurrentFile(zip_) != UNZ_OK)
      return bad_file(path_, "a zip archive", "its file cannot be opened");
    return {};
  }
  Result<std::size_t> read(std::span<char> into) override {
    const int n = ::unzReadCurrentFile(zip_, into.data(), static_cast<unsigned>(into.size()));
    if (n < 0) return bad_file(path_, "an undamaged zip", "error " + std::to_string(n) + " while unpacking");
    if (n == 0 && ::unzCloseCurrentFile(zip_) == UNZ_CRCERROR) return bad_file(path_, "an undamaged zip", "the checksum does not hold");
    return static_cast<std::size_t>(n);
  }
  std::uint64_t consumed() const override { return ::unzGetCurrentFileZStreamPos64(zip_); }

 private:
  std::string path_;
  unzFile zip_;
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
  std::uint64_t consumed() const override { return static_cast<std::uint64_t>(std::max<z_off_t>(0, ::gzoffset(file_))); }

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
