#include "store/projection_row.hpp"

#include <fmt/format.h>

#include "store/postgres.hpp"

namespace tickmesh {
namespace {

std::string hex(ByteView bytes) {
  std::string out = "\\x";
  for (const auto byte : bytes) fmt::format_to(std::back_inserter(out), "{:02x}", std::to_integer<unsigned>(byte));
  return out;
}

std::string literal(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

/// u8 stream, u8 partition, u64 sequence each; those without any are left out.
Bytes packed(const Outbox::Heads& heads) {
  Bytes out;
  ByteWriter w{out};
  for (std::size_t s = 0; s < kStreams; ++s)
    for (std::size_t p = 0; p < kPartitions; ++p)
      if (heads[s][p] != 0) w.put(static_cast<std::uint8_t>(s)), w.put(static_cast<Partition>(p)), w.put(heads[s][p]);
  return out;
}

std::optional<Outbox::Heads> unpacked(std::string_view text) {
  Bytes bytes;
  if (!text.starts_with("\\x") || text.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 2; i < text.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(std::stoul(std::string(text.substr(i, 2)), nullptr, 16)));
  Outbox::Heads heads{};
  ByteReader r{bytes};
  while (r.left() >= 10) {
    const auto stream = r.get<std::uint8_t>();
    const auto partition = r.get<Partition>();
    const auto sequence = r.get<Sequence>();
    if (stream >= kStreams || partition >= kPartitions) return std::nullopt;
    heads[stream][partition] = sequence;
  }
  return heads;
}

}  // namespace

ProjectionRow::ProjectionRow(const std::string& service, std::string instance) : schema_{quoted(service)}, instance_{std::move(instance)} {}

ProjectionRow::Stored ProjectionRow::read(Session& session) const {
  const auto rows = session.exec(fmt::format("select epoch, lsn, heads from {}.projection where instance = $1", schema_), {instance_});
  if (rows.size() == 0) {
    session.exec(fmt::format("insert into {}.projection (instance, epoch, lsn) values ($1, 0, 0) on conflict do nothing", schema_),
                 {instance_});
    return {.heads = Outbox::Heads{}};
  }
  Stored stored{.at = {static_cast<Epoch>(rows.number(0, 0)), Lsn{static_cast<std::uint64_t>(rows.number(0, 1))}}};
  if (!rows.null(0, 2)) stored.heads = unpacked(rows.text(0, 2));
  return stored;
}

bool ProjectionRow::begin_and_hold(Session& session, const ProjectedAt& from) const {
  const auto held = session.exec(fmt::format("begin; select from {}.projection where instance = {} and epoch = {} and lsn = {} for update",
                                             schema_, literal(instance_), from.epoch, from.lsn.value));
  if (held.size() == 1) return true;
  session.exec("rollback");
  return false;
}

void ProjectionRow::move_and_commit(Session& session, const ProjectedAt& to, const Outbox::Heads& heads) const {
  session.exec(fmt::format("update {}.projection set epoch = {}, lsn = {}, heads = '{}', updated_at = now() where instance = {}; commit",
                           schema_, to.epoch, to.lsn.value, hex(packed(heads)), literal(instance_)));
}

void ProjectionRow::note_gap(Session& session, Lsn from, Lsn to, std::optional<std::uint64_t> events, const std::string& reason) const {
  session.exec(fmt::format("insert into {}.projection_gaps (instance, from_lsn, to_lsn, reason, events) values ($1, $2, $3, $4, $5) "
                           "on conflict do nothing",
                           schema_),
               {instance_, std::to_string(from.value), std::to_string(to.value), reason,
                events ? std::optional{std::to_string(*events)} : std::nullopt});
}

void ProjectionRow::note_reject(Session& session, const Reject& reject) const {
  session.exec(fmt::format("insert into {}.projection_rejects (instance, stream, partition, epoch, sequence, sqlstate, error, bytes) "
                           "values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing",
                           schema_),
               {instance_, std::string(to_string(reject.name.stream)), std::to_string(reject.name.partition),
                std::to_string(reject.name.at.epoch), std::to_string(reject.name.at.sequence),
                reject.state.empty() ? std::nullopt : std::optional{reject.state}, reject.why, hex(reject.bytes)});
}

}  // namespace tickmesh
