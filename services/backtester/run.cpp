#include "backtester/run.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

#include "broker_gateway/configure.hpp"
#include "metrics_engine/core/metrics_core.hpp"
#include "runner/merge.hpp"
#include "service/host.hpp"
#include "tick_ingestor/configure.hpp"

namespace tickmesh::backtest {
namespace {

template <class T>
T or_throw(Result<T> result) {
  if (!result) throw StartError(result.error());
  return std::move(*result);
}

constexpr std::size_t kDrawnAhead = 1024;
constexpr Timestamp kNever{std::numeric_limits<std::int64_t>::max()};
constexpr std::uint8_t kNoRank = std::numeric_limits<std::uint8_t>::max();

/// Last values are for screens: without hashes nobody hears them.
IngestOptions ingest_options(const Config& config, const RunOptions& options) {
  IngestOptions ingest = tickmesh::ingest_options(config);
  if (!options.hash) ingest.latest_every = seconds(86'400);
  return ingest;
}

}  // namespace

SingleThreadMesh::SingleThreadMesh(const Config& config, const Instruments& instruments, Timestamp start, RunOptions options)
    : options_{std::move(options)},
      config_{config},
      instruments_{instruments},
      ingest_{instruments, ingest_options(config, options_)},
      start_{start} {
  source_.machine = std::make_unique<Machine>(ingest_);
  source_.machine->outbox().set_epoch(options_.epoch);
  source_.machine->outbox().set_tick_sink(this);
  nodes_.reserve(4);
  add("metrics_engine", config, instruments, {Stream::tick, Stream::feed, Stream::depth, Stream::control});
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
  node.machine->outbox().set_epoch(options_.epoch);
  if (auto* foresight = dynamic_cast<Foresight*>(node.core.get()); foresight != nullptr && foresight->looks_ahead()) foresight_ = foresight;
  if (auto* metrics = dynamic_cast<MetricsCore*>(node.core.get()); metrics != nullptr && !options_.hash) metrics->leave_unheard();
  for (const Stream s : reads) node.reads[static_cast<std::size_t>(s)] = heard_[static_cast<std::size_t>(s)] = true;
  return node;
}

void SingleThreadMesh::begin() {
  const Token token{options_.epoch, 1};
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
}

void SingleThreadMesh::apply(Node& node, Timestamp now, const Name& name, const Event& event) {
  node.machine->apply(now, name, event);
  if (!node.machine->said().empty()) collect(node);
}

void SingleThreadMesh::collect(Node& node) {
  auto& said = node.machine->said();
  for (Outbox::Said& one : said) {
    if (options_.hash) {
      bytes_.clear();
      codec_.encode(one.event, bytes_);
      summary_.hash.add(one.name, bytes_);
      if (const auto* order = std::get_if<OrderEvent>(&one.event); order != nullptr && !order->fill.execution_id.empty())
        summary_.fills_hash.add(one.name, bytes_);
    }
    count(one);
  }
  for (Outbox::Said& one : said)
    if (heard_[static_cast<std::size_t>(one.name.stream)])
      queue({.name = one.name, .event = std::make_unique<Event>(std::move(one.event))});
  said.clear();
}

void SingleThreadMesh::said(const Name& name, const Tick& tick) {
  if (options_.hash) {
    bytes_.resize(kTickRoom);
    bytes_.resize(static_cast<std::size_t>(codec_.encode(tick, bytes_.data()) - bytes_.data()));
    summary_.hash.add(name, bytes_);
  }
  ++summary_.ticks;
  if (queue_.empty() && !is_lone_) {
    is_lone_ = true;
    lone_name_ = name;
    *std::get_if<Tick>(&lone_) = tick;
    return;
  }
  if (is_lone_) queue_lone();
  lowest_ = std::min(lowest_, merge_rank(name.stream));
  Heard& one = queue_.emplace_back();
  one.name = name;
  one.tick = tick;
}

void SingleThreadMesh::queue_lone() {
  is_lone_ = false;
  lowest_ = std::min(lowest_, merge_rank(lone_name_.stream));
  queue_.push_back({.name = lone_name_, .tick = *std::get_if<Tick>(&lone_)});
}

void SingleThreadMesh::queue(Heard said) {
  if (is_lone_) queue_lone();
  lowest_ = std::min(lowest_, merge_rank(said.name.stream));
  queue_.push_back(std::move(said));
}

/// Moves what is of the lowest rank from the queue to the wave; returns that rank.
std::uint8_t SingleThreadMesh::next_wave() {
  std::uint8_t rank = lowest_, rest = kNoRank;
  for (const Heard& one : queue_)
    if (const auto other = merge_rank(one.name.stream); other != rank) rest = std::min(rest, other);
  lowest_ = rest;
  if (rest == kNoRank) {
    std::swap(queue_, wave_);
  } else {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < queue_.size(); ++i)
      if (merge_rank(queue_[i].name.stream) == rank)
        wave_.push_back(std::move(queue_[i]));
      else if (kept++ != i)
        queue_[kept - 1] = std::move(queue_[i]);
    queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(kept), queue_.end());
  }
  order_.resize(wave_.size());
  for (std::uint32_t i = 0; i < order_.size(); ++i) order_[i] = i;
  // The order of libs/runner/merge.hpp, in which every service of a mesh takes them, too.
  if (wave_.size() > 1) {
    const auto key = [this](std::uint32_t i) { return merge_key({}, wave_[i].name); };
    if (!std::ranges::is_sorted(order_, {}, key)) std::ranges::sort(order_, {}, key);
  }
  return rank;
}

