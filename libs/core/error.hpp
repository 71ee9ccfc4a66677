// How a room says no: a value for what the world does wrong, an exception for what we did wrong.
#pragma once
#include <expected>
#include <stdexcept>
#include <string>

namespace tickmesh {

/// An expected failure: bad input, a peer that is away, a rule that refuses.
struct Error {
  std::string code;     ///< short and stable, for programs: "bad_value", "unreachable", "refused"
  std::string field;    ///< what was wrong: a key, a JSON field, a column; may be empty
  std::string rule;     ///< the rule it breaks, in words: "ask >= bid"
  std::string message;  ///< one sentence for a person
};
template <class T>
using Result = std::expected<T, Error>;

/// `field: rule: message`, leaving out what is empty.
std::string to_string(const Error& error);

inline std::unexpected<Error> bad_value(std::string field, std::string rule, std::string message) {
  return std::unexpected(Error{"bad_value", std::move(field), std::move(rule), std::move(message)});
}

/// A broken promise of our own. The process stops; a restart is cheap.
class InvariantError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};
[[noreturn]] void invariant_failed(const char* expression, const char* promise, const char* file, int line);

}  // namespace tickmesh

/// Checked in release too. `promise` is the rule as a sentence: "a fill moves a positive quantity".
#define TM_INVARIANT(expression, promise) \
  (static_cast<bool>(expression) ? void(0) : ::tickmesh::invariant_failed(#expression, promise, __FILE__, __LINE__))
