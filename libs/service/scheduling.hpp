// How a service asks the kernel to be run, by whether orders wait for it. All its threads begun afterwards are run alike.
#pragma once

namespace tickmesh {

/// On the way from a tick to an order: woken, it runs at once, for what it does is short. Sleeps end when they were asked to: by default
/// Linux lets a sleeper sleep 50 us longer, about as long as a tick takes through the mesh.
void run_promptly();
/// Beside that way (bars, pages): woken, it puts nobody aside, and who is on the way puts it aside.
void run_patiently();

}  // namespace tickmesh
