// Damage planted on purpose, each in a copy of what a good run left behind.
#pragma once
#include <functional>
#include <string>

#include "auditor/journal_file.hpp"

namespace tickmesh::chaos {

/// Writes the journal in `from` again to `to`, all in one segment, with good checksums; `change` may alter or drop (false) a record's body.
void rewrite_journal(const std::string& from, const std::string& to,
                     const std::function<bool(const auditor::Record& record, std::string& body)>& change);

/// The body of a `said` record without its last event; the record goes when it was the only one.
bool without_last_event(std::string& body);

/// Writes the ledger in `from` again to `to`; `change` may alter or drop (false) a line, or add one. Numbers and checksums come out good.
void rewrite_ledger(const std::string& from, const std::string& to,
                    const std::function<bool(const std::string& line, std::string& added)>& change);

}  // namespace tickmesh::chaos
