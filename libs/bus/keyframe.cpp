#include "bus/keyframe.hpp"

#include <algorithm>

namespace tickmesh {
namespace {

std::string number(std::uint64_t value) { return std::to_string(value); }

struct KeyOf {
  using Key = std::optional<std::string>;
  Key operator()(const Tick& e) const { return number(static_cast<unsigned>(e.kind)) + ' ' + number(e.instrument.value); }
  Key operator()(const Latest& e) const { return e.symbol.str(); }
  Key operator()(const FeedEvent& e) const { return number(static_cast<unsigned>(e.feed)) + ' ' + e.symbol.str(); }
  Key operator()(const Bar& e) const {
    return number(static_cast<std::uint64_t>(e.length.ns)) + ' ' + number(static_cast<unsigned>(e.basis)) + ' ' + e.symbol.str();
  }
  Key operator()(const Metrics& e) const { return e.symbol.str(); }
  Key operator()(const Signal& e) const { return e.strategy + ' ' + e.symbol.str(); }
  Key operator()(const ProfileEvent& e) const {
    // A session that is over is another thing than the one that develops.
    return (e.kind == ProfileEventKind::completed ? "completed " : "developing ") + e.symbol.str();
  }
  Key operator()(const BookTop& e) const { return e.symbol.str(); }
  Key operator()(const PositionEvent& e) const { return e.symbol.str(); }
  Key operator()(const AccountEvent&) const { return std::string{}; }
  Key operator()(const RiskEvent& e) const {
    // A refusal or an answer is over once it is said; a state stays.
    return e.kind == RiskEventKind::state_changed ? Key{e.symbol.str()} : std::nullopt;
  }
  Key operator()(const StrategyEvent& e) const { return e.strategy + ' ' + e.symbol.str(); }
  Key operator()(const auto&) const { return std::nullopt; }
};

constexpr std::string_view kMagic = "TMK1";

}  // namespace

std::optional<std::string> keyframe_key(const Event& event) { return std::visit(KeyOf{}, event); }

void Keyframe::take(const Name& name, ByteView bytes, const Event& event) {
  auto key = keyframe_key(event);
  if (!key) return;
  const std::lock_guard lock{mutex_};
  if (name.at.epoch < epoch_) return;
  if (name.at.epoch > epoch_) {
    clear();
    epoch_ = name.at.epoch;
  }
  auto& values = values_[{name.stream, name.partition}];
  auto known = values.find(*key);
  if (known == values.end()) {
    if (values.size() >= kMaxKeys) return;
    known = values.emplace(std::move(*key), Value{}).first;
  }
  known->second.sequence = name.at.sequence;
  known->second.bytes.assign(bytes.begin(), bytes.end());
}

std::vector<Keyframe::Value> Keyframe::before(Stream stream, Partition partition, Position end) const {
  std::vector<Value> out;
  {
    const std::lock_guard lock{mutex_};
    const auto values = values_.find({stream, partition});
    if (end.epoch != epoch_ || values == values_.end()) return out;
    for (const auto& [key, value] : values->second)
      if (value.sequence < end.sequence) out.push_back(value);
  }
  std::ranges::sort(out, {}, &Value::sequence);
  return out;
}

std::size_t Keyframe::size() const {
  const std::lock_guard lock{mutex_};
  std::size_t sum = 0;
  for (const auto& [where, values] : values_) sum += values.size();
  return sum;
}

Lsn Keyframe::taken_to() const {
  const std::lock_guard lock{mutex_};
  return taken_to_;
}
void Keyframe::taken_to(Lsn lsn) {
  const std::lock_guard lock{mutex_};
  taken_to_ = lsn;
}

void Keyframe::clear() {
  values_.clear();
  epoch_ = 0;
}

Bytes Keyframe::save() const {
  const std::lock_guard lock{mutex_};
  Bytes out;
  ByteWriter w{out};
  w.raw(as_bytes(kMagic));
  w.put(epoch_), w.put(taken_to_.value), w.put(static_cast<std::uint32_t>(values_.size()));
  for (const auto& [where, values] : values_) {
    w.put(where.first), w.put(where.second), w.put(static_cast<std::uint32_t>(values.size()));
    for (const auto& [key, value] : values) w.put(key), w.put(value.sequence), w.put(as_text(value.bytes));
  }
  w.put(fnv1a64(as_text(out)));
  return out;
}

bool Keyframe::load(ByteView bytes) {
  const std::lock_guard lock{mutex_};
  clear();
  taken_to_ = {};
  try {
    if (bytes.size() < kMagic.size() + 8 || !as_text(bytes).starts_with(kMagic)) return false;
    const auto body = bytes.first(bytes.size() - 8);
    if (ByteReader{bytes.last(8)}.get<std::uint64_t>() != fnv1a64(as_text(body))) return false;
    ByteReader r{body.subspan(kMagic.size())};
    const auto epoch = r.get<Epoch>();
    const Lsn to{r.get<std::uint64_t>()};
    decltype(values_) read;
    for (auto places = r.get<std::uint32_t>(); places > 0; --places) {
      const auto stream = r.get<Stream>();
      const auto partition = r.get<Partition>();
      if (static_cast<std::size_t>(stream) >= kStreams || partition >= kPartitions) return false;
      auto& values = read[{stream, partition}];
      for (auto n = r.get<std::uint32_t>(); n > 0; --n) {
        auto key = r.get<std::string>();
        Value value{.sequence = r.get<Sequence>(), .bytes = {}};
        const auto raw = r.raw(r.get<std::uint32_t>());
        value.bytes.assign(raw.begin(), raw.end());
        values.emplace(std::move(key), std::move(value));
      }
    }
    values_ = std::move(read);
    epoch_ = epoch;
    taken_to_ = to;
    return r.done();
  } catch (const InvariantError&) {
    return false;
  }
}

Result<bool> feed_keyframe(Keyframe& keyframe, const Journal& journal, const Codec& codec, Lsn to, std::uint64_t max_bytes) {
  const auto from = std::max(keyframe.taken_to(), journal.first());
  const auto cursor = journal.read_from(from);
  SaidRecord said;
  Event event;
  while (cursor->position() < to) {
    if (cursor->position().value - from.value >= max_bytes) return true;
    const auto record = cursor->next();
    if (!record && record.error().code == "trimmed") return true;
    if (!record) return std::unexpected(record.error());
    if (!*record) break;
    if ((*record)->type == RecordType::said) {
      if (auto done = decode((*record)->body, said); !done) return std::unexpected(done.error());
      auto name = said.first;
      for (const auto bytes : said.events) {
        if (codec.decode(name.stream, bytes, event)) keyframe.take(name, bytes, event);
        ++name.at.sequence;
      }
    }
    keyframe.taken_to((*record)->next);
  }
  return false;
}

}  // namespace tickmesh
