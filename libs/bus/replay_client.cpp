#include <chrono>

#include "bus/asking.hpp"
#include "bus/bus.hpp"
#include "bus/requests.hpp"
#include "bus/sockets.hpp"

namespace tickmesh {
struct ReplayClient::Impl {
  Impl(zmq::context_t& context, std::string who, const Endpoint& to, Token token)
      : name{std::move(who)},
        own{token},
        publisher{to.service + "-" + std::to_string(to.ordinal)},
        dealer{context, zmq::socket_type::dealer} {
    set_common_options(dealer, 16);
    dealer.set(zmq::sockopt::immediate, true);
    dealer.connect(to.replay);
  }

  /// Asks, and asks again every half second, until `take` accepts a reply or the deadline has passed.
  bool ask(const std::string& request, std::int64_t deadline, const std::function<bool(AnyReply&)>& take) {
    std::int64_t ask_at = 0;
    while (true) {
      const std::int64_t now = monotonic_now();
      if (now >= deadline) return false;
      if (now >= ask_at && dealer.send(zmq::buffer(request), zmq::send_flags::dontwait)) ask_at = now + kAskAgainNs;
      const bool sent = ask_at > now;
      // Until it is sent, a connection is waited for.
      const std::int64_t until = std::min(deadline, sent ? ask_at : deadline);
      zmq::pollitem_t item{dealer.handle(), 0, static_cast<short>(sent ? ZMQ_POLLIN : ZMQ_POLLOUT), 0};
      zmq::poll(&item, 1, std::chrono::milliseconds{(until - now) / 1'000'000 + 1});
      while (dealer.recv(message, zmq::recv_flags::dontwait)) {
        if (dealer.get(zmq::sockopt::rcvmore) != 0 || message.size() > kMaxFrameBytes) continue;
        if (replies.parse({message.data<std::byte>(), message.size()}) && take(replies.reply())) return true;
      }
    }
  }

  std::string name;
  Token own;
  std::string publisher;
  zmq::socket_t dealer;
  ReplyParser replies;
  zmq::message_t message;  ///< the last reply; chunks point into it
};

ReplayClient::ReplayClient(zmq::context_t& context, std::string name, const Endpoint& publisher, Token own)
    : impl_{std::make_unique<Impl>(context, std::move(name), publisher, own)} {}
ReplayClient::~ReplayClient() = default;

Result<std::vector<Bytes>> ReplayClient::get(const Name& first, std::uint32_t count, int timeout_ms) {
  const std::int64_t deadline = monotonic_now() + std::int64_t{timeout_ms} * 1'000'000;
  std::vector<Bytes> events;
  while (events.size() < count) {
    const Name from{first.stream, first.partition, {first.at.epoch, first.at.sequence + events.size()}};
    const std::uint32_t missing = count - static_cast<std::uint32_t>(events.size());
    bool gone = false, end = false;
    const auto take = [&](AnyReply& reply) {
      if (const auto* chunk = std::get_if<ChunkReply>(&reply)) {
        if (chunk->first != from) return false;  // to an earlier question
        end = chunk->events.empty();
        for (const ByteView event : chunk->events)
          if (events.size() < count) events.emplace_back(event.begin(), event.end());
        return true;
      }
      if (const auto* trimmed = std::get_if<TrimmedReply>(&reply)) {
        gone = trimmed->stream == from.stream && trimmed->partition == from.partition && trimmed->first_held.epoch == from.at.epoch &&
               trimmed->first_held.sequence > from.at.sequence;
        return gone;
      }
      if (const auto* welcome = std::get_if<WelcomeReply>(&reply)) gone = welcome->token.epoch != from.at.epoch;
      return gone;
    };
    if (!impl_->ask(encode(GetFrom{from, missing, 0}), deadline, take))
      return ask_failed("unreachable", impl_->publisher + " does not answer");
    if (gone) return ask_failed("trimmed", impl_->publisher + " no longer holds " + to_string(from));
    if (end) break;
  }
  return events;
}

Result<ReplayClient::Heads> ReplayClient::heads(int timeout_ms) {
  const std::int64_t deadline = monotonic_now() + std::int64_t{timeout_ms} * 1'000'000;
  Heads heads;
  bool superseded = false;
  const auto take = [&](AnyReply& reply) {
    if (const auto* fault = std::get_if<FaultReply>(&reply)) superseded = fault->newer > impl_->own;
    if (superseded) return true;
    const auto* welcome = std::get_if<WelcomeReply>(&reply);
    if (!welcome) return false;
    heads = {welcome->token, welcome->first, welcome->last};
    return true;
  };
  if (!impl_->ask(encode(HelloRequest{impl_->name, {}, impl_->own, {}}), deadline, take))
    return ask_failed("unreachable", impl_->publisher + " does not answer");
  if (superseded) return ask_failed("superseded", impl_->publisher + " has heard a later start of " + impl_->name);
  return heads;
}

}  // namespace tickmesh
