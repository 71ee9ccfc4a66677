#include "service/identity.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace tickmesh {
namespace {

std::optional<Token> read_token(const std::string& path) {
  std::ifstream file{path};
  Token token;
  if (!(file >> token.epoch >> token.incarnation)) return std::nullopt;
  return token;
}

/// Replaced by rename: whoever reads finds one of the two, whole.
void write_line(const std::string& path, const std::string& line) {
  const std::string draft = fmt::format("{}.{}.new", path, ::getpid());
  {
    std::ofstream file{draft, std::ios::trunc};
    file << line << '\n';
    if (!file.flush()) throw std::runtime_error(draft + " cannot be written");
  }
  std::filesystem::rename(draft, path);
}

}  // namespace

std::string to_string(Token token) { return fmt::format("{}@{}", token.incarnation, token.epoch); }

Superseded::Superseded(Token own, Token newer, const std::string& how)
    : std::runtime_error(
          fmt::format("a later start of this instance is at work ({}, this one is {}): {}", to_string(newer), to_string(own), how)) {}

Identity::Identity(const std::string& run_dir, const std::string& journal_dir, const std::string& instance)
    : token_path_{run_dir + '/' + instance + ".token"},
      floor_path_{run_dir + '/' + instance + ".floor"},
      mark_path_{journal_dir + "/superseded"},
      instance_{instance} {}

std::optional<Token> Identity::known() const { return read_token(token_path_); }

std::optional<Epoch> Identity::floor() const {
  std::ifstream file{floor_path_};
  Epoch epoch = 0;
  if (!(file >> epoch)) return std::nullopt;
  return epoch;
}

void Identity::ask_epoch(Epoch floor) const { write_line(floor_path_, std::to_string(floor)); }

Result<void> Identity::may_start(Token last) const {
  const auto marked = read_token(mark_path_);
  // Of an earlier start of a journal that has lived on: that was another copy's.
  if (!marked || *marked < last) return {};
  return std::unexpected(Error{"superseded", "journal.dir", "one instance of a name",
                               fmt::format("another start of {} took over from this journal's {}. If that one is gone for good and this "
                                           "journal is to go on, remove {}",
                                           instance_, to_string(last), mark_path_)});
}

void Identity::claim(Token own) {
  own_ = own;
  if (const auto latest = known(); latest && *latest > own) superseded(*latest, token_path_ + " names it");
  write_line(token_path_, fmt::format("{} {}", own.epoch, own.incarnation));
  if (::stat(token_path_.c_str(), &seen_) != 0) seen_ = {};
  std::error_code ignored;
  std::filesystem::remove(floor_path_, ignored);
  std::filesystem::remove(mark_path_, ignored);
}

void Identity::check() {
  struct stat found{};
  if (own_ == Token{} || ::stat(token_path_.c_str(), &found) != 0) return;
  if (found.st_ino == seen_.st_ino && found.st_mtim.tv_sec == seen_.st_mtim.tv_sec && found.st_mtim.tv_nsec == seen_.st_mtim.tv_nsec)
    return;
  seen_ = found;
  if (const auto latest = known(); latest && *latest > own_) superseded(*latest, token_path_ + " names it");
}

void Identity::superseded(Token newer, const std::string& how) const {
  try {
    write_line(mark_path_, fmt::format("{} {}", own_.epoch, own_.incarnation));
  } catch (const std::exception&) {
    // The folder may be gone or another's; stopping matters more.
  }
  throw Superseded(own_, newer, how);
}

}  // namespace tickmesh
