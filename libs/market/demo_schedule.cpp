#include "market/demo_schedule.hpp"

#include <algorithm>

namespace tickmesh {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;

std::int64_t between(Random& random, std::int64_t from, std::int64_t to) {
  return from + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(to - from)));
}

}  // namespace

DemoSchedule::DemoSchedule(std::uint64_t seed, std::size_t instruments)
    : random_{Random::mix(seed ^ 0x7363686564756c65ULL)}, instruments_{static_cast<std::uint32_t>(instruments)} {
  draw_session();
  schedule_dislocation(0);
}

void DemoSchedule::draw_session() {
  using Kind = ScheduleEvent::Kind;
  count_ = 0;
  at_ = 0;
  const auto add = [&](ScheduleEvent event) { events_[count_++] = event; };
  const std::int64_t start = session_start_;
  add({Kind::session_started, start});
  const std::int64_t halt = start + between(random_, 60 * kMinute, 330 * kMinute);
  const std::int64_t resume = halt + between(random_, 2 * kMinute, 5 * kMinute);
  const auto halted = static_cast<std::uint32_t>(random_.below(instruments_));
  add({Kind::halted, halt, halt, resume, halted});
  add({Kind::resumed, resume, halt, resume, halted});
  // One part of the day each, so that silences never overlap.
  const std::uint64_t gaps = 1 + random_.below(3);
  for (std::uint64_t g = 0; g < gaps; ++g) {
    const std::int64_t part = 330 * kMinute / static_cast<std::int64_t>(gaps);
    const std::int64_t first = start + 25 * kMinute + static_cast<std::int64_t>(g) * part;
    const std::int64_t from = between(random_, first, first + part - kMinute);
    const std::int64_t to = from + between(random_, 2 * kSecond, 8 * kSecond);
    add({Kind::gap_begins, from, from, to});
    add({Kind::gap_ends, to, from, to});
  }
  add({Kind::session_ended, start + kDemoSessionNs});
  std::sort(events_.begin(), events_.begin() + count_,
            [](const ScheduleEvent& a, const ScheduleEvent& b) { return a.at != b.at ? a.at < b.at : a.kind < b.kind; });
}

void DemoSchedule::pop() {
  if (++at_ < count_) return;
  session_start_ += kDemoSessionNs;
  draw_session();
}

double DemoSchedule::u_shape(std::int64_t offset) const {
  const double x = 2.0 * static_cast<double>(offset - session_start_) / static_cast<double>(kDemoSessionNs) - 1.0;
  return 0.6 + 2.0 * x * x * x * x;  // 2.6 at the open and the close, 0.6 at noon, mean 1
}

void DemoSchedule::schedule_dislocation(std::int64_t from) {
  // The open is uneven: a dislocation every 5 s for a minute and a half, so that whoever comes to look sees trading soon; then fewer.
  const std::int64_t open_for = from - session_start_;
  const double mean_s = open_for < 90 * kSecond ? 5.0 : open_for < 5 * kMinute ? 20.0 : 160.0;
  dislocation_at_ = from + static_cast<std::int64_t>(mean_s * random_.uniform(0.5, 1.5) * 1e9);
}

DemoSchedule::Dislocation DemoSchedule::pop_dislocation() {
  const double pick = random_.uniform();
  const double magnitude = random_.uniform(0.6, 1.6);
  const std::uint64_t coins = random_.next();
  schedule_dislocation(dislocation_at_);
  return {pick, (coins & 1) != 0 ? magnitude : -magnitude, (coins >> 1) % 4 == 0};
}

void DemoSchedule::save(ByteWriter& out) const {
  out.put(random_.state());
  out.put(instruments_);
  out.put(session_start_);
  out.put(dislocation_at_);
  out.put(count_);
  out.put(at_);
  for (std::uint32_t i = 0; i < count_; ++i) {
    const ScheduleEvent& e = events_[i];
    out.put(e.kind), out.put(e.at), out.put(e.from), out.put(e.to), out.put(e.instrument);
  }
}

void DemoSchedule::load(ByteReader& in) {
  random_ = Random{in.get<std::uint64_t>()};
  TM_INVARIANT(in.get<std::uint32_t>() == instruments_, "a stored schedule is of as many instruments");
  session_start_ = in.get<std::int64_t>();
  dislocation_at_ = in.get<std::int64_t>();
  count_ = in.get<std::uint32_t>();
  at_ = in.get<std::uint32_t>();
  TM_INVARIANT(count_ <= events_.size() && at_ < count_, "a stored schedule holds the events of one session");
  for (std::uint32_t i = 0; i < count_; ++i) {
    ScheduleEvent& e = events_[i];
    e.kind = in.get<ScheduleEvent::Kind>();
    e.at = in.get<std::int64_t>();
    e.from = in.get<std::int64_t>();
    e.to = in.get<std::int64_t>();
    e.instrument = in.get<std::uint32_t>();
    TM_INVARIANT(e.instrument < instruments_, "a stored event of the schedule is of an instrument there is");
  }
}

}  // namespace tickmesh
