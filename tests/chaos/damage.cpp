#include "chaos/damage.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

namespace tickmesh::chaos {
namespace {

void put(std::string& out, std::uint64_t value, std::size_t bytes) {
  char raw[8];
  std::memcpy(raw, &value, sizeof raw);
  out.append(raw, bytes);
}

}  // namespace

void rewrite_journal(const std::string& from, const std::string& to,
                     const std::function<bool(const auditor::Record& record, std::string& body)>& change) {
  constexpr std::uint64_t kSegmentBytes = 1U << 30;
  const auditor::JournalFile journal{from};
  std::string out = "TMJ1";
  put(out, 1, 4);
  put(out, kSegmentBytes, 8);
  put(out, 0, 8);
  put(out, auditor::opened(journal.records().front().body).epoch, 8);
  out.resize(60);
  put(out, auditor::crc32c(out), 4);
  bool first = true;
  for (const auto& record : journal.records()) {
    // One segment has one opening.
    if (record.type == auditor::kOpened && !std::exchange(first, false)) continue;
    std::string body{record.body};
    if (!change(record, body)) continue;
    const auto length = static_cast<std::uint32_t>(16 + body.size());
    const auto lsn = out.size();
    put(out, length, 4);
    put(out, auditor::record_checksum(lsn, length, record.type, body), 4);
    put(out, record.type, 8);
    out += body;
    out.resize((out.size() + 7) / 8 * 8);
  }
  std::filesystem::remove_all(to);
  std::filesystem::create_directories(to);
  std::ofstream{to + "/seg-0000000000000000.tmj", std::ios::binary} << out;
}

bool without_last_event(std::string& body) {
  const auto said = auditor::said(body);
  if (said.events.size() == 1) return false;
  std::string out = body.substr(0, 18);
  put(out, said.events.size() - 1, 4);
  for (std::size_t i = 0; i + 1 < said.events.size(); ++i) {
    put(out, said.events[i].size(), 4);
    out += said.events[i];
  }
  body = out;
  return true;
}

void rewrite_ledger(const std::string& from, const std::string& to,
                    const std::function<bool(const std::string& line, std::string& added)>& change) {
  std::ifstream in{from, std::ios::binary};
  std::ofstream out{to, std::ios::binary | std::ios::trunc};
  std::uint64_t n = 0;
  const auto write = [&](std::string line) {
    line = "{\"n\":" + std::to_string(++n) + line.substr(line.find(','), line.rfind(",\"crc\":\"") - line.find(','));
    char crc[12];
    std::snprintf(crc, sizeof crc, "%08x", auditor::crc32c(line));
    out << line << ",\"crc\":\"" << crc << "\"}\n";
  };
  for (std::string line; std::getline(in, line);) {
    std::string added;
    if (change(line, added)) write(line);
    if (!added.empty()) write(added);
  }
}

}  // namespace tickmesh::chaos
