#include "service/event_time.hpp"

#include <algorithm>
#include <utility>

#include "service/loop.hpp"

namespace tickmesh {
namespace {

std::size_t index(Stream stream) { return static_cast<std::size_t>(stream); }

}  // namespace

EventTime::EventTime(Host& host, Life& life, Runner& runner, Reader& reader, Attachment* attachment,
                     std::vector<Merge::Source> subscriptions)
    : host_{host},
      life_{life},
      runner_{runner},
      reader_{reader},
      attachment_{attachment},
      sources_{std::move(subscriptions)},
      merge_{sources_} {
  // What was said before this start may be unanswered; its times are not known any more, so the partner is waited for.
  merge_.said(said_to_partner(), Timestamp{1});
}

void EventTime::hold(const ReceivedRun& run) {
  if (run.keyframe) {
    step();
    return life_.learn(run.first, run.events);
  }
  times_.clear();
  for (const ByteView bytes : run.events) {
    // What cannot be decoded is counted when it is taken; it stands where its predecessor does.
    const auto said = host_.codec().said_at(run.first.stream, bytes);
    times_.push_back(said ? *said : times_.empty() ? host_.clock().now() : times_.back());
  }
  merge_.add(run.from, run.first, run.events, times_);
}

std::optional<Timestamp> EventTime::due() const {
  std::optional<Timestamp> due;
  if (const auto timer = runner_.next_timer()) due = timer->due;
  if (attachment_ != nullptr)
    if (const auto wake = attachment_->next_wake()) due = std::min(due.value_or(*wake), *wake);
  return due;
}

void EventTime::step() {
  life_.step();
  merge_.release();
  queued_ = false;
}

/// One input, or the timers of one moment. False: there is nothing to be taken now.
bool EventTime::take() {
  const Timestamp now = host_.clock().now();
  // Inputs of the moment that is lived arm nothing within it, so they may be gathered before they are applied.
  const auto input = merge_.next(queued_ ? std::nullopt : due());
  if (queued_ && (!input || input->at_once || input->key.time > now)) {
    step();
    return true;
  }
  if (input) {
    // A person's word has no place in recorded time: it is taken behind all that was promised.
    const Timestamp at = !input->at_once ? input->key.time : promise_.until == Promise::kForEver ? now : promise_.until;
    host_.clock().reach(at);
    life_.take(input->name, {&input->bytes, 1});
    merge_.pop();
    queued_ = true;
    if (input->at_once || (attachment_ != nullptr && attachment_->alone(input->name.stream))) step();
    return true;
  }
  const auto next = due();
  if (!next || !merge_.may_fire(*next)) return false;
  host_.clock().reach(*next);
  life_.turn();
  return true;
}

bool EventTime::turn(std::int64_t mono) {
  if (!life_.live()) return false;
  for (std::size_t i = 0; i < sources_.size(); ++i) merge_.promised(i, reader_.promise(i));
  std::size_t taken = 0;
  bool more = true;
  // What was said and is not durable yet may be an order that fills at once: what it brings about comes before the next input.
  while (more && taken < kTurn && life_.waiting() == 0) {
    more = take();
    taken += more;
  }
  if (queued_) step();
  if (taken > 0 || merge_.held() == 0)
    stuck_since_ = 0;
  else if (stuck_since_ == 0)
    stuck_since_ = mono;
  if (life_.waiting() > 0) return false;  // its durability wakes the loop
  if (!more) promise();
  return more;
}

void EventTime::promise() {
  promise_ = {merge_.quiet_until(due()), heard_of_partner()};
  if (attachment_ != nullptr && attachment_->idle()) promise_.until = Promise::kForEver;
  host_.promise(promise_);
}

void EventTime::published(const Released& said) {
  if (said.event != nullptr && std::ranges::count(host_.spec().to_partner, said.name.stream) > 0)
    merge_.said(said_to_partner(), time_of(*said.event));
}

std::uint64_t EventTime::said_to_partner() const {
  std::uint64_t said = 0;
  for (const Stream stream : host_.spec().to_partner)
    for (const Sequence last : host_.released_heads()[index(stream)]) said += last;
  return said;
}

std::uint64_t EventTime::heard_of_partner() const {
  std::uint64_t heard = 0;
  for (const Merge::Source& source : sources_)
    if (source.partner)
      for (const Stream stream : source.streams)
        for (unsigned p = 0; p < kPartitions; ++p)
          heard += runner_.machine().position_table().of(stream, static_cast<Partition>(p)).sequence;
  return heard;
}

std::vector<std::string> EventTime::unheard() const {
  std::vector<std::string> names;
  const auto peers = reader_.peers();
  for (std::size_t i = 0; i < sources_.size(); ++i)
    if (sources_[i].awaited && !peers[i].heard) names.push_back("event-time: waiting for " + sources_[i].name);
  return names;
}

std::vector<std::string> EventTime::waiting_for(std::int64_t mono) const {
  std::vector<std::string> names;
  if (stuck_since_ == 0 || mono - stuck_since_ < kPatience) return names;
  for (const std::string& name : merge_.waiting_for()) names.push_back("event-time: waiting for " + name);
  return names;
}

}  // namespace tickmesh