void SingleThreadMesh::hear(Timestamp now, const Name& name, const Event& event) {
  const auto stream = static_cast<std::size_t>(name.stream);
  for (Node& node : nodes_)
    if (node.reads[stream]) apply(node, now, name, event);
  if (const auto* tick = std::get_if<Tick>(&event))
    venue_->on_tick(*tick, name);
  else if (const auto* feed = std::get_if<FeedEvent>(&event))
    venue_->on_feed(*feed);
  else if (const auto* order = std::get_if<OrderEvent>(&event))
    perform(*order, *venue_);
  venue_reports(now);
}

// What is of the lowest rank is heard first, and so is what that brings about.
void SingleThreadMesh::drain(Timestamp now) {
  if (std::exchange(is_lone_, false)) hear(now, lone_name_, lone_);  // the source says nothing meanwhile
  while (!queue_.empty()) {
    const std::uint8_t rank = next_wave();
    for (std::size_t i = 0; i < order_.size(); ++i) {
      if (lowest_ < rank) {  // an answer comes before the next question
        for (; i < order_.size(); ++i) queue(std::move(wave_[order_[i]]));
        break;
      }
      const Heard& next = wave_[order_[i]];
      if (!next.event) *std::get_if<Tick>(&tick_) = next.tick;
      hear(now, next.name, next.event ? *next.event : tick_);
    }
    wave_.clear();
  }
}

void SingleThreadMesh::venue_reports(Timestamp now) {
  venue_->advance(now);
  venue_->poll(reports_);
  if (reports_.empty()) return;
  for (const VenueReport& report : reports_) apply(*gateway_, now, Name{}, report);
  reports_.clear();
}

void SingleThreadMesh::foresee(const std::vector<Item>& items, std::size_t at, std::size_t drawn) const {
  const auto is_tick = [&](std::size_t i) { return i < drawn && !items[i].feed && !items[i].depth; };
  if (is_tick(at + Foresight::kFar)) foresight_->far(items[at + Foresight::kFar].tick);
  if (is_tick(at + Foresight::kNear)) foresight_->near(items[at + Foresight::kNear].tick);
}

void SingleThreadMesh::advance(Timestamp now) {
  for (;;) {
    // The earliest of all timers and of the venue's own times. Of one time all fire, the venue's last, before anyone hears what they led
    // to.
    Timestamp due = kNever;
    for (const Node& node : nodes_) due = std::min(due, node.machine->next_due());
    const Timestamp wake = venue_->next_wake();
    if (wake) due = std::min(due, wake);
    if (due == kNever || due > now) return;
    for (Node& node : nodes_)
      while (node.machine->next_due() <= due) apply(node, due, Name{}, *node.machine->next_timer());
    if (wake == due) {
      venue_reports(due);
      // A venue that asks to be woken for a moment already past would hold time still.
      TM_INVARIANT(venue_->next_wake() != wake, "a venue asks for a time to come");
    }
    if (due == now) return;  // heard with the inputs of this time
    drain(due);
  }
}

bool SingleThreadMesh::prediction_due(Timestamp now) const {
  return predicted_ < options_.predictions.size() && options_.predictions[predicted_].prediction.as_of <= now;
}

