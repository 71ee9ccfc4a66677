#include "analytics/profile/session_profile.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analytics/order_flow.hpp"

namespace tickmesh {
namespace {

double units(Int128 raw) { return to_double(raw) / static_cast<double>(Quantity::kScale); }

void put(ByteWriter& out, const ProfileReading& r) {
  out.put(r.status), out.put(r.approx), out.put(r.poc), out.put(r.val), out.put(r.vah);
  out.put(r.volume), out.put(r.inside), out.put(r.start), out.put(r.end);
}
ProfileReading get_reading(ByteReader& in) {
  ProfileReading r;
  r.status = in.get<Status>();
  r.approx = in.get<bool>();
  r.poc = in.get<Price>();
  r.val = in.get<Price>();
  r.vah = in.get<Price>();
  r.volume = in.get<double>();
  r.inside = in.get<double>();
  r.start = in.get<Timestamp>();
  r.end = in.get<Timestamp>();
  TM_INVARIANT(r.val <= r.poc && r.poc <= r.vah && r.inside >= 0 && r.volume >= r.inside && std::isfinite(r.volume),
               "a stored profile reads as one");
  return r;
}
void put_rows(ByteWriter& out, const std::vector<std::int64_t>& rows) {
  out.put(static_cast<std::uint32_t>(rows.size()));
  for (const std::int64_t row : rows) out.put(row);
}
std::vector<std::int64_t> get_rows(ByteReader& in, Price row_size) {
  const auto count = in.get<std::uint32_t>();
  TM_INVARIANT(count <= VolumeProfile::kMostRows && in.left() >= std::size_t{count} * 8,
               "a stored profile has nodes as many as rows may be");
  std::vector<std::int64_t> rows(count);
  for (std::int64_t& row : rows) {
    row = in.get<std::int64_t>();
    TM_INVARIANT(row >= 0 && row <= (std::int64_t{1} << 62) / row_size.raw() && (&row == rows.data() || row > *(&row - 1)),
                 "stored nodes are rows with a price, ascending");
  }
  return rows;
}

}  // namespace

SessionProfile::SessionProfile(Price row, const SessionProfileSettings& settings) : settings_{settings}, profile_{row, settings.most_rows} {
  TM_INVARIANT(settings.volume_share >= 0 && settings.volume_share <= 1, "a feed sees a share of the volume");
  completed_.reserve(settings.kept + 1);
}

ProfileReading SessionProfile::read() const {
  ProfileReading r{.approx = profile_.approx(), .start = start_};
  if (profile_.empty()) return r;
  const ValueArea area = profile_.value_area(settings_.share, settings_.steps);
  r.status = Status::ok;
  r.poc = centre(profile_.poc());
  r.val = profile_.lower_edge(area.low);
  r.vah = profile_.upper_edge(area.high);
  r.volume = units(profile_.total());
  r.inside = units(area.volume);
  return r;
}

Price SessionProfile::centre(std::int64_t row) const {
  return Price::from_raw(profile_.lower_edge(row).raw() + profile_.row_size().raw() / 2);
}

void SessionProfile::begin(Timestamp start, Price row) {
  if (!profile_.empty()) {
    ProfileReading done = read();
    done.end = last_;
    completed_.push_back(done);
    if (completed_.size() > settings_.kept) completed_.erase(completed_.begin());
  }
  profile_.reset();
  if (!row.is_zero() && row != profile_.row_size()) profile_ = VolumeProfile{row, settings_.most_rows};
  start_ = last_ = start;
  developing_ = read();
  nodes_.high.clear();
  nodes_.low.clear();
  area_due_ = nodes_due_ = {};
}

bool SessionProfile::add(Timestamp time, Price price, Quantity size) {
  last_ = std::max(last_, time);
  return profile_.add(price, size);
}
bool SessionProfile::add_bar(Timestamp time, Price low, Price high, Quantity volume) {
  last_ = std::max(last_, time);
  return profile_.add_bar(low, high, volume);
}
bool SessionProfile::take_back(Price price, Quantity size) {
  if (!profile_.take_back(price, size)) return false;
  area_due_ = nodes_due_ = {};
  return true;
}

void SessionProfile::settle() {
  developing_ = read();
  profile_.find_nodes(settings_.nodes, nodes_);
  area_due_.total = nodes_due_.total = profile_.total();
}

Timestamp SessionProfile::next_refresh() const {
  Timestamp next{std::numeric_limits<std::int64_t>::max()};
  if (!area_due_.at || !nodes_due_.at) return profile_.empty() ? next : Timestamp{std::numeric_limits<std::int64_t>::min()};
  if (profile_.total() != area_due_.total) next = std::min(next, area_due_.at + settings_.refresh);
  if (profile_.total() != nodes_due_.total) next = std::min(next, nodes_due_.at + settings_.node_refresh);
  return next;
}

std::string SessionProfile::note() const { return profile_note(profile_.approx(), settings_.volume_share); }

void SessionProfile::save(ByteWriter& out) const {
  profile_.save(out);
  out.put(start_), out.put(last_);
  put(out, developing_);
  put_rows(out, nodes_.high), put_rows(out, nodes_.low);
  for (const Due* due : {&area_due_, &nodes_due_}) out.put(due->at), tickmesh::put(out, due->total);
  out.put(static_cast<std::uint32_t>(completed_.size()));
  for (const ProfileReading& r : completed_) put(out, r);
}

void SessionProfile::load(ByteReader& in) {
  profile_.load(in);
  start_ = in.get<Timestamp>();
  last_ = in.get<Timestamp>();
  developing_ = get_reading(in);
  nodes_.high = get_rows(in, profile_.row_size());
  nodes_.low = get_rows(in, profile_.row_size());
  for (Due* due : {&area_due_, &nodes_due_}) {
    due->at = in.get<Timestamp>();
    due->total = get_int128(in);
  }
  const auto count = in.get<std::uint32_t>();
  TM_INVARIANT(count <= settings_.kept, "as many completed sessions are stored as are kept");
  completed_.clear();
  for (std::uint32_t i = 0; i < count; ++i) completed_.push_back(get_reading(in));
}

}  // namespace tickmesh
