#include "tickmeshctl/journal_verbs.hpp"

#include <date/date.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "bus/codec.hpp"
#include "bus/event_json.hpp"
#include "journal/journal.hpp"
#include "service/skip_request.hpp"
#include "tickmeshctl/output.hpp"

namespace tickmesh::ctl {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> instances(const Config& config) {
  std::vector<std::string> names;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(config.text("journal.dir"), none))
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

Error none_in(const Config& config) { return {"not_met", "journal.dir", "holds journals", config.text("journal.dir")}; }

std::string dir_of(const Config& config, const std::string& instance) { return config.text("journal.dir") + "/" + instance; }

std::string_view type_name(RecordType type) {
  static constexpr std::string_view names[] = {"?", "opened", "started", "taken", "said", "snapshot", "closed", "skipped", "dropped"};
  const auto i = static_cast<std::size_t>(type);
  return i < std::size(names) ? names[i] : names[0];
}

constexpr const char* owner_of(Stream stream) {
  switch (stream) {
    case Stream::tick:
    case Stream::latest:
    case Stream::depth:
    case Stream::feed: return "tick_ingestor";
    case Stream::bar: return "bar_compressor";
    case Stream::metrics:
    case Stream::profile:
    case Stream::book:
    case Stream::signal: return "metrics_engine";
    case Stream::order:
    case Stream::venue: return "broker_gateway";
    case Stream::control: return "api_gateway";
    default: return "position_manager";
  }
}

Json event_line(const ProtoCodec& codec, const Name& name, ByteView bytes) {
  Event event;
  Json line{{"name", to_string(name)}};
  if (auto ok = codec.decode(name.stream, bytes, event); !ok)
    line["unreadable"] = to_string(ok.error());
  else
    line["event"] = Json::parse(event_json(codec, event), nullptr, false);
  return line;
}

Json dump_record(const ProtoCodec& codec, const RecordView& record) {
  Json line{{"lsn", record.lsn.value}, {"type", std::string(type_name(record.type))}};
  if (record.type == RecordType::opened) {
    OpenedRecord body;
    if (decode(record.body, body))
      line.update({{"instance", body.instance},
                   {"epoch", body.epoch},
                   {"segment", body.segment},
                   {"core_version", body.core_version},
                   {"previous_epoch", body.previous_epoch}});
  } else if (record.type == RecordType::started) {
    StartedRecord body;
    if (decode(record.body, body))
      line.update({{"epoch", body.token.epoch}, {"incarnation", body.token.incarnation}, {"time", body.time.ns}});
  } else if (record.type == RecordType::taken) {
    TakenRecord body;
    if (!decode(record.body, body)) return line;
    line["now"] = body.now.ns;
    line["items"] = Json::array();
    for (const TakenItem& item : body.items) {
      if (item.by_reference)
        line["items"].push_back({{"first", to_string(item.first)}, {"count", item.count}});
      else
        line["items"].push_back(event_line(codec, item.first, item.payload));
    }
  } else if (record.type == RecordType::said) {
    SaidRecord body;
    if (!decode(record.body, body)) return line;
    line["events"] = Json::array();
    Name name = body.first;
    for (const ByteView bytes : body.events) {
      line["events"].push_back(event_line(codec, name, bytes));
      ++name.at.sequence;
    }
  } else if (record.type == RecordType::skipped) {
    SkippedRecord body;
    if (decode(record.body, body)) line.update({{"at", to_text(body.place)}, {"input", to_string(body.name)}, {"who", body.who}});
  } else if (record.type == RecordType::dropped) {
    DroppedRecord body;
    if (!decode(record.body, body)) return line;
    line["until"] = Json::array();
    for (const auto& head : body.heads) line["until"].push_back(to_string(Name{head.stream, head.partition, {0, head.last}}));
  } else if (record.type == RecordType::snapshot) {
    SnapshotRecord body;
    if (decode(record.body, body)) line.update({{"file", body.file}, {"size", body.size}});
  }
  return line;
}

Result<Timestamp> parse_time(const std::string& text) {
  std::istringstream in{text};
  date::sys_time<std::chrono::nanoseconds> time;
  in >> date::parse("%FT%TZ", time);
  if (in.fail()) return bad_value("from", "earliest, latest or 2025-01-20T12:40:14Z", "'" + text + "'");
  return Timestamp{time.time_since_epoch().count()};
}

bool concerns(const Event& event, const Symbol& symbol) {
  return std::visit(
      [&](const auto& e) {
        if constexpr (requires { e.symbol; })
          return e.symbol == symbol;
        else if constexpr (requires { e.order.symbol; })
          return e.order.symbol == symbol;
        else if constexpr (requires { e.instrument; })
          return e.instrument == instrument_id(symbol);
        else
          return false;
      },
      event);
}

}  // namespace

int journal_ls(const Config& config, bool json) {
  Json data = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const std::string& name : instances(config)) {
    const JournalCheck check = verify_journal(dir_of(config, name), real_disk());
    data.push_back({{"instance", name},
                    {"segments", check.segments},
                    {"records", check.records},
                    {"bytes", check.bytes},
                    {"problems", check.problems}});
    rows.push_back({name, std::to_string(check.segments), std::to_string(check.records), std::to_string(check.bytes),
                    check.problems.empty() ? "whole" : check.problems.front()});
  }
  if (rows.empty()) return failed(json, none_in(config));
  return done(json, data, table({"INSTANCE", "SEGMENTS", "RECORDS", "BYTES", "STATE"}, rows));
}

