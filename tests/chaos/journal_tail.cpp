#include "chaos/journal_tail.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <utility>

namespace tickmesh::chaos {
namespace {

constexpr std::uint64_t kHeader = 64;
constexpr std::uint64_t kFrame = 16;
constexpr std::uint64_t kStreamOfTaken = 8 + 4 + 1;  // after the time, the number of items and the first one's kind

}  // namespace

const char* to_string(Written type) {
  constexpr const char* names[] = {"nothing", "opened", "started", "taken", "said", "snapshot", "closed", "skipped"};
  const auto i = static_cast<std::size_t>(type);
  return i < std::size(names) ? names[i] : "?";
}

JournalTail::JournalTail(std::string dir) : dir_{std::move(dir)} {
  while (next()) {
  }
}

JournalTail::~JournalTail() {
  if (fd_ >= 0) ::close(fd_);
}

bool JournalTail::enter(std::uint64_t segment) {
  std::array<char, 32> name;
  std::snprintf(name.data(), name.size(), "/seg-%016lx.tmj", static_cast<unsigned long>(segment));
  const int fd = ::open((dir_ + name.data()).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  std::array<char, kHeader + kFrame> head{};
  std::uint32_t first = 0;
  const bool read = ::pread(fd, head.data(), head.size(), 0) == static_cast<ssize_t>(head.size());
  std::memcpy(&first, head.data() + kHeader, sizeof first);
  // A segment held in reserve has no record yet.
  if (!read || first == 0) {
    ::close(fd);
    return false;
  }
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  segment_ = segment;
  offset_ = kHeader;
  return true;
}

std::optional<JournalTail::Record> JournalTail::next() {
  if (fd_ < 0 && !enter(0)) return std::nullopt;
  for (int round = 0; round < 2; ++round) {
    std::array<char, kFrame + kStreamOfTaken + 1> frame{};
    if (::pread(fd_, frame.data(), frame.size(), static_cast<off_t>(offset_)) >= static_cast<ssize_t>(kFrame)) {
      std::uint32_t length = 0;
      std::memcpy(&length, frame.data(), sizeof length);
      const auto type = static_cast<unsigned char>(frame[8]) & 0x7FU;  // the highest bit: more of the same part follows
      if (length >= kFrame && type >= 1 && type <= 7) {
        offset_ += (length + 7U) / 8 * 8;
        last_ = static_cast<Written>(type);
        if (last_ == Written::said) return Record{last_, static_cast<std::uint8_t>(frame[kFrame])};
        if (last_ == Written::taken) return Record{last_, static_cast<std::uint8_t>(frame[kFrame + kStreamOfTaken])};
        return Record{last_};
      }
    }
    if (!enter(segment_ + 1)) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace tickmesh::chaos
