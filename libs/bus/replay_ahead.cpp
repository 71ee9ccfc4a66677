#include <chrono>

#include "bus/asking.hpp"
#include "bus/bus.hpp"
#include "bus/requests.hpp"
#include "bus/sockets.hpp"
#include "bus/stream_index.hpp"

namespace tickmesh {
namespace {

/// One answer a stream and partition is on its way: as many fit without being dropped.
constexpr int kAnswers = static_cast<int>(kStreams * kPartitions);

Name ahead_of(Name name, std::size_t by) {
  name.at.sequence += by;
  return name;
}

/// An answer and what it says, which points into it.
struct Answer {
  zmq::message_t message;
  ReplyParser parser;
  Name first{};
  std::span<const ByteView> events{};
  bool holds(const Name& name) const {
    return first.at.epoch == name.at.epoch && first.at.sequence <= name.at.sequence && name.at.sequence - first.at.sequence < events.size();
  }
};
using AnswerPtr = std::unique_ptr<Answer>;

/// One stream and partition.
struct Lane {
  AnswerPtr current;          ///< what is being read
  AnswerPtr next;             ///< what was asked for ahead of time
  std::optional<Name> asked;  ///< not answered yet
  std::int64_t asked_at{0};   ///< the last time; whoever was asked may be gone since
  std::optional<Name> gone;   ///< what was asked from here on is held no more
  bool empty{false};          ///< the last answer: nothing is released there yet
};

}  // namespace

struct ReplayAhead::Impl {
  Impl(zmq::context_t& from, const Endpoint& publisher)
      : context{from}, endpoint{publisher.replay}, name{publisher.service + "-" + std::to_string(publisher.ordinal)} {
    lanes.resize(kStreams * kPartitions);
    connect();
  }

  /// A connection of its own hears no answer to what was asked on another one.
  void connect() {
    for (Lane& lane : lanes) lane.asked.reset();
    dealer = zmq::socket_t{context, zmq::socket_type::dealer};
    set_common_options(dealer, kAnswers);
    dealer.set(zmq::sockopt::immediate, true);
    dealer.connect(endpoint);
  }

  AnswerPtr fresh() {
    if (spare.empty()) return std::make_unique<Answer>();
    AnswerPtr one = std::move(spare.back());
    spare.pop_back();
    return one;
  }
  void retire(AnswerPtr& answer) {
    if (answer) retired.push_back(std::move(answer));
  }

  bool ask(Lane& lane, const Name& from) {
    if (!dealer.send(zmq::buffer(encode(GetFrom{from, 0, 0})), zmq::send_flags::dontwait)) return false;
    lane.asked = from;
    lane.asked_at = monotonic_now();
    lane.empty = false;
    return true;
  }

  void take_all(const Lane& awaited) {
    for (AnswerPtr answer = fresh();; answer = fresh()) {
      if (!dealer.recv(answer->message, zmq::recv_flags::dontwait)) return spare.push_back(std::move(answer));
      const bool whole = dealer.get(zmq::sockopt::rcvmore) == 0 && answer->message.size() <= kMaxFrameBytes;
      if (whole && answer->parser.parse({answer->message.data<std::byte>(), answer->message.size()})) take(answer, awaited);
      if (answer) spare.push_back(std::move(answer));
    }
  }

  void take(AnswerPtr& answer, const Lane& awaited) {
    AnyReply& said = answer->parser.reply();
    if (const auto* chunk = std::get_if<ChunkReply>(&said)) {
      Lane& lane = lane_of(chunk->first);
      if (lane.asked != chunk->first) return;  // to an earlier question
      lane.asked.reset();
      lane.empty = chunk->events.empty();
      if (lane.empty) return;
      answer->first = chunk->first;
      answer->events = chunk->events;
      lane.next = std::move(answer);
    } else if (const auto* trimmed = std::get_if<TrimmedReply>(&said)) {
      Lane& lane = lane_of({trimmed->stream, trimmed->partition, {}});
      if (!lane.asked || lane.asked->at.epoch != trimmed->first_held.epoch || trimmed->first_held.sequence <= lane.asked->at.sequence)
        return;
      lane.gone = lane.asked;
      lane.asked.reset();
    } else if (const auto* welcome = std::get_if<WelcomeReply>(&said)) {
      // Nothing is held of an epoch that is over, and the answer does not say which question it is to. If only one can be meant, that is
      // the one; else what is waited for is asked again, alone.
      const auto other_epoch = [&](const Lane& lane) { return lane.asked && lane.asked->at.epoch != welcome->token.epoch; };
      const auto meant = std::ranges::count_if(lanes, other_epoch);
      if (meant == 0) return;
      if (meant == 1 && other_epoch(awaited)) {
        Lane& lane = lane_of(*awaited.asked);
        lane.gone = lane.asked;
      }
      connect();
    }
  }

