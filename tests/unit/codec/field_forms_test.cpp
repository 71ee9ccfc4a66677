// The numbers and kinds that fields.hpp repeats are the contract's.
#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <map>

#include "bus/codec.hpp"
#include "bus/fields.hpp"
#include "gtest/gtest.h"
#include "tickmesh/v1/journal.pb.h"

namespace tickmesh {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

WireKind kind_of(const FieldDescriptor& field) {
  switch (field.type()) {
    case FieldDescriptor::TYPE_SINT64:
    case FieldDescriptor::TYPE_SINT32: return WireKind::zigzag;
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64:
    case FieldDescriptor::TYPE_DOUBLE: return WireKind::fixed64;
    case FieldDescriptor::TYPE_STRING:
    case FieldDescriptor::TYPE_BYTES:
    case FieldDescriptor::TYPE_MESSAGE: return WireKind::length;
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32:
    case FieldDescriptor::TYPE_FLOAT:
    case FieldDescriptor::TYPE_GROUP: ADD_FAILURE() << field.full_name() << ": the contract uses no such type"; return WireKind::varint;
    default: return WireKind::varint;
  }
}

/// An Io that reads the tables themselves.
class Auditor {
 public:
  template <class T>
  using Of = T;

  template <class T, class Get, class Set, class Form>
  void field(const char*, T&, Get, Set, Form form) {
    see(form, false);
  }
  template <class T, class Has, class Mutable, class Form>
  void message(T& value, Has, Mutable mutable_message, Form form) {
    see(form, false);
    fields(*this, value, mutable_message());
  }
  template <class T, std::size_t N, class Size, class Add, class At, class Form>
  void messages(const char*, std::array<T, N>& values, Size, Add add, At, Form form) {
    see(form, false);
    fields(*this, values[0], add());
  }
  template <class T, class Size, class Add, class At, class Form>
  void messages(const char*, std::vector<T>& values, Size, Add add, At, Form form) {
    see(form, false);
    fields(*this, values.emplace_back(), add());
  }
  template <class T, class List, class Form>
  void numbers(std::vector<T>&, List, Form form) {
    see(form, true);
  }

  /// A table lists all fields of its message, in the order of their numbers.
  void expect_whole_tables() const {
    for (const auto& [message, numbers] : seen_) {
      std::vector<int> all;
      for (int i = 0; i < message->field_count(); ++i) all.push_back(message->field(i)->number());
      std::ranges::sort(all);
      // A table is read once for each place its message has.
      for (std::size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], all[i % all.size()]) << message->full_name();
      EXPECT_EQ(numbers.size() % all.size(), 0U) << message->full_name();
    }
  }
  std::size_t tables() const { return seen_.size(); }

 private:
  template <class Form>
  void see(const Form& form, bool packed) {
    const Descriptor* message = Form::Message::descriptor();
    const FieldDescriptor* field = message->FindFieldByName(form.name);
    ASSERT_NE(field, nullptr) << message->full_name() << '.' << form.name;
    EXPECT_EQ(static_cast<std::uint32_t>(field->number()), Form::kNumber) << field->full_name();
    EXPECT_EQ(kind_of(*field), Form::kKind) << field->full_name();
    EXPECT_EQ(field->is_packed(), packed) << field->full_name();
    seen_[message].push_back(field->number());
  }
  std::map<const Descriptor*, std::vector<int>> seen_;
};

template <class T, class Message>
void audit(Auditor& auditor) {
  T event{};
  Message message;
  fields(auditor, event, message);
}

TEST(FieldForms, AreThoseOfTheContractForEveryFieldOfEveryTable) {
  Auditor auditor;
  audit<Tick, v1::Tick>(auditor);
  audit<Latest, v1::Latest>(auditor);
  audit<FeedEvent, v1::FeedEvent>(auditor);
  audit<Bar, v1::Bar>(auditor);
  audit<Metrics, v1::Metrics>(auditor);
  audit<ProfileEvent, v1::ProfileEvent>(auditor);
  audit<DepthUpdate, v1::DepthUpdate>(auditor);
  audit<BookTop, v1::BookTop>(auditor);
  audit<Signal, v1::Signal>(auditor);
  audit<Intent, v1::Intent>(auditor);
  audit<PositionEvent, v1::PositionEvent>(auditor);
  audit<AccountEvent, v1::AccountEvent>(auditor);
  audit<RiskEvent, v1::RiskEvent>(auditor);
  audit<StrategyEvent, v1::StrategyEvent>(auditor);
  audit<OrderEvent, v1::OrderEvent>(auditor);
  audit<VenueEvent, v1::VenueEvent>(auditor);
  audit<Command, v1::Command>(auditor);
  audit<Started, v1::Started>(auditor);
  audit<TimerFired, v1::TimerFired>(auditor);
  audit<PeerChanged, v1::PeerChanged>(auditor);
  audit<StreamGap, v1::StreamGap>(auditor);
  audit<VenueReport, v1::VenueReport>(auditor);
  audit<Request, v1::Request>(auditor);
  audit<DiskChanged, v1::DiskChanged>(auditor);
  audit<ClockStepped, v1::ClockStepped>(auditor);
  audit<Rebuilt, v1::Rebuilt>(auditor);
  EXPECT_EQ(auditor.tables(),
            35U);  // those, and the nine they hold: names, causes, headers, tokens, values, bars, levels, fills, predictions
  auditor.expect_whole_tables();
}

}  // namespace
}  // namespace tickmesh
