#include "api_gateway/core/api_core.hpp"

#include "unit/api_gateway/kit.hpp"

namespace tickmesh::testing {
namespace {

Bytes saved(const ApiCore& core) {
  Bytes out;
  ByteWriter writer{out};
  core.save(writer);
  return out;
}

TEST(ApiCore, ARequestBecomesOneCommandWithAnIdOfItsPlace) {
  ApiCore core{{seconds(10)}, kCodec};
  Outbox out;
  out.set_epoch(42);
  for (int i = 0; i < 2; ++i) {
    out.begin(kNow, {});
    core.apply({kNow, {}, Request{"1", Command{.id = "chosen by the sender", .verb = Verb::flatten, .valid_until = kNow + seconds(9'999)}}},
               out);
  }
  ASSERT_EQ(out.said().size(), 2u);
  EXPECT_EQ(out.said()[0].name, (Name{Stream::control, 0, {42, 1}}));
  const auto& command = std::get<Command>(out.said()[0].event);
  EXPECT_EQ(command.id, "C42-1");
  EXPECT_EQ(command.verb, Verb::flatten);
  EXPECT_EQ(command.valid_until, kNow + seconds(10));
  EXPECT_EQ(std::get<Command>(out.said()[1].event).id, "C42-2");
}

TEST(ApiCore, KeepsThePictureOfWhatIsOpenWorkingAndAmiss) {
  ApiCore core{{}, kCodec};
  fill(core);
  EXPECT_EQ(core.view().open_positions.size(), 1u);
  EXPECT_EQ(core.view().working_orders.size(), 1u);
  EXPECT_EQ(core.view().symbol_risk.size(), 1u);
  tell(core, Stream::position, position("P1", PositionEventKind::closed));
  tell(core, Stream::order, order("O1", OrderEventKind::canceled));
  tell(core, Stream::risk, RiskEvent{.kind = RiskEventKind::state_changed, .symbol = kSpy, .state = RiskState::active});
  tell(core, Stream::risk, RiskEvent{.kind = RiskEventKind::refused, .state = RiskState::halted, .reason = "a refusal is no state"});
  EXPECT_TRUE(core.view().open_positions.empty());
  EXPECT_EQ(core.view().closed_positions.size(), 2u);
  EXPECT_TRUE(core.view().working_orders.empty());
  EXPECT_EQ(core.view().finished_orders.size(), 2u);
  EXPECT_TRUE(core.view().symbol_risk.empty());
  EXPECT_EQ(core.view().risk.state, RiskState::active);
}

TEST(ApiCore, ALoadedCoreShowsTheSameAndContinuesBitForBit) {
  ApiCore core{{}, kCodec};
  fill(core);
  for (int i = 0; i < 3; ++i) tell(core, Stream::position, position("Q" + std::to_string(2 - i), PositionEventKind::closed));
  const auto state = saved(core);
  ApiCore loaded{{}, kCodec};
  tell(loaded, Stream::position, position("of another life"));
  ByteReader in{state};
  loaded.load(in);
  EXPECT_TRUE(in.done());
  EXPECT_EQ(saved(loaded), state);
  EXPECT_EQ(loaded.view().latest, core.view().latest);
  EXPECT_EQ(loaded.view().signals, core.view().signals);
  EXPECT_EQ(loaded.view().books, core.view().books);
  EXPECT_EQ(loaded.view().books.size(), 1u);
  EXPECT_EQ(loaded.view().strategies, core.view().strategies);
  EXPECT_EQ(loaded.view().open_positions, core.view().open_positions);
  EXPECT_EQ(loaded.view().closed_positions, core.view().closed_positions) << "in the order they closed";
  EXPECT_EQ(loaded.view().finished_orders, core.view().finished_orders);
  EXPECT_EQ(loaded.view().venue, core.view().venue);
  for (ApiCore* one : {&core, &loaded}) tell(*one, Stream::order, order("O9", OrderEventKind::accepted));
  EXPECT_EQ(saved(loaded), saved(core));
}

TEST(ApiCore, KeepsTheLastProfileAndTheLatestCompletedOnesAcrossASnapshot) {
  ApiCore core{{}, kCodec};
  ProfileEvent e{.header = {kNow, kNow, {}}, .symbol = kApple, .feed = FeedKind::demo, .kind = ProfileEventKind::completed};
  e.rows = {Quantity::from_units(3)};
  for (int day = 0; day < 25; ++day) {
    e.session_start = kNow + seconds(86'400 * day);
    tell(core, Stream::profile, e);
  }
  e.volume = Quantity::from_units(7);
  tell(core, Stream::profile, e);  // the last one anew
  e.kind = ProfileEventKind::lvn;
  e.lvn_near = price("201.00");
  tell(core, Stream::profile, e);
  const auto& completed = core.view().completed_profiles.at(kApple);
  ASSERT_EQ(completed.size(), 20u);
  EXPECT_EQ(completed.front().session_start, kNow + seconds(86'400 * 5));
  EXPECT_EQ(completed.back().volume, Quantity::from_units(7));
  const Bytes bytes = saved(core);
  ApiCore loaded{{}, kCodec};
  ByteReader in{bytes};
  loaded.load(in);
  EXPECT_EQ(saved(loaded), bytes);
  EXPECT_EQ(loaded.view().profiles.at(kApple), e);
  EXPECT_EQ(loaded.view().completed_profiles.at(kApple), completed);
}

TEST(ApiCore, KeepsABoundedPast) {
  ApiCore core{{}, kCodec};
  for (std::size_t i = 0; i < MeshView::kKept + 10; ++i) tell(core, Stream::order, order("O" + std::to_string(i), OrderEventKind::filled));
  EXPECT_EQ(core.view().finished_orders.size(), MeshView::kKept);
  EXPECT_EQ(core.view().finished_orders.front().order.client_order_id, "O10");
}

}  // namespace
}  // namespace tickmesh::testing
