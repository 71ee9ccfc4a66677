#!/usr/bin/env bash
# What `tickmeshctl scale metrics_engine N` does to a mesh of deploy/up: stops it in order, hands the partitions over, starts it again.
# Usage: deploy/lib/scale.sh N [CONFIG]
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
. deploy/lib/common.sh
. deploy/lib/mesh.sh
number=$1 config=${2:-deploy/config/tickmesh.toml}
choose_user
stop_services
"$bin/tickmeshctl" --config "$config" scale --handover metrics_engine "$number" || { start_services "$(program_sums)"; exit 4; }
[ "$(id -u)" != 0 ] || chown -R tickmesh: var/journal var/run $([ ! -d var/runs ] || echo var/runs)
scale_supervisor "$number"
supervisor reread >/dev/null
supervisor update >/dev/null
start_services "$(program_sums)"
wait_ready "$config" 90
