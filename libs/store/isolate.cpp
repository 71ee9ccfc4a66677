#include "store/isolate.hpp"

#include <fmt/format.h>

namespace tickmesh {

Result<void> Isolation::read(const Journal& journal, Lsn from, Lsn to) {
  const auto cursor = journal.read_from(from);
  SaidRecord said;
  while (cursor->position() < to) {
    const auto record = cursor->next();
    if (!record) return std::unexpected(record.error());
    if (!*record) break;
    if ((*record)->lsn >= to) break;
    if ((*record)->type != RecordType::said) continue;
    if (auto done = decode((*record)->body, said); !done) return done;
    auto name = said.first;
    for (const auto bytes : said.events) {
      events_.push_back({name, Bytes(bytes.begin(), bytes.end())});
      ++name.at.sequence;
    }
  }
  return {};
}

std::uint64_t Isolation::write() {
  if (!events_.empty()) write(0, events_.size());
  return rejected_;
}

void Isolation::write(std::size_t from, std::size_t to) {
  ProjectionRow::Reject reject{.name = events_[from].name};
  session_.exec("savepoint piece");
  projection_.discarded();
  try {
    for (auto i = from; i < to; ++i) {
      if (auto read = codec_.decode(events_[i].name.stream, events_[i].bytes, scratch_); !read)
        throw InvariantError(fmt::format("its bytes cannot be read: {}", read.error().rule));
      projection_.add(events_[i].name, scratch_);
    }
    projection_.flush(session_, RowBatch::Manner::careful);
    session_.exec("release savepoint piece");
    return;
  } catch (const SqlError& thrown) {
    if (!thrown.about_data()) throw;
    reject.state = thrown.state();
    reject.why = thrown.what();
  } catch (const InvariantError& thrown) {
    reject.why = thrown.what();
  }
  session_.exec("rollback to savepoint piece; release savepoint piece");
  projection_.discarded();
  if (to - from > 1) {
    const auto middle = from + (to - from) / 2;
    write(from, middle);
    write(middle, to);
    return;
  }
  reject.bytes = events_[from].bytes;
  row_.note_reject(session_, reject);
  ++rejected_;
  if (rejects_.size() < 100) rejects_.push_back(std::move(reject));
}

}  // namespace tickmesh
