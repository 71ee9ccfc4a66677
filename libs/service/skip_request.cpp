#include "service/skip_request.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>

namespace tickmesh {
namespace {

std::string path_of(const std::string& journal_dir) { return journal_dir + "/skip"; }

}  // namespace

std::string to_text(const InputPlace& place) { return std::to_string(place.record.value) + '.' + std::to_string(place.number); }

Result<InputPlace> parse_place(const std::string& text) {
  InputPlace place;
  const char* const end = text.data() + text.size();
  const auto [dot, record] = std::from_chars(text.data(), end, place.record.value);
  if (record == std::errc{} && dot != end && *dot == '.') {
    const auto [last, number] = std::from_chars(dot + 1, end, place.number);
    if (number == std::errc{} && last == end) return place;
  }
  return bad_value("at", "RECORD.NUMBER, as the readiness reason names it", "'" + text.substr(0, 60) + "'");
}

Result<Name> input_at(JournalCursor& cursor, const InputPlace& place) {
  for (;;) {
    const auto record = cursor.next();
    if (!record) return std::unexpected(record.error());
    if (!*record || (*record)->lsn > place.record) break;
    if ((*record)->lsn != place.record) continue;
    TakenRecord taken;
    if ((*record)->type != RecordType::taken || !decode((*record)->body, taken)) break;
    std::uint64_t before = 0;
    for (const TakenItem& item : taken.items) {
      if (place.number < before + item.count) {
        Name name = item.first;
        if (name.stream != Stream::local) name.at.sequence += place.number - before;
        return name;
      }
      before += item.count;
    }
    break;
  }
  return std::unexpected(Error{"not_met", "at", "a record that takes such an input", "there is none at " + to_text(place)});
}

Result<void> leave_skip_request(const std::string& journal_dir, const SkipRequest& request) {
  const std::string path = path_of(journal_dir);
  {
    std::ofstream file{path + ".tmp", std::ios::trunc};
    file << to_text(request.place) << ' ' << request.who << '\n';
    if (!file.flush()) return std::unexpected(Error{"disk", path, "can be written", "it cannot"});
  }
  std::error_code failed;
  std::filesystem::rename(path + ".tmp", path, failed);
  if (failed) return std::unexpected(Error{"disk", path, "can be written", failed.message()});
  return {};
}

std::optional<SkipRequest> skip_request(const std::string& journal_dir) {
  std::ifstream file{path_of(journal_dir)};
  std::string text, who;
  if (!(file >> text)) return std::nullopt;
  std::getline(file >> std::ws, who);
  const auto place = parse_place(text);
  if (!place) return std::nullopt;
  return SkipRequest{*place, who.substr(0, 200)};
}

Result<std::optional<Name>> take_skip_request(const std::string& journal_dir, Journal& journal, Timestamp now) {
  const auto request = skip_request(journal_dir);
  if (!request) return std::nullopt;
  const auto cursor = journal.read_from(journal.first());
  const auto name = input_at(*cursor, request->place);
  if (name) journal.skip({request->place, *name, now, request->who});
  // After it is on the disk: a crash in between takes it twice, which says the same.
  std::error_code ignored;
  std::filesystem::remove(path_of(journal_dir), ignored);
  if (!name) return std::unexpected(name.error());
  return *name;
}

}  // namespace tickmesh
