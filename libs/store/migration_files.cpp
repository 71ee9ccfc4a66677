#include "store/migration_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

namespace tickmesh {
namespace {

namespace fs = std::filesystem;

int rank(const std::string& service) { return service == "tickmesh" ? 0 : service == "reader" ? 2 : 1; }

Result<MigrationFolder> read_folder(const fs::path& dir) {
  static const std::regex folder_shape{"[a-z][a-z0-9_]{0,40}"};
  static const std::regex file_shape{R"((\d{4})_([a-z0-9_]+)\.sql)"};
  MigrationFolder folder{.service = dir.filename().string()};
  if (!std::regex_match(folder.service, folder_shape))
    return bad_value(dir.string(), "a service's name, [a-z][a-z0-9_]*", "A folder under sql/ is named like a service");
  for (const auto& entry : fs::directory_iterator{dir}) {
    const auto name = entry.path().filename().string();
    std::smatch parts;
    const bool timescale = name == "timescale.sql";
    if (!timescale && !std::regex_match(name, parts, file_shape))
      return bad_value(entry.path().string(), "NNNN_name.sql", "A migration is numbered with four digits and named in lower case");
    std::ifstream in{entry.path(), std::ios::binary};
    std::string sql{std::istreambuf_iterator<char>{in}, {}};
    if (!in) return bad_value(entry.path().string(), "readable", "A migration cannot be read");
    if (timescale) {
      folder.timescale = std::move(sql);
      continue;
    }
    folder.files.push_back({std::stoi(parts[1]), parts[2], entry.path().string(), std::move(sql)});
  }
  std::sort(folder.files.begin(), folder.files.end(),
            [](const auto& a, const auto& b) { return std::tie(a.number, a.name) < std::tie(b.number, b.name); });
  for (std::size_t i = 0; i < folder.files.size(); ++i)
    if (folder.files[i].number != static_cast<int>(i) + 1)
      return bad_value(folder.files[i].path, fmt::format("number {:04}", i + 1),
                       "Migrations are numbered 0001, 0002, … without holes or repeats");
  return folder;
}

}  // namespace

Result<std::vector<MigrationFolder>> read_migrations(const std::string& sql_dir) {
  std::vector<MigrationFolder> folders;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator{sql_dir, failed}) {
    if (!entry.is_directory()) continue;
    auto folder = read_folder(entry.path());
    if (!folder) return std::unexpected(folder.error());
    if (!folder->files.empty()) folders.push_back(std::move(*folder));
  }
  if (failed || folders.empty()) return bad_value(sql_dir, "a folder of sql/<service>/NNNN_name.sql", "No migrations are there");
  std::sort(folders.begin(), folders.end(),
            [](const auto& a, const auto& b) { return std::pair{rank(a.service), a.service} < std::pair{rank(b.service), b.service}; });
  return folders;
}

std::string first_line(const std::string& path) {
  std::ifstream in{path};
  std::string line;
  std::getline(in, line);
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  return line;
}

}  // namespace tickmesh
