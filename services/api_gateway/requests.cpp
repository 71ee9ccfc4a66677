#include "api_gateway/requests.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tickmesh {
namespace {

using Json = nlohmann::ordered_json;

/// A value as it is shown to its sender. What is nested is not: printing it would cost a stack frame a level.
std::string shown(const Json& value) {
  return value.is_structured() ? "a list or an object" : value.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 80);
}

/// The decimal as it was written: a JSON number is taken by its own text, not through a double's rounding.
Result<std::string> decimal_text(const Json& object, const char* field) {
  const auto it = object.find(field);
  if (it == object.end() || it->is_null()) return std::string{};
  if (it->is_string()) return it->get<std::string>();
  if (it->is_number()) return it->dump();
  return bad_value(field, "a decimal, as text or number", shown(*it));
}

template <class T>
Result<T> decimal(const Json& object, const char* field, bool required) {
  auto text = decimal_text(object, field);
  if (!text) return std::unexpected(text.error());
  if (text->empty()) {
    if (required) return bad_value(field, "given", "it is missing");
    return T{};
  }
  auto value = T::parse(*text);
  if (!value) return bad_value(field, value.error().rule, value.error().message);
  return *value;
}

Result<Verb> verb_of(const std::string& text) {
  for (int v = 1; v <= static_cast<int>(Verb::flatten); ++v)
    if (to_string(static_cast<Verb>(v)) == text) return static_cast<Verb>(v);
  return bad_value("verb", "one of open, close, cancel, cancel_all, reduce, halt, resume, flatten", "'" + text.substr(0, 40) + "'");
}

}  // namespace

Result<Command> parse_command(const std::string& body, const Instruments& instruments) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return bad_value("body", "a JSON object", "it is not");
  for (const auto& [key, value] : json.items()) {
    static constexpr std::string_view known[] = {"verb",   "symbol",          "quantity", "limit", "stop",
                                                 "target", "client_order_id", "hard",     "note"};
    if (std::ranges::find(known, key) == std::end(known))
      return bad_value(key, "a known field", "verb, symbol, quantity, limit, stop, target, client_order_id, hard, note");
  }
  const auto text = [&](const char* field) -> Result<std::string> {
    const auto it = json.find(field);
    if (it == json.end() || it->is_null()) return std::string{};
    if (!it->is_string() || it->get_ref<const std::string&>().size() > 200)
      return bad_value(field, "a text of at most 200 bytes", shown(*it));
    return it->get<std::string>();
  };
  Command command;
  auto verb = text("verb");
  if (!verb) return std::unexpected(verb.error());
  auto parsed = verb_of(*verb);
  if (!parsed) return std::unexpected(parsed.error());
  command.verb = *parsed;
  const bool wants_symbol = command.verb == Verb::open || command.verb == Verb::close;
  auto symbol = text("symbol");
  if (!symbol) return std::unexpected(symbol.error());
  if (wants_symbol && symbol->empty()) return bad_value("symbol", "given", "it is missing");
  if (!symbol->empty()) {
    auto resolved = instruments.resolve(*symbol);
    if (!resolved) return std::unexpected(resolved.error());
    command.symbol = *resolved;
  }
  auto quantity = decimal<Quantity>(json, "quantity", command.verb == Verb::open);
  if (!quantity) return std::unexpected(quantity.error());
  if (command.verb == Verb::open && quantity->is_zero()) return bad_value("quantity", "not 0", "0");
  command.quantity = *quantity;
  for (const auto& [field, member] :
       {std::pair{"limit", &Command::limit}, std::pair{"stop", &Command::stop}, std::pair{"target", &Command::target}}) {
    auto price = decimal<Price>(json, field, false);
    if (!price) return std::unexpected(price.error());
    const auto given = json.find(field);
    // A limit of 0 is a slip of the hand, not a wish for a market order.
    if (given != json.end() && !given->is_null() && price->raw() <= 0) return bad_value(field, "> 0", price->str());
    command.*member = *price;
  }
  auto order = text("client_order_id");
  if (!order) return std::unexpected(order.error());
  if (command.verb == Verb::cancel && order->empty()) return bad_value("client_order_id", "given", "it is missing");
  command.client_order_id = *order;
  if (const auto it = json.find("hard"); it != json.end()) {
    if (!it->is_boolean()) return bad_value("hard", "true or false", shown(*it));
    command.hard = it->get<bool>();
  }
  auto note = text("note");
  if (!note) return std::unexpected(note.error());
  command.note = *note;
  command.issuer = "api.sock";
  return command;
}

std::string error_body(const Error& error) {
  return Json{{"ok", false}, {"error", {{"code", error.code}, {"field", error.field}, {"rule", error.rule}, {"message", error.message}}}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);  // what it quotes may be cut within a character
}

}  // namespace tickmesh
