#include "api_gateway/core/api_core.hpp"

#include <algorithm>

namespace tickmesh {
namespace {

template <class T>
void keep_newest(std::deque<T>& list, const T& item) {
  list.push_back(item);
  if (list.size() > MeshView::kKept) list.pop_front();
}

}  // namespace

bool is_final(OrderEventKind kind) {
  return kind == OrderEventKind::filled || kind == OrderEventKind::canceled || kind == OrderEventKind::rejected ||
         kind == OrderEventKind::expired;
}

void ApiCore::apply(const Input& in, Outbox& out) {
  if (const auto* request = std::get_if<Request>(&in.event)) {
    Command command = request->command;
    const Name name = out.next_name(Stream::control, 0);
    command.id = "C" + std::to_string(name.at.epoch) + "-" + std::to_string(name.at.sequence);
    command.valid_until = in.now + config_.command_valid;
    out.emit(Stream::control, 0, std::move(command));
  } else if (const auto* latest = std::get_if<Latest>(&in.event)) {
    view_.latest[latest->symbol] = *latest;
  } else if (const auto* metrics = std::get_if<Metrics>(&in.event)) {
    on(*metrics);
  } else if (const auto* signal = std::get_if<Signal>(&in.event)) {
    view_.signals[{signal->symbol, signal->strategy}] = *signal;
  } else if (const auto* strategy = std::get_if<StrategyEvent>(&in.event)) {
    view_.strategies[{strategy->symbol, strategy->strategy}] = *strategy;
  } else if (const auto* position = std::get_if<PositionEvent>(&in.event)) {
    on(*position);
  } else if (const auto* order = std::get_if<OrderEvent>(&in.event)) {
    on(*order);
  } else if (const auto* account = std::get_if<AccountEvent>(&in.event)) {
    view_.account = *account;
  } else if (const auto* risk = std::get_if<RiskEvent>(&in.event)) {
    on(*risk);
  } else if (const auto* venue = std::get_if<VenueEvent>(&in.event)) {
    if (venue->kind != VenueEventKind::command_answered) view_.venue = *venue;
  }
}

// Of bars only the news are said: those of other lengths stand as they were.
void ApiCore::on(const Metrics& event) {
  Metrics& known = view_.metrics[event.symbol];
  auto bars = known.feed == event.feed ? known.bars : decltype(known.bars){};
  known = event;
  for (const BarIndicators& bar : event.bars) {
    if (bar.length.ns == 0) break;
    const auto place = std::ranges::find_if(bars, [&](const auto& b) { return b.length.ns == 0 || b.length >= bar.length; });
    if (place == bars.end()) break;
    if (place->length.ns != 0 && place->length != bar.length) std::shift_right(place, bars.end(), 1);
    *place = bar;
  }
  known.bars = bars;
}

void ApiCore::on(const PositionEvent& event) {
  if (event.kind != PositionEventKind::closed) {
    view_.open_positions[event.id] = event;
    return;
  }
  view_.open_positions.erase(event.id);
  keep_newest(view_.closed_positions, event);
}

void ApiCore::on(const OrderEvent& event) {
  if (!is_final(event.kind)) {
    view_.working_orders[event.order.client_order_id] = event;
    return;
  }
  view_.working_orders.erase(event.order.client_order_id);
  keep_newest(view_.finished_orders, event);
}

void ApiCore::on(const RiskEvent& event) {
  if (event.kind != RiskEventKind::state_changed) return;
  if (event.symbol.empty()) {
    view_.risk = event;
  } else if (event.state == RiskState::active) {
    view_.symbol_risk.erase(event.symbol);
  } else {
    view_.symbol_risk[event.symbol] = event;
  }
}

// A snapshot is the view's events in their own canonical bytes; loading applies them again.
void ApiCore::save(ByteWriter& out) const {
  const auto put = [&](Stream stream, const Event& event) {
    Bytes bytes;
    codec_.encode(event, bytes);
    out.put(stream);
    out.put(as_text(bytes));
  };
  for (const auto& [key, e] : view_.latest) put(Stream::latest, e);
  for (const auto& [key, e] : view_.metrics) put(Stream::metrics, e);
  for (const auto& [key, e] : view_.signals) put(Stream::signal, e);
  for (const auto& [key, e] : view_.strategies) put(Stream::strategy, e);
  for (const auto& e : view_.closed_positions) put(Stream::position, e);
  for (const auto& [key, e] : view_.open_positions) put(Stream::position, e);
  for (const auto& e : view_.finished_orders) put(Stream::order, e);
  for (const auto& [key, e] : view_.working_orders) put(Stream::order, e);
  put(Stream::account, view_.account);
  if (view_.risk.kind != RiskEventKind::none) put(Stream::risk, view_.risk);
  for (const auto& [key, e] : view_.symbol_risk) put(Stream::risk, e);
  if (view_.venue.kind != VenueEventKind::none) put(Stream::venue, view_.venue);
  out.put(Stream::local);  // the end
}

void ApiCore::load(ByteReader& in) {
  view_ = {};
  Outbox nobody;
  for (auto stream = in.get<Stream>(); stream != Stream::local; stream = in.get<Stream>()) {
    const auto text = in.get<std::string>();
    Event event;
    const auto ok = codec_.decode(stream, as_bytes(text), event);
    TM_INVARIANT(ok.has_value(), "a snapshot's events are events");
    apply({Timestamp{}, Name{stream, 0, {}}, event}, nobody);
  }
}

}  // namespace tickmesh
