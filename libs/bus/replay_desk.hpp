// What a publisher answers to Hello, Ack and Get, from its journal: without a socket, on whatever thread asks.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bus/bus.hpp"
#include "bus/requests.hpp"

namespace tickmesh {

class ReplayDesk {
 public:
  using Reply = std::function<void(ByteView frame)>;

  /// `keyframe`: what goes with the answer that something is gone.
  ReplayDesk(Speaker speaker, const Journal& journal, const Keyframe* keyframe = nullptr)
      : speaker_{std::move(speaker)}, journal_{journal}, keyframe_{keyframe} {}
  /// One thread at a time. Calls `reply` at most once. False: it was no request, or spoke of what does not exist. Throws what the journal
  /// throws.
  bool answer(ByteView request, const Reply& reply);

  // Any thread.
  /// Nothing beyond is told or served, and before the first call nobody is answered.
  void released(const Outbox::Heads& heads);
  std::vector<ReaderState> readers() const;
  /// See ReplayServer.
  std::optional<Challenge> challenge() const;
  std::uint64_t served() const { return served_.load(std::memory_order_relaxed); }

 private:
  bool answer(const HelloRequest& hello, const Reply& reply);
  bool answer(const AckRequest& ack, const Reply& reply);
  bool answer(const GetFrom& get, const Reply& reply);
  /// Of an epoch that is over.
  bool answer_before(const GetFrom& get, std::size_t most, std::size_t bytes, const Reply& reply);
  void welcome(const Reply& reply) const;
  void trimmed(const Name& asked, Position first, const Reply& reply) const;
  bool remember(const std::string& name, const Positions& applied, const Positions& snapshotted, bool anew);
  /// What the reader's words say of who reads, and of who publishes. False: it is not the latest of its name, and was told so.
  bool latest(const std::string& reader, Token own, const Reply& reply);
  void hold_against(const std::string& reader, Token heard, const Positions& positions);

  const Speaker speaker_;
  const Journal& journal_;
  std::unique_ptr<SaidReader> said_;  ///< of the thread that answers
  const Keyframe* const keyframe_;
  std::atomic<std::uint64_t> served_{0};
  mutable std::mutex mutex_;
  bool told_{false};
  Outbox::Heads heads_{};
  struct Known {
    Positions applied, snapshotted;
  };
  std::map<std::string, Known> readers_;
  std::map<std::string, Token> tokens_;  ///< the highest a reader showed, by its name
  std::optional<Challenge> challenge_;
};

}  // namespace tickmesh
