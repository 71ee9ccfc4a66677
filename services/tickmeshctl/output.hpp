// How tickmeshctl speaks: tables for people, one JSON object for programs, and the exit codes both rely on.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/error.hpp"

namespace tickmesh::ctl {

using Json = nlohmann::ordered_json;

enum Exit : int { kDone = 0, kNotMet = 1, kUsage = 2, kUnreachable = 3, kRefused = 4, kUnknown = 5 };

/// Rows of texts under a header, columns padded; numbers to the right.
std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);
/// Prints {"ok":true,"data":…} with `json`, else `text`; with another exit than kDone {"ok":false,"error":…,"data":…}. Returns `exit`.
int done(bool json, const Json& data, const std::string& text, int exit = kDone);
/// Prints the error (stderr for people, stdout as JSON) and returns the exit code its code stands for.
int failed(bool json, const Error& error);

}  // namespace tickmesh::ctl
