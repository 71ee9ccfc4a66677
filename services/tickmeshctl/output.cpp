#include "tickmeshctl/output.hpp"

#include <fmt/format.h>

#include <iostream>

namespace tickmesh::ctl {
namespace {

bool numeric(const std::string& text) { return !text.empty() && text.find_first_not_of("0123456789.-+") == std::string::npos; }

/// What was typed or told may be no UTF-8: it costs its bytes, not the answer.
std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

int exit_of(const std::string& code) {
  if (code == "unreachable") return kUnreachable;
  if (code == "refused" || code == "foreign") return kRefused;
  if (code == "unknown") return kUnknown;
  if (code == "not_met" || code == "corrupt") return kNotMet;
  return kUsage;  // bad_value and kin: what was asked cannot be understood
}

}  // namespace

std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> width(header.size());
  for (std::size_t c = 0; c < header.size(); ++c) width[c] = header[c].size();
  for (const auto& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c) width[c] = std::max(width[c], row[c].size());
  std::string out;
  const auto line = [&](const std::vector<std::string>& cells, bool head) {
    std::string text;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      const bool last = c + 1 == cells.size();
      if (!head && numeric(cells[c]))
        text += fmt::format("{:>{}}", cells[c], width[c]);
      else
        text += last ? cells[c] : fmt::format("{:<{}}", cells[c], width[c]);
      if (!last) text += "  ";
    }
    out += text + '\n';
  };
  line(header, true);
  for (const auto& row : rows) line(row, false);
  return out;
}

int done(bool json, const Json& data, const std::string& text, int exit) {
  if (!json) {
    std::cout << text << std::flush;
    return exit;
  }
  Json answer{{"ok", exit == kDone}};
  if (exit != kDone)
    answer["error"] = {{"code", exit == kUnreachable ? "unreachable" : "not_met"}, {"field", ""}, {"rule", ""}, {"message", "see data"}};
  answer["data"] = data;
  std::cout << text_of(answer) << std::endl;
  return exit;
}

int failed(bool json, const Error& error) {
  if (json) {
    std::cout << text_of(Json{{"ok", false},
                              {"error", {{"code", error.code}, {"field", error.field}, {"rule", error.rule}, {"message", error.message}}}})
              << std::endl;
  } else {
    std::cerr << "tickmeshctl: " << (error.code.empty() ? "" : error.code + ": ") << to_string(error) << std::endl;
  }
  return exit_of(error.code);
}

}  // namespace tickmesh::ctl
