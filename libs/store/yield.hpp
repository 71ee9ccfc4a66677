// The order path comes first: what writes tables runs with what it leaves, on either side of the connection.
#pragma once

namespace tickmesh {

/// This thread yields to others from now on. Where that is not allowed it runs as others do.
void yield_to_others();

/// So does the server's process for a connection. PostgreSQL gives each a session of its own, and a kernel that shares processors by
/// session (CONFIG_SCHED_AUTOGROUP) would give it as much as all of the mesh. Only where it runs beside us: `socket` is a Unix one whose
/// other end is the parent of process `pid`; and where we may. True: it yields. False: not, or not
/// wholly yet, since the kernel takes such wishes one after another; a tenth of a second later it may.
bool yield_server(int socket, int pid);

}  // namespace tickmesh