void SingleThreadMesh::queue_prediction(Timestamp at) {
  Command command = options_.predictions[predicted_++];
  command.id = "P" + std::to_string(predicted_);
  command.header.time = command.header.event_time = at;
  queue({.name = {Stream::control, 0, {options_.epoch, predicted_}}, .event = std::make_unique<Event>(std::move(command))});
}

void SingleThreadMesh::hear_predictions_before(Timestamp now) {
  while (prediction_due(now - nanoseconds(1))) {
    const Timestamp at = std::max(start_, options_.predictions[predicted_].prediction.as_of);
    advance(at);
    while (prediction_due(at)) queue_prediction(at);
    drain(at);
  }
}

void SingleThreadMesh::count(const Outbox::Said& said) {
  if (std::holds_alternative<DepthUpdate>(said.event)) {
    ++summary_.depths;
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

namespace {

class DemoSource final : public Source {
 public:
  DemoSource(DemoMarket market, Timestamp start, Timestamp end) : market_{std::move(market)}, start_{start}, end_{end} {}
  std::size_t draw(std::vector<Item>& items) override {
    std::size_t drawn = 0;
    if (waiting_) put(*std::exchange(waiting_, std::nullopt), items[drawn++]);
    while (!over_ && drawn < items.size()) {
      const DemoItem item = market_.next();
      const Timestamp now = start_ + Duration{item.offset};
      if (over_ = now > end_; over_) break;
      Item& out = items[drawn++];
      out.at = now;
      if (item.is_event) {
        out.feed = std::make_unique<FeedEvent>();
        FeedEvent& event = *out.feed;
        event.header.event_time = now;
        event.kind = item.event.kind;
        event.feed = FeedKind::demo;
        event.symbol = item.event.symbol;
        event.from = start_ + Duration{item.event.from};
        event.to = start_ + Duration{item.event.to};
      } else {
        out.feed.reset();
        out.tick = item.tick;
        out.tick.event_time = now;
      }
      auto depth = depth_.after(market_, item.offset);
      if (!depth) continue;
      depth->header.event_time = now;
      if (drawn < items.size())
        put(std::move(*depth), items[drawn++]);
      else
        waiting_ = std::move(depth);
    }
    return drawn;
  }

 private:
  static void put(DepthUpdate depth, Item& into) {
    into.at = depth.header.event_time;
    into.feed.reset();
    into.depth = std::make_unique<DepthUpdate>(std::move(depth));
  }
  DemoMarket market_;
  DemoDepth depth_;
  std::optional<DepthUpdate> waiting_;  // for the next draw
  Timestamp start_, end_;
  bool over_{false};
};

}  // namespace

Summary SingleThreadMesh::run(Duration length) {
  DemoSource source{or_throw(demo_market(config_, instruments_)), start_, start_ + length};
  Summary done = run(source);
  done.end = start_ + length;
  return done;
}

Summary SingleThreadMesh::run(Source& source) {
  summary_ = {};
  summary_.start = summary_.end = start_;
  std::vector<Item> items(kDrawnAhead);
  auto began = std::chrono::steady_clock::now();
  const auto lap = [&](double& into) {
    const auto now = std::chrono::steady_clock::now();
    into += std::chrono::duration<double>(now - began).count();
    began = now;
  };
  begin();
  lap(summary_.cores_s);
  Timestamp open{};  // the time whose inputs are being gathered
  for (std::size_t drawn = items.size(); drawn == items.size();) {
    drawn = source.draw(items);
    lap(summary_.market_s);
    for (std::size_t i = 0; i < drawn; ++i) {
      Item& item = items[i];
      if (foresight_ != nullptr) foresee(items, i, drawn);
      if (item.at != open) {
        if (open) drain(open);
        hear_predictions_before(item.at);
        open = item.at;
        advance(open);
        while (prediction_due(open)) queue_prediction(open);
      }
      if (item.feed) {
        apply(source_, open, Name{}, Event{*item.feed});
      } else if (item.depth) {
        apply(source_, open, Name{}, Event{std::move(*item.depth)});
        item.depth.reset();
      } else {
        *std::get_if<Tick>(&tick_) = item.tick;
        apply(source_, open, Name{}, tick_);
      }
    }
    lap(summary_.cores_s);
  }
  if (open) drain(open);
  // What was wanted at once, behind the last of all inputs.
  if (open) advance(open + nanoseconds(1));
  if (open) drain(open + nanoseconds(1));
  if (open) summary_.end = open;
  lap(summary_.cores_s);
  return summary_;
}

}  // namespace tickmesh::backtest
