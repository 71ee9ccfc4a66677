// How long what this instance said can be had: readers that still need it hold it, and what goes leaves its last values behind.
#pragma once
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "bus/bus.hpp"
#include "bus/keyframe.hpp"
#include "bus/requests.hpp"

namespace tickmesh {

/// Streams that are kept until every registered reader has a snapshot beyond them: what moves money and what people asked for.
/// The others are perishable: a ring of bytes.
constexpr bool kept(Stream stream) { return stream >= Stream::intent && stream <= Stream::control; }

struct RetentionOptions {
  std::string dir;                 ///< the journal's: two files of its own lie there, `readers` and `keyframe`
  bool perishable{false};          ///< the journal is a ring: its budget comes before readers and projector
  std::uint64_t budget_bytes{0};   ///< the journal's
  std::uint64_t segment_bytes{0};  ///< the journal's
};

/// A reader is registered once it has acknowledged a snapshot, for ever: until it is struck from `readers` by hand, or says more, the
/// journal keeps what follows that snapshot (a ring: inside its budget). Make it before the first append.
class Retention {
 public:
  Retention(RetentionOptions options, Journal& journal, const Codec& codec);
  ~Retention();  ///< stops and joins
  Retention(const Retention&) = delete;
  Retention& operator=(const Retention&) = delete;

  /// From now on, on a thread of its own, niced: what readers say is written down, what will go soon is read for its last values, and the
  /// journal's rules for single streams are applied.
  void start(std::function<std::vector<ReaderState>()> readers);
  const Keyframe& keyframe() const { return keyframe_; }
  void finish();  ///< writes down what was said last, and ends the thread
  /// Names of registered readers.
  std::vector<std::string> registered() const;
  std::optional<std::string> failure() const;  ///< a file could not be written

 private:
  void run();
  void turn();
  bool stopping() const;
  void learn(const std::vector<ReaderState>& readers);
  void pin(const std::string& reader, const Positions& snapshotted);
  void gather();
  void read_files();
  void write_file(const std::string& name, ByteView bytes);

  const RetentionOptions options_;
  Journal& journal_;
  const Codec& codec_;
  Keyframe keyframe_;
  Lsn saved_{};  ///< the keyframe on the disk covers what is before
  std::function<std::vector<ReaderState>()> readers_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, Positions> known_;
  std::optional<std::string> failure_;
  bool stop_{false};
  std::thread thread_;
};

}  // namespace tickmesh
