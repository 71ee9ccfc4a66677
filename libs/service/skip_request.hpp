// A person's word that one input is never applied again: `tickmeshctl journal skip` leaves it beside the journal, the next start takes it.
#pragma once
#include <optional>
#include <string>

#include "journal/journal.hpp"

namespace tickmesh {

struct SkipRequest {
  InputPlace place{};
  std::string who;
};

std::string to_text(const InputPlace& place);  ///< "18432.0": the Lsn of the record that took it, and its number there
/// As `to_text` writes it. Error: field "at".
Result<InputPlace> parse_place(const std::string& text);
/// The name of the input at this place. Error code "not_met" when no record there takes one.
Result<Name> input_at(JournalCursor& cursor, const InputPlace& place);

/// Replaces one that was left before. Error code "disk".
Result<void> leave_skip_request(const std::string& journal_dir, const SkipRequest& request);
std::optional<SkipRequest> skip_request(const std::string& journal_dir);
/// Records what is left and removes it; the name of what is skipped from now on. Errors: as `input_at`; it is removed then, too.
Result<std::optional<Name>> take_skip_request(const std::string& journal_dir, Journal& journal, Timestamp now);

}  // namespace tickmesh
