// Names for the numbers that every room shares. Stands on the standard library alone.
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace tickmesh {

/// UTC nanoseconds since the Unix epoch. Zero means "not set".
struct Timestamp {
  std::int64_t ns{0};
  friend constexpr auto operator<=>(Timestamp, Timestamp) = default;
  constexpr explicit operator bool() const { return ns != 0; }
};
/// A span of time in nanoseconds.
struct Duration {
  std::int64_t ns{0};
  friend constexpr auto operator<=>(Duration, Duration) = default;
};
constexpr Timestamp operator+(Timestamp t, Duration d) { return {t.ns + d.ns}; }
constexpr Timestamp operator-(Timestamp t, Duration d) { return {t.ns - d.ns}; }
constexpr Duration operator-(Timestamp a, Timestamp b) { return {a.ns - b.ns}; }
constexpr Duration nanoseconds(std::int64_t n) { return {n}; }
constexpr Duration milliseconds(std::int64_t n) { return {n * 1'000'000}; }
constexpr Duration seconds(std::int64_t n) { return {n * 1'000'000'000}; }

/// One of 64 fixed shards: identity, sequence and state live in it.
using Partition = std::uint8_t;
inline constexpr unsigned kPartitions = 64;

/// FNV-1a, 64 bits: the one hash of the mesh (partition of an instrument, configuration, canonical bytes).
constexpr std::uint64_t kFnvOffset = 14695981039346656037ULL;
constexpr std::uint64_t fnv1a64(std::string_view text, std::uint64_t hash = kFnvOffset) {
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  return hash;
}

/// `SYMBOL.VENUE`, each part `[A-Z0-9_:/-]{1,15}`, held inline so that events copy without allocating.
class Symbol {
 public:
  constexpr Symbol() = default;
  /// Error: field "symbol", rule naming the shape, when `text` is not SYMBOL.VENUE.
  static Result<Symbol> parse(std::string_view text);
  constexpr std::string_view view() const { return {text_.data(), size_}; }
  std::string str() const { return std::string(view()); }
  constexpr bool empty() const { return size_ == 0; }
  friend constexpr bool operator==(const Symbol& a, const Symbol& b) { return a.view() == b.view(); }
  friend constexpr auto operator<=>(const Symbol& a, const Symbol& b) { return a.view() <=> b.view(); }

 private:
  std::array<char, 31> text_{};
  std::uint8_t size_{0};
};

/// The instrument's FNV-1a-64; stable across configurations, so that a tick needs no table to be read later.
struct InstrumentId {
  std::uint64_t value{0};
  friend constexpr auto operator<=>(InstrumentId, InstrumentId) = default;
  constexpr Partition partition() const { return static_cast<Partition>(value % kPartitions); }
};
constexpr InstrumentId instrument_id(std::string_view symbol) { return {fnv1a64(symbol)}; }
constexpr InstrumentId instrument_id(const Symbol& symbol) { return instrument_id(symbol.view()); }

/// What was said under one name. The numbers are on the wire and in journals: never renumber.
enum class Stream : std::uint8_t {
  local = 0,  ///< inputs that never travel: timers, venue reports, requests (recorded in `Taken` only)
  tick = 1,
  latest = 2,
  feed = 3,
  bar = 4,
  metrics = 5,
  profile = 6,
  signal = 7,
  intent = 8,
  position = 9,
  account = 10,
  risk = 11,
  strategy = 12,
  order = 13,
  venue = 14,
  control = 15,
  depth = 16,
  book = 17,
};
inline constexpr unsigned kStreams = 18;
/// The last value of an enumeration: what is read from stored bytes is not above it. Every enumeration that is stored has one.
constexpr Stream last_value(Stream) { return Stream::book; }
std::string_view to_string(Stream stream);
/// Error: field "stream", rule "one of tick, latest, …".
Result<Stream> parse_stream(std::string_view text);

/// One unbroken life of a journal; live, its creation time in ms. Zero: none.
using Epoch = std::uint64_t;
/// Counts from 1 within (epoch, stream, partition). Zero: none.
using Sequence = std::uint64_t;

struct Position {
  Epoch epoch{0};
  Sequence sequence{0};
  friend constexpr bool operator==(Position, Position) = default;
};
/// The identity of an event; also what its effects cite as their cause.
struct Name {
  Stream stream{Stream::local};
  Partition partition{0};
  Position at{};
  friend constexpr bool operator==(const Name&, const Name&) = default;
};
/// `order.17@1737376814000/42`
std::string to_string(const Name& name);
struct Cause {
  Name name{};
  Timestamp time{};  ///< the cause's own `time`
  friend constexpr bool operator==(const Cause&, const Cause&) = default;
};
/// Which start of which journal speaks. Ordered within one service.
struct Token {
  Epoch epoch{0};
  std::uint32_t incarnation{0};
  friend constexpr auto operator<=>(Token, Token) = default;
};

/// Why a value is there or not (METRICS.md 0.2).
enum class Status : std::uint8_t { warmup = 1, ok = 2, undefined = 3, stale = 4 };
constexpr Status last_value(Status) { return Status::stale; }
std::string_view to_string(Status status);  ///< WARMUP, OK, UNDEFINED, STALE

}  // namespace tickmesh
