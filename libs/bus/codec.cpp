#include "bus/codec.hpp"

#include <google/protobuf/arena.h>
#include <google/protobuf/stubs/logging.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include "bus/fields.hpp"
#include "bus/message_reader.hpp"
#include "bus/message_writer.hpp"

namespace tickmesh {
namespace {

// An enumeration of ours and its twin have the same numbers up to the same last one.
#define TM_ENUM(Enum, last)                                                        \
  static_assert(static_cast<int>(Enum::last) == static_cast<int>(v1::Enum##_MAX)); \
  constexpr bool known(v1::Enum value) { return value >= v1::Enum##_MIN && value <= v1::Enum##_MAX; }
TM_ENUM(Stream, book)
TM_ENUM(Side, sell)
TM_ENUM(FeedKind, replay)
TM_ENUM(TickKind, bust)
TM_ENUM(FeedEventKind, clock_stepped)
TM_ENUM(BarBasis, mid)
TM_ENUM(BarQuality, revised)
TM_ENUM(SignalAction, exit)
TM_ENUM(OrderType, stop)
TM_ENUM(IntentKind, cancel)
TM_ENUM(Purpose, exit)
TM_ENUM(PositionEventKind, closed)
TM_ENUM(KellyBound, cap)
TM_ENUM(RiskState, halted)
TM_ENUM(Outcome, unknown)
TM_ENUM(RiskEventKind, command_answered)
TM_ENUM(OrderEventKind, unknown)
TM_ENUM(VenueEventKind, state_changed)
TM_ENUM(DepthKind, snapshot)
TM_ENUM(MarketStateKind, imbalance_down)
TM_ENUM(LvnChange, node_gone)
TM_ENUM(ProfileEventKind, lvn)
TM_ENUM(Verb, predict)
TM_ENUM(VenueReportKind, reconcile_end)
#undef TM_ENUM
// Only this one has no "none": a value that is there says what it is.
static_assert(static_cast<int>(Status::stale) == static_cast<int>(v1::Status_MAX));
constexpr bool known(v1::Status value) { return value > v1::STATUS_UNSPECIFIED && value <= v1::Status_MAX; }

struct Reader {
  template <class T>
  using Of = T;
  std::string broken{};  ///< the first rule the message breaks

  void refuse(const char* name, const char* rule) {
    if (broken.empty()) broken = std::string(name) + ": " + rule;
  }
  template <class T, class Get, class Set, class Form>
  void field(const char* name, T& value, Get get, Set /*set*/, Form /*form*/) {
    if constexpr (std::is_same_v<T, Symbol>) {
      const std::string& text = get();
      value = Symbol{};
      if (text.empty()) return;
      if (auto symbol = Symbol::parse(text))
        value = *symbol;
      else
        refuse(name, "SYMBOL.VENUE, each part [A-Z0-9_:/-]{1,15}");
    } else if constexpr (std::is_same_v<T, Partition>) {
      if (get() < kPartitions)
        value = static_cast<Partition>(get());
      else
        refuse(name, "below 64");
    } else if constexpr (std::is_enum_v<T>) {
      if (known(get()))
        value = static_cast<T>(get());
      else
        refuse(name, "a known number");
    } else if constexpr (is_fixed<T>) {
      value = T::from_raw(get());
    } else if constexpr (is_time<T>) {
      value.ns = get();
    } else if constexpr (std::is_same_v<T, InstrumentId>) {
      value.value = get();
    } else {
      value = get();
    }
  }
  template <class T, class Has, class Mutable, class Form>
  void message(T& value, Has has, Mutable mutable_message, Form /*form*/) {
    if (has())
      fields(*this, value, mutable_message());
    else
      value = T{};
  }
  template <class T, std::size_t N, class Size, class Add, class At, class Form>
  void messages(const char* name, std::array<T, N>& values, Size size, Add /*add*/, At at, Form /*form*/) {
    const auto count = static_cast<std::size_t>(size());
    if (count > N) return refuse(name, "not more than there is room for");
    for (std::size_t i = 0; i < N; ++i) {
      values[i] = T{};
      if (i < count) fields(*this, values[i], at(static_cast<int>(i)));
    }
  }
  template <class T, class Size, class Add, class At, class Form>
  void messages(const char* /*name*/, std::vector<T>& values, Size size, Add /*add*/, At at, Form /*form*/) {
    values.resize(static_cast<std::size_t>(size()));
    for (std::size_t i = 0; i < values.size(); ++i) fields(*this, values[i], at(static_cast<int>(i)));
  }
  template <class T, class List, class Form>
  void numbers(std::vector<T>& values, List list, Form /*form*/) {
    values.clear();
    for (const auto raw : list()) values.push_back(T::from_raw(raw));
  }
};

/// Its message and its stream; of a local input the field of LocalInput that holds it.
template <class T>
struct Wire;
#define TM_WIRE(Type, Says)                         \
  template <>                                       \
  struct Wire<Type> {                               \
    using Message = v1::Type;                       \
    static constexpr Stream kStream = Stream::Says; \
  };
TM_WIRE(Tick, tick)
TM_WIRE(Latest, latest)
TM_WIRE(FeedEvent, feed)
TM_WIRE(Bar, bar)
TM_WIRE(Metrics, metrics)
TM_WIRE(Signal, signal)
TM_WIRE(ProfileEvent, profile)
TM_WIRE(DepthUpdate, depth)
TM_WIRE(BookTop, book)
TM_WIRE(Intent, intent)
TM_WIRE(PositionEvent, position)
TM_WIRE(AccountEvent, account)
TM_WIRE(RiskEvent, risk)
TM_WIRE(StrategyEvent, strategy)
TM_WIRE(OrderEvent, order)
TM_WIRE(VenueEvent, venue)
TM_WIRE(Command, control)
#define TM_INPUT(Type)                                               \
  template <>                                                        \
  struct Wire<Type> {                                                \
    using Message = v1::Type;                                        \
    static constexpr Stream kStream = Stream::local;                 \
    static constexpr std::uint32_t kInput = v1::LocalInput::k##Type; \
  };
TM_INPUT(Started)
TM_INPUT(WentLive)
TM_INPUT(TimerFired)
TM_INPUT(PeerChanged)
TM_INPUT(StreamGap)
TM_INPUT(VenueReport)
TM_INPUT(Request)
TM_INPUT(DiskChanged)
TM_INPUT(ClockStepped)
TM_INPUT(Rebuilt)
#undef TM_INPUT
#undef TM_WIRE

/// What is about one symbol is nothing without it; elsewhere an empty symbol means "all" or "does not matter".
template <class T>
bool lacks_symbol(const T& event) {
  if constexpr (std::is_same_v<T, Latest> || std::is_same_v<T, Bar> || std::is_same_v<T, Metrics> || std::is_same_v<T, Signal> ||
                std::is_same_v<T, PositionEvent> || std::is_same_v<T, ProfileEvent> || std::is_same_v<T, DepthUpdate> ||
                std::is_same_v<T, BookTop>)
    return event.symbol.empty();
  return false;
}

/// Where one message at a time is built: a cleared message gives its sub-messages back to the heap, an arena's block stays.
struct Workshop {
  alignas(std::max_align_t) std::array<char, 32'768> block;
  google::protobuf::Arena arena{block.data(), block.size()};
};

Workshop& workshop() {
  thread_local Workshop one;
  one.arena.Reset();
  return one;
}

/// An empty message, valid until the next call on this thread.
template <class Message>
Message& fresh() {
  return *google::protobuf::Arena::CreateMessage<Message>(&workshop().arena);
}

template <class T>
void encode_event(const T& event, Bytes& out) {
  TM_INVARIANT(!lacks_symbol(event), "an event about one symbol names it");
  thread_local MessageWriter writer;
  using Message = typename Wire<T>::Message;
  writer.start();
  if constexpr (Wire<T>::kStream == Stream::local)
    writer.inner<Message>(event, FieldForm<v1::LocalInput, Wire<T>::kInput, WireKind::length>{""});
  else
    fields(writer, event, const_cast<Message&>(Message::default_instance()));
  const ByteView bytes = writer.finish();
  TM_INVARIANT(bytes.size() <= kMaxEventBytes, "an event is at most 16 MiB");
  out.insert(out.end(), bytes.begin(), bytes.end());
}

std::unexpected<Error> refused(Stream stream, std::string rule) {
  return bad_value(std::string(to_string(stream)), std::move(rule), "the bytes of an event cannot be taken");
}

template <class Message>
bool parse(ByteView bytes, Message& message) {
  return bytes.size() <= kMaxEventBytes && message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

template <class T>
T& as(Event& out) {
  auto* event = std::get_if<T>(&out);
  return event != nullptr ? *event : out.emplace<T>();
}

template <class T, class Message>
Result<void> read_fields(Message& message, Event& out) {
  T& event = as<T>(out);
  Reader reader;
  fields(reader, event, message);
  if (lacks_symbol(event)) reader.refuse("symbol", "not empty");
  if (!reader.broken.empty()) return refused(Wire<T>::kStream, std::move(reader.broken));
  return {};
}

/// What MessageWriter wrote, as nearly everything is that is ever read. False: protobuf decides. Of a local input: what follows its tag.
template <class T>
bool read_written(ByteView bytes, Event& out) {
  if (bytes.size() > kMaxEventBytes) return false;
  T& event = as<T>(out);
  MessageReader reader{bytes};
  using Message = typename Wire<T>::Message;
  if constexpr (Wire<T>::kStream == Stream::local)
    reader.inner<Message>(event);
  else
    fields(reader, event, const_cast<Message&>(Message::default_instance()));
  return reader.done() && !lacks_symbol(event);
}

template <class T>
Result<void> decode_event(ByteView bytes, Event& out) {
  if (read_written<T>(bytes, out)) [[likely]]
    return {};
  auto& message = fresh<typename Wire<T>::Message>();
  if (!parse(bytes, message)) return refused(Wire<T>::kStream, "a message of tickmesh.v1 of at most 16 MiB");
  return read_fields<T>(message, out);
}

Result<void> decode_tick(ByteView bytes, Event& out) {
  if (decode_canonical_tick(bytes, as<Tick>(out))) [[likely]]
    return {};
  return decode_event<Tick>(bytes, out);
}

Result<void> decode_metrics(ByteView bytes, Event& out) {
  if (decode_canonical_metrics(bytes, as<Metrics>(out))) [[likely]]
    return {};
  return decode_event<Metrics>(bytes, out);
}

bool read_written_local(ByteView bytes, Event& out) {
  constexpr unsigned kLength = 2;
  const unsigned tag = bytes.empty() ? 0 : std::to_integer<unsigned>(bytes.front());
  if ((tag & 7U) != kLength) return false;
  bytes = bytes.subspan(1);
  switch (tag >> 3) {  // above 15 it has more than a byte
    case v1::LocalInput::kStarted: return read_written<Started>(bytes, out);
    case v1::LocalInput::kWentLive: return read_written<WentLive>(bytes, out);
    case v1::LocalInput::kTimerFired: return read_written<TimerFired>(bytes, out);
    case v1::LocalInput::kPeerChanged: return read_written<PeerChanged>(bytes, out);
    case v1::LocalInput::kStreamGap: return read_written<StreamGap>(bytes, out);
    case v1::LocalInput::kVenueReport: return read_written<VenueReport>(bytes, out);
    case v1::LocalInput::kRequest: return read_written<Request>(bytes, out);
    case v1::LocalInput::kDiskChanged: return read_written<DiskChanged>(bytes, out);
    case v1::LocalInput::kClockStepped: return read_written<ClockStepped>(bytes, out);
    case v1::LocalInput::kRebuilt: return read_written<Rebuilt>(bytes, out);
    default: return false;
  }
}

Result<void> decode_local(ByteView bytes, Event& out) {
  if (read_written_local(bytes, out)) [[likely]]
    return {};
  auto& message = fresh<v1::LocalInput>();
  if (!parse(bytes, message)) return refused(Stream::local, "a message of tickmesh.v1 of at most 16 MiB");
  switch (message.input_case()) {
    case v1::LocalInput::kStarted: return read_fields<Started>(*message.mutable_started(), out);
    case v1::LocalInput::kWentLive: return read_fields<WentLive>(*message.mutable_went_live(), out);
    case v1::LocalInput::kTimerFired: return read_fields<TimerFired>(*message.mutable_timer_fired(), out);
    case v1::LocalInput::kPeerChanged: return read_fields<PeerChanged>(*message.mutable_peer_changed(), out);
    case v1::LocalInput::kStreamGap: return read_fields<StreamGap>(*message.mutable_stream_gap(), out);
    case v1::LocalInput::kVenueReport: return read_fields<VenueReport>(*message.mutable_venue_report(), out);
    case v1::LocalInput::kRequest: return read_fields<Request>(*message.mutable_request(), out);
    case v1::LocalInput::kDiskChanged: return read_fields<DiskChanged>(*message.mutable_disk_changed(), out);
    case v1::LocalInput::kClockStepped: return read_fields<ClockStepped>(*message.mutable_clock_stepped(), out);
    case v1::LocalInput::kRebuilt: return read_fields<Rebuilt>(*message.mutable_rebuilt(), out);
    case v1::LocalInput::INPUT_NOT_SET: break;
  }
  return refused(Stream::local, "input: one of them is set");
}

}  // namespace

Stream stream_of(const Event& event) {
  return std::visit([]<class T>(const T&) { return Wire<T>::kStream; }, event);
}

// Bad bytes are answered with an Error; protobuf would also write each to stderr, for as long as a peer likes to send them.
ProtoCodec::ProtoCodec() {
  static const bool quiet = (google::protobuf::SetLogHandler(nullptr), true);
  (void)quiet;
}

void ProtoCodec::encode(const Event& event, Bytes& out) const {
  if (const auto* tick = std::get_if<Tick>(&event)) [[likely]]
    return encode_tick(*tick, out);
  std::visit([&](const auto& e) { encode_event(e, out); }, event);
}

void ProtoCodec::encode(const Metrics& metrics, Bytes& out) const { encode_event(metrics, out); }
std::byte* ProtoCodec::encode(const Tick& tick, std::byte* at) const { return encode_tick(tick, at); }

Result<void> ProtoCodec::decode(Stream stream, ByteView bytes, Event& out) const {
  switch (stream) {
    case Stream::local: return decode_local(bytes, out);
    case Stream::tick: return decode_tick(bytes, out);
    case Stream::latest: return decode_event<Latest>(bytes, out);
    case Stream::feed: return decode_event<FeedEvent>(bytes, out);
    case Stream::bar: return decode_event<Bar>(bytes, out);
    case Stream::metrics: return decode_metrics(bytes, out);
    case Stream::profile: return decode_event<ProfileEvent>(bytes, out);
    case Stream::depth: return decode_event<DepthUpdate>(bytes, out);
    case Stream::book: return decode_event<BookTop>(bytes, out);
    case Stream::signal: return decode_event<Signal>(bytes, out);
    case Stream::intent: return decode_event<Intent>(bytes, out);
    case Stream::position: return decode_event<PositionEvent>(bytes, out);
    case Stream::account: return decode_event<AccountEvent>(bytes, out);
    case Stream::risk: return decode_event<RiskEvent>(bytes, out);
    case Stream::strategy: return decode_event<StrategyEvent>(bytes, out);
    case Stream::order: return decode_event<OrderEvent>(bytes, out);
    case Stream::venue: return decode_event<VenueEvent>(bytes, out);
    case Stream::control: return decode_event<Command>(bytes, out);
  }
  return refused(stream, "a stream that has events");
}

std::optional<Timestamp> ProtoCodec::said_at(Stream stream, ByteView bytes) const {
  const auto number_at = [&](std::size_t at) {
    Timestamp time;
    std::memcpy(&time.ns, bytes.data() + at, sizeof time.ns);
    return time;
  };
  // A tick: its instrument, then its time. All else: a header shorter than 128 bytes, which begins with it.
  if (stream == Stream::tick && bytes.size() >= 18 && bytes[0] == std::byte{0x09} && bytes[9] == std::byte{0x11}) return number_at(10);
  if (stream != Stream::tick && stream != Stream::local && bytes.size() >= 11 && bytes[0] == std::byte{0x0A} && bytes[1] >= std::byte{9} &&
      bytes[1] < std::byte{128} && bytes[2] == std::byte{0x09})
    return number_at(3);
  Event event;
  if (!decode(stream, bytes, event)) return std::nullopt;
  const Timestamp time = time_of(event);
  return time ? std::optional{time} : std::nullopt;
}

}  // namespace tickmesh
