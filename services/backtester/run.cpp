#include "backtester/run.hpp"

#include <chrono>

#include "broker_gateway/configure.hpp"
#include "service/host.hpp"
#include "tick_ingestor/configure.hpp"

namespace tickmesh::backtest {
namespace {

template <class T>
T or_throw(Result<T> result) {
  if (!result) throw StartError(result.error());
  return std::move(*result);
}

constexpr Epoch kEpoch = 1;
constexpr std::size_t kDrawnAhead = 4096;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

SingleThreadMesh::SingleThreadMesh(const Config& config, const Instruments& instruments, Timestamp start, RunOptions options)
    : options_{std::move(options)}, market_{or_throw(demo_market(config, instruments))}, ingest_{instruments}, start_{start} {
  source_.machine = std::make_unique<Machine>(ingest_);
  source_.machine->outbox().set_epoch(kEpoch);
  nodes_.reserve(4);
  add("metrics_engine", config, instruments, {Stream::tick, Stream::feed});
  add("bar_compressor", config, instruments, {Stream::tick, Stream::feed});
  add("position_manager", config, instruments, {Stream::tick, Stream::feed, Stream::signal, Stream::order, Stream::venue, Stream::control});
  gateway_ = &add("broker_gateway", config, instruments, {Stream::tick, Stream::feed, Stream::intent, Stream::control});
  venue_ = or_throw(PaperVenue::open(instruments, paper_config(config), ""));
  for (const Stream s : {Stream::tick, Stream::feed, Stream::order}) heard_[static_cast<std::size_t>(s)] = true;  // by the venue
}

SingleThreadMesh::Node& SingleThreadMesh::add(const std::string& service, const Config& config, const Instruments& instruments,
                                              std::initializer_list<Stream> reads) {
  Node& node = nodes_.emplace_back();
  node.core = options_.cores(service, config, instruments);
  node.machine = std::make_unique<Machine>(*node.core);
  node.machine->outbox().set_epoch(kEpoch);
  for (const Stream s : reads) node.reads[static_cast<std::size_t>(s)] = heard_[static_cast<std::size_t>(s)] = true;
  return node;
}

void SingleThreadMesh::begin() {
  const Token token{kEpoch, 1};
  const Event lives[] = {Started{token},
                         PeerChanged{"tick_ingestor", true, token},
                         PeerChanged{"metrics_engine", true, token},
                         PeerChanged{"position_manager", true, token},
                         PeerChanged{"broker_gateway", true, token},
                         WentLive{}};
  for (const Event& event : lives)
    for (Node& node : nodes_) apply(node, start_, Name{}, event);
  reports_.clear();
  venue_->reconcile(start_, reports_);
  for (const VenueReport& report : std::exchange(reports_, {})) apply(*gateway_, start_, Name{}, report);
  drain(start_);
}

void SingleThreadMesh::apply(Node& node, Timestamp now, const Name& name, const Event& event) {
  node.machine->apply(now, name, event);
  collect(node);
}

void SingleThreadMesh::collect(Node& node) {
  auto& said = node.machine->said();
  if (said.empty()) return;
  for (Outbox::Said& one : said) {
    if (options_.hash) {
      bytes_.clear();
      codec_.encode(one.event, bytes_);
      summary_.hash.add(one.name, bytes_);
    }
    count(one);
  }
  if (queue_.empty()) return std::swap(queue_, said);
  for (Outbox::Said& one : said) queue_.push_back(std::move(one));
  said.clear();
}

// First said, first heard: what one wave brings about is the next.
void SingleThreadMesh::drain(Timestamp now) {
  while (!queue_.empty()) {
    std::swap(queue_, wave_);
    for (const Outbox::Said& next : wave_) {
      const auto stream = static_cast<std::size_t>(next.name.stream);
      if (!heard_[stream]) continue;
      for (Node& node : nodes_)
        if (node.reads[stream]) apply(node, now, next.name, next.event);
      if (const auto* tick = std::get_if<Tick>(&next.event))
        venue_->on_tick(*tick, next.name);
      else if (const auto* feed = std::get_if<FeedEvent>(&next.event))
        venue_->on_feed(*feed);
      else if (const auto* order = std::get_if<OrderEvent>(&next.event))
        perform(*order, *venue_);
      venue_reports(now);
    }
    wave_.clear();
  }
}

void SingleThreadMesh::venue_reports(Timestamp now) {
  reports_.clear();
  venue_->advance(now);
  venue_->poll(reports_);
  for (const VenueReport& report : reports_) apply(*gateway_, now, Name{}, report);
}

void SingleThreadMesh::advance(Timestamp now) {
  for (;;) {
    // The earliest of all timers and of the venue's own times; ties go to the first node, the venue last.
    Node* who = nullptr;
    Timestamp due = now;
    TimerFired fired;
    for (Node& node : nodes_)
      if (const auto timer = node.machine->next_timer(); timer && (timer->due < due || (timer->due == due && who == nullptr))) {
        who = &node;
        due = timer->due;
        fired = *timer;
      }
    const Timestamp wake = venue_->next_wake();
    if (wake && wake <= now && (who == nullptr || wake < due)) {
      venue_reports(wake);
      drain(wake);
      // A venue that asks to be woken for a moment already past would hold time still.
      if (venue_->next_wake() == wake) return;
    } else if (who != nullptr && due <= now) {
      apply(*who, due, Name{}, fired);
      drain(due);
    } else {
      return;
    }
  }
}

void SingleThreadMesh::count(const Outbox::Said& said) {
  if (std::holds_alternative<Tick>(said.event)) {
    ++summary_.ticks;
  } else if (std::holds_alternative<Signal>(said.event)) {
    ++summary_.signals;
  } else if (std::holds_alternative<Intent>(said.event)) {
    ++summary_.intents;
  } else if (const auto* order = std::get_if<OrderEvent>(&said.event)) {
    if (!order->fill.execution_id.empty() && !order->fill.quantity.is_zero()) ++summary_.fills;
  } else if (const auto* account = std::get_if<AccountEvent>(&said.event)) {
    summary_.account = *account;
  } else if (const auto* position = std::get_if<PositionEvent>(&said.event)) {
    if (position->kind == PositionEventKind::opened) {
      ++summary_.opened;
      if (!summary_.first_entry) summary_.first_entry = position->header.time;
    } else if (position->kind == PositionEventKind::closed) {
      ++summary_.closed;
      if (position->realized_pnl.raw() > 0) ++summary_.won;
      summary_.trades.push_back(*position);
    }
  }
}

bool SingleThreadMesh::draw(Timestamp end) {
  const auto began = std::chrono::steady_clock::now();
  items_.resize(kDrawnAhead);
  for (drawn_ = 0; drawn_ < items_.size();) {
    const DemoItem item = market_.next();
    const Timestamp now = start_ + Duration{item.offset};
    if (now > end) break;
    Item& drawn = items_[drawn_++];
    drawn.at = now;
    if (item.is_event) {
      auto& event = drawn.event.emplace<FeedEvent>();
      event.header.event_time = now;
      event.kind = item.event.kind;
      event.feed = FeedKind::demo;
      event.symbol = item.event.symbol;
      event.from = start_ + Duration{item.event.from};
      event.to = start_ + Duration{item.event.to};
    } else {
      auto& tick = drawn.event.emplace<Tick>(item.tick);
      tick.event_time = now;
    }
  }
  summary_.market_s += seconds_since(began);
  return drawn_ > 0;
}

Summary SingleThreadMesh::run(Duration length) {
  summary_ = {};
  summary_.start = start_;
  const Timestamp end = start_ + length;
  auto began = std::chrono::steady_clock::now();
  begin();
  summary_.cores_s += seconds_since(began);
  while (draw(end)) {
    began = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < drawn_; ++i) {
      advance(items_[i].at);
      apply(source_, items_[i].at, Name{}, items_[i].event);
      drain(items_[i].at);
    }
    summary_.cores_s += seconds_since(began);
    if (drawn_ < items_.size()) break;
  }
  summary_.end = end;
  return summary_;
}

}  // namespace tickmesh::backtest
