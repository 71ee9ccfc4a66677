#include "metrics_engine/core/prediction_desk.hpp"

#include "signals/prediction.hpp"

namespace tickmesh {
namespace {

// Written so that a confidence that is not a number is none.
bool can_be(const Prediction& p) {
  return p.confidence >= 0 && p.confidence <= 1 && p.horizon.ns > 0 && p.horizon <= PredictionDesk::kLongest && p.as_of.ns > 0 &&
         p.as_of.ns < (std::int64_t{1} << 62) && !p.model.empty() && p.model.size() <= PredictionDesk::kLongestModel;
}

}  // namespace

bool PredictionDesk::take(std::size_t place, const Prediction& prediction, Timestamp now) {
  if (!can_be(prediction) || prediction.as_of > now + kMostAhead) return false;
  const auto found = held_.find(place);
  if (found == held_.end()) return held_.emplace(place, prediction).second;
  if (found->second.model == prediction.model && prediction.as_of < found->second.as_of) return false;
  found->second = prediction;
  return true;
}

const Prediction* PredictionDesk::of(std::size_t place) const {
  const auto found = held_.find(place);
  return found == held_.end() ? nullptr : &found->second;
}

Timestamp PredictionDesk::next_expiry(Timestamp now) const {
  Timestamp next{};
  for (const auto& [place, prediction] : held_)
    if (const Timestamp end = expiry(prediction); end > now && (!next || end < next)) next = end;
  return next;
}

void PredictionDesk::save(ByteWriter& out, const Instruments& instruments) const {
  out.put(static_cast<std::uint32_t>(held_.size()));
  for (const auto& [place, p] : held_) {
    out.put(instruments.list()[place].id());
    out.put(p.side), out.put(p.confidence), out.put(p.horizon.ns), out.put(p.model), out.put(p.as_of);
  }
}

void PredictionDesk::load(ByteReader& in, const Instruments& instruments) {
  held_.clear();
  for (auto left = in.get<std::uint32_t>(); left > 0; --left) {
    const auto place = instruments.index_of(in.get<InstrumentId>());
    Prediction p;
    p.side = in.get<Side>();
    p.confidence = in.get<double>();
    p.horizon = nanoseconds(in.get<std::int64_t>());
    p.model = in.get<std::string>();
    p.as_of = in.get<Timestamp>();
    TM_INVARIANT(can_be(p), "a stored prediction is one that is taken");
    if (place != InstrumentIndex::kNone) held_.insert_or_assign(place, std::move(p));
  }
}

}  // namespace tickmesh
