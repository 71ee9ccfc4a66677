// One publisher as a reader hears it, without a socket and without a clock: frames in, events in order out, and what to ask next.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/bus.hpp"
#include "bus/requests.hpp"
#include "bus/sequencer.hpp"
#include "bus/wire.hpp"

namespace tickmesh {

/// All times are the caller's monotonic nanoseconds.
class Conversation {
 public:
  /// False: it could not be sent now; it is asked again later.
  using Send = std::function<bool(const std::string& request)>;

  /// `own`: the reader's token, shown to the publisher; zero: not shown.
  Conversation(const Subscription& to, std::string reader, std::size_t buffer_bytes, const Positions& applied, Token own = {});

  /// A batch from the publisher's PUB; `beat`: it came on the heartbeat topic. False: not a batch of this publisher and these streams.
  bool batch(ByteView frame, bool beat, std::int64_t now, SequencerSink& sink);
  /// An answer of its ROUTER. False: it is none, or speaks of what it may not.
  bool reply(ByteView frame, std::int64_t now, SequencerSink& sink);
  /// Sends what is to be asked: Hello until a Welcome came, then the next Get.
  void ask(std::int64_t now, const Send& send);
  /// What of `applied` concerns this publisher, as a request; nothing when none of it does.
  std::optional<std::string> ack(const Positions& applied, const Positions& snapshotted = {}) const;

  /// `waited`: whoever can do without this publisher has waited for it long enough.
  bool caught_up(bool waited) const { return sequencer_.caught_up() || (!required_ && !heard_ && waited); }
  /// What it waits for, in words; nothing when it waits for nothing.
  std::optional<std::string> waiting_for() const;
  /// The last promise of which all was delivered.
  Promise promise();
  PeerState state(std::int64_t now, std::int64_t silence_ns) const;
  /// The publisher's answer that a later start of ours reads there.
  std::optional<Token> superseded() const { return superseded_; }
  Sequencer& sequencer() { return sequencer_; }
  const Sequencer& sequencer() const { return sequencer_; }

 private:
  bool replied(const WelcomeReply& welcome, std::int64_t now, SequencerSink& sink);
  bool replied(const ChunkReply& chunk, std::int64_t now, SequencerSink& sink);
  bool replied(const TrimmedReply& trimmed, std::int64_t now, SequencerSink& sink);
  bool replied(const FaultReply& fault, std::int64_t now, SequencerSink& sink);
  bool hear(Token token, std::uint64_t config_hash, std::int64_t now, SequencerSink& sink);
  bool is(std::string_view service, std::uint32_t ordinal) const { return service == service_ && ordinal == ordinal_; }
  std::string name() const { return service_ + "-" + std::to_string(ordinal_); }

  std::string service_;
  std::uint32_t ordinal_;
  bool required_;
  std::string reader_;
  Token own_;
  std::optional<Token> superseded_{};
  Sequencer sequencer_;
  BatchParser parser_;
  ReplyParser replies_;
  bool heard_{false};
  std::optional<Promise> told_{};  ///< to be believed when nothing is missing any more
  Promise promise_{};
  std::int64_t heard_at_{0};
  std::uint64_t config_hash_{0};
};

}  // namespace tickmesh
