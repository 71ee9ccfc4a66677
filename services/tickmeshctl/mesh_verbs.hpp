// The verbs that ask the running mesh: status, watch, positions, orders, account, trades, and every command.
#pragma once
#include <string>

#include "tickmeshctl/mesh_client.hpp"

namespace tickmesh::ctl {

int status(const MeshClient& mesh, bool json);
int watch(const MeshClient& mesh, bool json, std::uint64_t count);
int positions(const MeshClient& mesh, bool json);
int orders(const MeshClient& mesh, bool json, bool all);
int account(const MeshClient& mesh, bool json);
int trades(const MeshClient& mesh, bool json);
int strategies(const MeshClient& mesh, bool json);
/// Sends a command and prints its answer.
int command(const MeshClient& mesh, const Json& command, bool json);
/// Writes the halt file first, so that it works with api_gateway away, then sends the command.
int halt(const Config& config, const MeshClient& mesh, bool hard, bool json);
/// Removes the halt file, then sends the command.
int resume(const Config& config, const MeshClient& mesh, bool json);

}  // namespace tickmesh::ctl