int journal_verify(const Config& config, const std::string& instance, bool json) {
  const auto names = instance.empty() ? instances(config) : std::vector{instance};
  if (names.empty()) return failed(json, none_in(config));
  Json data = Json::array();
  std::string text;
  bool whole = true;
  for (const std::string& name : names) {
    if (!fs::is_directory(dir_of(config, name))) return failed(json, {"not_met", "instance", "has a journal", dir_of(config, name)});
    const JournalCheck check = verify_journal(dir_of(config, name), real_disk());
    whole = whole && check.problems.empty();
    data.push_back({{"instance", name}, {"records", check.records}, {"torn_bytes", check.torn_bytes}, {"problems", check.problems}});
    text += fmt::format("{}: {} records in {} segments, {}\n", name, check.records, check.segments,
                        check.problems.empty() ? "whole" : "CORRUPT");
    for (const std::string& problem : check.problems) text += "  " + problem + '\n';
  }
  return done(json, data, text, whole ? kDone : kNotMet);
}

int journal_skip(const Config& config, const std::string& instance, const std::string& at, bool yes, bool json) {
  const std::string dir = dir_of(config, instance);
  if (!fs::is_directory(dir)) return failed(json, {"not_met", "instance", "has a journal", dir});
  const auto place = parse_place(at);
  if (!place) return failed(json, place.error());
  auto cursor = read_journal(dir, real_disk());
  if (!cursor) return failed(json, cursor.error());
  const auto name = input_at(**cursor, *place);
  if (!name) return failed(json, name.error());
  Json data{{"instance", instance}, {"at", at}, {"input", to_string(*name)}, {"left", yes}};
  if (!yes)
    return done(
        json, data,
        fmt::format("{} would never be applied again by {}; nothing is changed. Add --yes to say so.\n", to_string(*name), instance));
  const char* user = std::getenv("SUDO_USER") != nullptr ? std::getenv("SUDO_USER") : std::getenv("USER");
  if (auto left = leave_skip_request(dir, {*place, user != nullptr ? user : "uid " + std::to_string(::getuid())}); !left)
    return failed(json, left.error());
  return done(json, data,
              fmt::format("{} is skipped by {} from its next start on; one that stands HALTED starts anew by itself\n", to_string(*name),
                          instance));
}

int journal_dump(const Config& config, const DumpOptions& options) {
  std::uint64_t from = 0;
  const char* end = options.from.data() + options.from.size();
  if (const auto read = std::from_chars(options.from.data(), end, from);
      !options.from.empty() && (read.ec != std::errc{} || read.ptr != end))
    return failed(options.json, {"bad_value", "from", "an Lsn, a number", "'" + options.from + "'"});
  auto cursor = read_journal(dir_of(config, options.instance), real_disk());
  if (!cursor) return failed(options.json, cursor.error());
  const ProtoCodec codec;
  std::uint64_t printed = 0;
  for (;;) {
    auto record = (*cursor)->next();
    if (!record) return failed(options.json, record.error());
    if (!record->has_value() || (options.limit > 0 && printed >= options.limit)) return kDone;
    if ((**record).lsn.value < from) continue;
    std::cout << dump_record(codec, **record).dump() << '\n';
    ++printed;
  }
}

int tail(const Config& config, const TailOptions& options) {
  auto stream = parse_stream(options.stream);
  if (!stream) return failed(options.json, stream.error());
  Symbol symbol;
  if (!options.symbol.empty()) {
    auto instruments = load_instruments(config.text("mesh.instruments"));
    if (!instruments) return failed(options.json, instruments.error());
    auto resolved = instruments->resolve(options.symbol);
    if (!resolved) return failed(options.json, resolved.error());
    symbol = *resolved;
  }
  Timestamp from{};
  if (options.from != "earliest" && options.from != "latest") {
    auto time = parse_time(options.from);
    if (!time) return failed(options.json, time.error());
    from = *time;
  }
  auto cursor = read_journal(dir_of(config, std::string(owner_of(*stream)) + "-0"), real_disk());
  if (!cursor) return failed(options.json, {"unreachable", "journal.dir", "holds the publisher's journal", to_string(cursor.error())});
  const ProtoCodec codec;
  bool skipping = options.from == "latest";
  std::uint64_t printed = 0;
  for (;;) {
    auto record = (*cursor)->next();
    if (!record) return failed(options.json, record.error());
    if (!record->has_value()) {
      if (!options.follow) return kDone;
      skipping = false;
      ::poll(nullptr, 0, 50);  // a file cannot be waited for
      continue;
    }
    if (skipping || (**record).type != RecordType::said) continue;
    SaidRecord said;
    if (!decode((**record).body, said) || said.first.stream != *stream) continue;
    Name name = said.first;
    for (const ByteView bytes : said.events) {
      Event event;
      const Name at = name;
      ++name.at.sequence;
      if (!codec.decode(*stream, bytes, event)) continue;
      if ((!symbol.empty() && !concerns(event, symbol)) || time_of(event) < from) continue;
      std::cout << event_line(codec, at, bytes).dump() << std::endl;
      if (options.count > 0 && ++printed >= options.count) return kDone;
    }
  }
}

}  // namespace tickmesh::ctl
