#include "tick_ingestor/replay.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <stdexcept>

namespace tickmesh {
namespace {

constexpr std::size_t kAhead = 1024;
constexpr Duration kDay = seconds(86'400);
constexpr std::int64_t kWeekNs = 7 * kDay.ns;

double speed_of(const std::string& text) {
  if (text == "max") return 0;
  char* end = nullptr;
  const double speed = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !(speed > 0) || !(speed <= 1e6))
    throw std::runtime_error("feed.replay.speed: max, or a number above 0: '" + text + "'");
  return speed;
}

}  // namespace

ReplayFeed::ReplayFeed(const Config& config, const Instruments& instruments)
    : instruments_{instruments}, speed_{speed_of(config.text("feed.replay.speed"))}, loop_{config.boolean("feed.replay.loop")} {
  const std::string& layout = config.text("feed.replay.layout");
  auto data = replay::find_data(config.text("feed.replay.data"), layout == "any" ? "" : layout, config.list("feed.replay.symbols"));
  if (!data) throw std::runtime_error(to_string(data.error()));
  data_ = std::move(*data);
  for (const std::string& name : data_.ignored) spdlog::info("Ignored, of no known layout file={}", name);
  for (const replay::DataFile& file : data_.files)
    if (!file.symbol.empty() && instruments.find(file.symbol) == nullptr)
      throw std::runtime_error("mesh.instruments: every symbol of the data: " + file.symbol.str() + " of " + file.name + " is not listed");
  for (const replay::DataFile& file : data_.files) {
    if (!file.not_before) {  // its name says no day
      ends_ = {};
      break;
    }
    ends_ = std::max(ends_, file.not_before + kDay);
  }
  merge_ = std::make_unique<replay::Merge>(data_.files, instruments_);
  spdlog::info("Replay files={} data={:016x} speed={} loop={}", data_.files.size(), data_.hash, config.text("feed.replay.speed"), loop_);
}

bool ReplayFeed::fill() {
  for (;;) {
    while (next_ < rows_.ticks.size() && (skip_ticks_ | skip_depths_) != 0) {
      // Both are numbered as they are said: which of the two came first at the end does not matter.
      std::uint64_t& left = replay::holds_depth(front()) ? skip_depths_ : skip_ticks_;
      if (left == 0) break;
      --left;
      pass();
    }
    if (next_ < rows_.ticks.size() || over_) break;
    rows_.clear();
    next_ = next_depth_ = 0;
    const auto n = merge_->next(kAhead, rows_);
    if (!n) throw std::runtime_error(to_string(n.error()));
    for (Tick& tick : rows_.ticks) {
      tick.event_time = tick.event_time + shift_;
      if (!first_) {
        first_ = tick.event_time;
        if (begun_ && last_) begun_data_ += (first_ - last_).ns;  // a pass follows the one before without a wait
      }
      last_ = std::max(last_, tick.event_time);
    }
    for (DepthUpdate& depth : rows_.depths) {
      depth.header.event_time = depth.header.event_time + shift_;
      if (depth.kind == DepthKind::delta) depth.previous += number_shift_;
      depth.last += number_shift_;
      last_number_ = std::max(last_number_, depth.last);
    }
    if (*n > 0) continue;
    if (loop_ && last_) {
      // Whole weeks later: what was a Monday is one again.
      shift_ = {shift_.ns + ((last_ - first_).ns / kWeekNs + 1) * kWeekNs};
      first_ = {};
      pass_bytes_ = 0;
      pass_mono_ = now_;
      number_shift_ = last_number_;
      merge_ = std::make_unique<replay::Merge>(data_.files, instruments_);
    } else {
      over_ = true;
    }
  }
  return next_ < rows_.ticks.size();
}

void ReplayFeed::pass() { next_depth_ += replay::holds_depth(rows_.ticks[next_++]) ? 1 : 0; }

void ReplayFeed::skip(std::uint64_t ticks, std::uint64_t depths) {
  told_begin_ = ticks + depths > 0;
  skip_ticks_ = ticks;
  skip_depths_ = depths;
  fill();
}

void ReplayFeed::begin(std::int64_t mono) {
  begun_ = true;
  begun_mono_ = pass_mono_ = now_ = mono;
  begun_data_ = fill() ? front().event_time.ns : last_.ns;
  pass_bytes_ = merge_->consumed();
}

std::int64_t ReplayFeed::reached(std::int64_t mono) const {
  if (speed_ == 0) return std::numeric_limits<std::int64_t>::max();
  return begun_data_ + static_cast<std::int64_t>(static_cast<double>(mono - begun_mono_) * speed_);
}

const Event& ReplayFeed::front_event() {
  if (replay::holds_depth(front()))
    given_.emplace<DepthUpdate>(std::move(rows_.depths[next_depth_]));
  else if (Tick* tick = std::get_if<Tick>(&given_))
    *tick = front();
  else
    given_.emplace<Tick>(front());
  return given_;
}

std::size_t ReplayFeed::due(std::int64_t mono, std::size_t limit, const TakeEvent& take) {
  if (!begun_) return 0;
  now_ = mono;
  const std::int64_t until = reached(mono);
  std::size_t given = 0;
  if (!told_begin_ && limit > 0 && fill() && front().event_time.ns <= until) {
    told_begin_ = true;
    take(replay::begin_of_data(front().event_time));
    ++given;
  }
  const std::int64_t first = fill() ? front().event_time.ns : 0;
  const std::int64_t span = whole_ ? until : std::min(until, first + kSpan.ns);
  const auto same_moment = [&] { return whole_ && given > 0 && front().event_time <= said_until_; };
  while (fill() && (same_moment() || (given < limit && front().event_time.ns <= span))) {
    said_until_ = std::max(said_until_, front().event_time);
    take(front_event());
    pass();
    ++given;
  }
  if (given < limit && over() && !told_end_) {
    told_end_ = true;
    take(replay::end_of_data(last_));
    ++given;
  }
  return given;
}

Timestamp ReplayFeed::quiet_until() {
  if (fill()) return std::max(front().event_time, said_until_);
  const Timestamp end = last_ + replay::kAfterwards;
  return told_end_ ? end + nanoseconds(1) : end;
}

std::int64_t ReplayFeed::wait_ns(std::int64_t mono) const {
  constexpr std::int64_t most = 100'000'000;
  if (!begun_ || (over() && told_end_)) return most;
  if (speed_ == 0 || next_ == rows_.ticks.size()) return 0;
  const auto ahead = static_cast<double>(front().event_time.ns - reached(mono)) / speed_;
  return static_cast<std::int64_t>(std::clamp(ahead, 0.0, static_cast<double>(most)));
}

std::string ReplayFeed::progress(std::int64_t mono) const {
  const double all = static_cast<double>(std::max<std::uint64_t>(merge_->bytes(), 1));
  const double done = over() ? 1 : static_cast<double>(merge_->consumed()) / all;
  const double here = done - static_cast<double>(pass_bytes_) / all;
  const double took = static_cast<double>(mono - pass_mono_) / 1e9;
  const Timestamp next = next_ < rows_.ticks.size() ? front().event_time : last_;
  const auto left = [&]() -> std::string {
    if (over()) return "over";
    // At a speed a quiet hour takes as long as a busy one, however few its bytes.
    if (speed_ > 0 && ends_)
      return fmt::format("at most {:.0f} s left", std::max(0.0, static_cast<double>((ends_ + shift_ - next).ns) / 1e9 / speed_));
    return here > 0.001 ? fmt::format("{:.0f} s left", took * (1 - done) / here) : "time left not known yet";
  };
  const std::int64_t at = next.ns / 1'000'000'000;
  return fmt::format("{:.1f} % · {}T{:02}:{:02}:{:02}Z · {}", 100 * done, Date::from_days(static_cast<int>(at / 86'400)).str(),
                     at / 3600 % 24, at / 60 % 60, at % 60, left());
}

}  // namespace tickmesh
