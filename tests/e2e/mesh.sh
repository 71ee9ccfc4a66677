# A mesh of its own for a test: deploy/up's very pieces (deploy/lib/mesh.sh) over programs that are already built, in a folder that is
# removed afterwards, on ports that are free. Sourced by tests; then: mesh_up BINDIR [KEY=VALUE…] … mesh_down.
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# free_ports COUNT: the first of COUNT neighbouring ports on which nobody answers.
free_ports() {
  local first try port
  for try in $(seq 50); do
    first=$((20000 + RANDOM % 10000))
    for port in $(seq $first $((first + $1 - 1))); do
      ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || continue 2
    done
    echo $first
    return
  done
  echo "no $1 free ports" >&2
  return 1
}

# config_on_free_ports FILE: the sample configuration, its ports changed where another mesh has them; prints the page's address.
config_on_free_ports() {
  local port taken= first
  for port in 8080 $(seq 9101 9108); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then taken=1; fi
  done
  cp "$project/deploy/config/tickmesh.toml" "$1"
  if [ -n "$taken" ]; then
    first=$(free_ports 9) || return 1
    sed -i -e "s/^base_port = 9101\$/base_port = $first/" -e "s/^listen = \"127.0.0.1:8080\"\$/listen = \"127.0.0.1:$((first + 8))\"/" "$1"
  fi
  chmod 644 "$1"
  sed -n 's/^listen = "\(.*:.*\)"$/\1/p' "$1"
}

# mesh_up BINDIR [TICKMESH__…=value …]: leaves the working folder at the mesh's root; sets mesh_root, mesh_page (URL), mesh_port.
mesh_up() {
  local bindir
  bindir=$(cd "$1" && pwd)
  shift
  mesh_root=$(mktemp -d /var/tmp/tickmesh-e2e.XXXXXX)
  chmod 755 "$mesh_root"
  mkdir -p "$mesh_root/.build/deploy"
  ln -s "$bindir" "$mesh_root/.build/deploy/bin"
  ln -s "$project/deploy" "$project/sql" "$project/dashboards" "$mesh_root"
  cd "$mesh_root" || return 1
  . deploy/lib/common.sh
  . deploy/lib/mesh.sh
  mesh_port=$(free_ports 8) || return 1
  mesh_page=http://127.0.0.1:$((mesh_port + 7))/
  config=deploy/config/tickmesh.toml
  choose_user
  make_folders
  make_secrets
  export TICKMESH__HEALTH__BASE_PORT=$mesh_port TICKMESH__API__LISTEN=127.0.0.1:$((mesh_port + 7))
  write_supervisor "$config" "" TICKMESH__HEALTH__BASE_PORT=$mesh_port TICKMESH__API__LISTEN=127.0.0.1:$((mesh_port + 7)) "$@"
  # What is killed stays down until the test starts it again.
  sed -i 's/^autorestart=true/autorestart=false/' var/supervisor/supervisord.conf
  start_supervisor
  start_postgres
  PGPASSWORD=$(cat var/secrets/owner) as_mesh "$bin/tickmeshctl" --config "$config" migrate --dsn "$(owner_dsn)" --sql sql --passwords var/secrets
  start_services
  wait_ready "$config" 90
}

# mesh_down [keep]: stops what was started; with a word, leaves the folder and says where.
mesh_down() {
  [ -n "${mesh_root:-}" ] || return 0
  cd "$mesh_root" || return 0
  [ ! -f var/supervisor/supervisord.conf ] || stop_mesh
  cd "$project" || return 0
  if [ -n "${1:-}" ]; then echo "logs: $mesh_root/var/log" >&2; else rm -rf "$mesh_root"; fi
  mesh_root=
}
