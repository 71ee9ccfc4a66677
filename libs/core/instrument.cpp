#include "core/instrument.hpp"

#include <algorithm>

namespace tickmesh {

bool InstrumentIndex::add(InstrumentId id) {
  if (of(id) != kNone) return false;
  if (2 * (size_ + 1) > slots_.size()) {
    std::vector<Slot> old(2 * slots_.size());
    std::swap(old, slots_);
    for (const Slot& slot : old)
      if (slot.place != kNone) place(slot);
  }
  place({id, static_cast<std::uint32_t>(size_++)});
  return true;
}

void InstrumentIndex::place(Slot slot) {
  std::uint64_t at = slot.id.value;
  while (slots_[at & (slots_.size() - 1)].place != kNone) ++at;
  slots_[at & (slots_.size() - 1)] = slot;
}

Result<Instruments> Instruments::make(std::vector<Instrument> list) {
  Instruments all;
  std::ranges::sort(list, {}, &Instrument::symbol);
  for (const Instrument& i : list) {
    const std::string who = i.symbol.str();
    if (i.symbol.empty()) return bad_value("symbol", "SYMBOL.VENUE", "an instrument has no symbol");
    if (i.tick_size.raw() <= 0) return bad_value("tick_size", "> 0", who);
    if (i.lot.raw() <= 0) return bad_value("lot", "> 0", who);
    if (i.multiplier.raw() <= 0) return bad_value("multiplier", "> 0", who);
    if (!all.index_.add(i.id())) return bad_value("symbol", "listed once", who);
    all.list_.push_back(i);
  }
  return all;
}

Result<Symbol> Instruments::resolve(std::string_view text) const {
  if (text.find('.') != std::string_view::npos) {
    auto symbol = Symbol::parse(text);
    if (symbol && find(*symbol) == nullptr) return bad_value("symbol", "listed in instruments.toml", symbol->str());
    return symbol;
  }
  std::string candidates;
  Symbol found;
  int matches = 0;
  for (const Instrument& i : list_) {
    if (i.symbol.view().substr(0, i.symbol.view().find('.')) != text) continue;
    found = i.symbol;
    candidates += (matches++ > 0 ? ", " : "") + i.symbol.str();
  }
  if (matches == 1) return found;
  if (matches == 0) return bad_value("symbol", "listed in instruments.toml", "'" + std::string(text.substr(0, 40)) + "'");
  return bad_value("symbol", "one venue, or SYMBOL.VENUE", "'" + std::string(text) + "' is listed as " + candidates);
}

}  // namespace tickmesh