  /// Makes `from` lie in the lane's current answer. False: nothing is released there yet.
  Result<bool> reach(Lane& lane, const Name& from, std::int64_t deadline) {
    retire(lane.current);
    if (lane.next && !lane.next->holds(from)) retire(lane.next);
    lane.empty = false;
    if (!lane.next && lane.asked != from) lane.asked.reset(), lane.gone.reset();
    while (!lane.next) {
      if (lane.gone == from) return ask_failed("trimmed", name + " no longer holds " + to_string(from));
      if (lane.empty) return false;
      const std::int64_t now = monotonic_now();
      if (now >= deadline) return ask_failed("unreachable", name + " does not answer");
      bool due = !lane.asked || now >= lane.asked_at + kAskAgainNs;
      if (due && ask(lane, from)) due = false;
      // Until it is sent, a connection is waited for.
      const std::int64_t until = due ? deadline : std::min(deadline, lane.asked_at + kAskAgainNs);
      zmq::pollitem_t item{dealer.handle(), 0, static_cast<short>(due ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN), 0};
      zmq::poll(&item, 1, std::chrono::milliseconds{(until - now) / 1'000'000 + 1});
      take_all(lane);
    }
    lane.current = std::move(lane.next);
    if (!lane.current->holds(from)) return false;
    const Name past = ahead_of(lane.current->first, lane.current->events.size());
    ask(lane, past);  // unsent: it is asked for when it is needed
    return true;
  }

  Lane& lane_of(const Name& of) { return lanes[index(of.stream) * kPartitions + of.partition]; }

  zmq::context_t& context;
  std::string endpoint;
  std::string name;
  zmq::socket_t dealer;
  std::vector<Lane> lanes;  ///< by stream, then partition
  std::vector<AnswerPtr> spare, retired;
};

ReplayAhead::ReplayAhead(zmq::context_t& context, const Endpoint& publisher) : impl_{std::make_unique<Impl>(context, publisher)} {}
ReplayAhead::~ReplayAhead() = default;

Result<std::size_t> ReplayAhead::get(const Name& first, std::size_t count, std::vector<ByteView>& out, int timeout_ms) {
  TM_INVARIANT(first.stream != Stream::local && index(first.stream) < kStreams && first.partition < kPartitions,
               "what is asked for travels");
  const std::int64_t deadline = monotonic_now() + std::int64_t{timeout_ms} * 1'000'000;
  Lane& lane = impl_->lane_of(first);
  std::size_t given = 0;
  while (given < count) {
    const Name at = ahead_of(first, given);
    if (!lane.current || !lane.current->holds(at)) {
      const auto there = impl_->reach(lane, at, deadline);
      if (!there && given == 0) return std::unexpected(there.error());
      if (!there || !*there) break;  // what is wrong shows when it is asked for again
    }
    const std::span<const ByteView> events = lane.current->events;
    const auto from = static_cast<std::size_t>(at.at.sequence - lane.current->first.at.sequence);
    const auto some = events.subspan(from, std::min(count - given, events.size() - from));
    out.insert(out.end(), some.begin(), some.end());
    given += some.size();
  }
  return given;
}

void ReplayAhead::forget() {
  for (AnswerPtr& answer : impl_->retired) impl_->spare.push_back(std::move(answer));
  impl_->retired.clear();
}

}  // namespace tickmesh
