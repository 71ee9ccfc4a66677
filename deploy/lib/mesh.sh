# The pieces of starting and stopping a mesh on one machine. Sourced after common.sh.
bin=.build/deploy/bin
services="tick_ingestor broker_gateway position_manager metrics_engine bar_compressor api_gateway"
pg_bin() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1; }

# Services and PostgreSQL run unprivileged: as the caller, or, for root, as the system user tickmesh.
choose_user() {
  if [ "$(id -u)" != 0 ]; then
    mesh_user=$(id -un)
    as_mesh() { "$@"; }
    return
  fi
  mesh_user=tickmesh
  id -u tickmesh >/dev/null 2>&1 || useradd --system --home-dir "$root/var" --no-create-home --shell /usr/sbin/nologin tickmesh
  runuser -u tickmesh -- test -x "$root" ||
    die "user tickmesh cannot enter $root; put the project where other users can read it, /opt for one, or run deploy/up as an ordinary user"
  as_mesh() { runuser -u tickmesh -- "$@"; }
}

make_folders() {
  mkdir -p var/run var/log var/journal var/venue var/secrets var/pg var/supervisor
  chmod 700 var/secrets
  [ "$(id -u)" != 0 ] || chown -R tickmesh: var
}

# A password for each role, made once.
make_secrets() {
  local role
  for role in owner tickmesh_tick_ingestor tickmesh_bar_compressor tickmesh_metrics_engine tickmesh_position_manager \
    tickmesh_broker_gateway tickmesh_api_gateway tickmesh_reader push_token predictions_token; do
    [ -s "var/secrets/$role" ] || (umask 077; od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"var/secrets/$role")
  done
  [ "$(id -u)" != 0 ] || chown -R tickmesh: var/secrets
}

# Unix socket paths end at 107 bytes.
pg_socket_dir() {
  if [ ${#root} -lt 70 ]; then echo "$root/var/pg/sock"; else echo "/tmp/tickmesh-$(printf '%s' "$root" | cksum | cut -d' ' -f1)"; fi
}
# The password goes by the environment (PGPASSWORD): everyone can read a command line.
database=tickmesh
owner_dsn() { echo "host=$(pg_socket_dir) port=5432 dbname=$database user=tickmesh_owner"; }

# Recorded data: looked through once, and a run of its own named by them: journals, venue and database; sets run, database, overrides.
# var/replay is its environment, for programs that are started by hand.
prepare_replay() {
  local plan epoch start dir override
  plan=$(as_mesh "$bin/tickmesh-backtester" --config "$config" plan --data "$data" ${symbols:+--symbols "$symbols"} \
    --write-instruments var/run/replay.toml) || die "the data are refused (user $mesh_user must be able to read them)"
  printf '%s\n' "$plan" | grep -v '^  ignored '
  run=$(printf '%s\n' "$plan" | awk '$1 == "run" {print $2; exit}')
  epoch=$(printf '%s\n' "$plan" | awk '$1 == "epoch" {print $2}')
  start=$(printf '%s\n' "$plan" | awk '$1 == "start" {print $2}')
  [ "$order" = arrival ] || run=$run-$order  # another order is another run
  dir=var/runs/$run
  as_mesh mkdir -p "$dir/journal" "$dir/venue" "$dir/run"
  as_mesh mv var/run/replay.toml "$dir/instruments.toml"
  database=tickmesh_${run//-/_}
  overrides+=("TICKMESH__FEED__REPLAY__DATA=$data" "TICKMESH__FEED__REPLAY__SPEED=$speed"
    "TICKMESH__FEED__REPLAY__SYMBOLS=$symbols" "TICKMESH__MESH__TIME=$order" "TICKMESH__MESH__EPOCH=$epoch" "TICKMESH__MESH__START_NS=$start"
    "TICKMESH__MESH__INSTRUMENTS=$dir/instruments.toml" "TICKMESH__MESH__CALENDAR_DIR=deploy/config/calendars" "TICKMESH__MESH__RUN_DIR=$dir/run"
    "TICKMESH__JOURNAL__DIR=$dir/journal" "TICKMESH__VENUE__PAPER__LEDGER=$dir/venue/paper.ledger")
  [ -z "$loop" ] || overrides+=("TICKMESH__FEED__REPLAY__LOOP=true")
  for override in "${overrides[@]}"; do printf '%s\n' "$override"; done >var/replay
}

write_supervisor() {
  local config=$1 postgres=$2 dsn environment= override service
  shift 2
  if [ -n "$postgres" ]; then
    # Each service adds its own user and password.
    dsn=$(printf '%s' "$postgres" | sed -E 's/(^| )(user|password)=[^ ]*//g')
  else
    dsn="host=$(pg_socket_dir) port=5432 dbname=$database"
  fi
  environment="TICKMESH__POSTGRES__DSN=\"$dsn\""
  for override; do environment="$environment,${override%%=*}=\"${override#*=}\""; done
  # A percent sign is the supervisor's own.
  environment=${environment//%/%%}
  {
    cat <<TXT
; Written by deploy/up; changes are lost at its next run.
[unix_http_server]
file=$root/var/run/supervisor.sock
chmod=0600
[supervisord]
logfile=$root/var/log/supervisord.log
logfile_maxbytes=5MB
pidfile=$root/var/run/supervisord.pid
childlogdir=$root/var/log
directory=$root
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://$root/var/run/supervisor.sock
TXT
    [ -n "$postgres" ] || cat <<TXT
[program:postgres]
command=$(pg_bin)/postgres -D $root/var/pg/data -p 5432 -k $(pg_socket_dir) -c listen_addresses= -c shared_buffers=64MB -c synchronous_commit=off -c max_wal_size=512MB -c timezone=UTC
autostart=false
autorestart=true
startsecs=0
stopsignal=INT
stopwaitsecs=30
stdout_logfile=$root/var/log/postgres.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
redirect_stderr=true
TXT
    for service in $services; do
      cat <<TXT
[program:$service]
command=$root/$bin/tickmesh-$service --config $config
directory=$root
environment=$environment
autostart=false
autorestart=unexpected
exitcodes=0,3
startsecs=1
startretries=1000000
stopsignal=TERM
stopwaitsecs=20
stdout_logfile=$root/var/log/$service.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
redirect_stderr=true
TXT
    done
  } >var/supervisor/supervisord.conf
}

# The number of instances of metrics_engine in the written configuration: further ones are the first's program with an ordinal.
scale_supervisor() {
  local number=$1 file=var/supervisor/supervisord.conf
  awk -v number="$number" '
    function flush(   i, copy, extra) {
      if (block == "") return
      extra = name ~ /^metrics_engine-[0-9]+$/
      if (!extra) printf "%s", block
      if (name == "metrics_engine")
        for (i = 1; i < number; i++) {
          copy = block
          sub(/\[program:metrics_engine\]/, "[program:metrics_engine-" i "]", copy)
          sub(/tickmesh-metrics_engine /, "tickmesh-metrics_engine --mesh.ordinal=" i " ", copy)
          sub(/metrics_engine\.log/, "metrics_engine-" i ".log", copy)
          printf "%s", copy
        }
      block = ""
    }
    /^\[/ {flush(); name = $0; sub(/^\[program:/, "", name); sub(/\]$/, "", name)}
    {block = block $0 "\n"}
    END {flush()}' "$file" >"$file.new"
  mv "$file.new" "$file"
}
# Of the written configuration, those that trade and those that serve.
programs() { sed -n 's/^\[program:\(.*\)\]$/\1/p' var/supervisor/supervisord.conf 2>/dev/null | grep -v '^postgres$'; }

supervisor() { as_mesh supervisorctl -c var/supervisor/supervisord.conf "$@"; }

start_supervisor() {
  if supervisor pid >/dev/null 2>&1; then
    supervisor reread >/dev/null
    supervisor update >/dev/null
    return
  fi
  rm -f var/run/supervisor.sock
  as_mesh supervisord -c "$root/var/supervisor/supervisord.conf"
  local i
  for i in $(seq 100); do
    supervisor pid >/dev/null 2>&1 && return
    sleep 0.1
  done
  die "the supervisor did not start; see var/log/supervisord.log"
}

start_postgres() {
  local pg socket
  pg=$(pg_bin)
  [ -n "$pg" ] || die "no PostgreSQL server is installed"
  socket=$(pg_socket_dir)
  as_mesh mkdir -p "$socket"
  as_mesh chmod 700 "$socket"
  if [ ! -f var/pg/data/PG_VERSION ]; then
    as_mesh "$pg/initdb" -D "$root/var/pg/data" -U tickmesh_owner --auth=scram-sha-256 --pwfile="$root/var/secrets/owner" -E UTF8 \
      --locale=C.UTF-8 --no-instructions >var/log/initdb.log 2>&1 || { tail -n 5 var/log/initdb.log >&2; die "initdb failed"; }
  fi
  supervisor start postgres >/dev/null || true
  local i
  for i in $(seq 300); do
    "$pg/pg_isready" -q -h "$socket" -p 5432 && break
    [ "$i" = 300 ] && die "PostgreSQL did not start; see var/log/postgres.log"
    sleep 0.1
  done
  local password
  password=$(cat var/secrets/owner)
  PGPASSWORD=$password "$pg/psql" -h "$socket" -U tickmesh_owner -d postgres -tAc "SELECT 1 FROM pg_database WHERE datname = '$database'" | grep -q 1 ||
    PGPASSWORD=$password "$pg/createdb" -h "$socket" -U tickmesh_owner "$database"
}

program_sums() { (cd "$bin" 2>/dev/null && cksum tickmesh-* 2>/dev/null) || true; }

# Together: each waits for what it needs by itself. $1: the programs' sums before the build; those that changed are started anew.
start_services() {
  local service new
  new=$(program_sums)
  for service in $(programs); do
    if [ "$(printf '%s' "${1-}" | grep "tickmesh-${service%-*}\$")" != "$(printf '%s' "$new" | grep "tickmesh-${service%-*}\$")" ]; then
      supervisor restart "$service" >/dev/null 2>&1 &
    else
      supervisor start "$service" >/dev/null 2>&1 &
    fi
  done
  wait
}

wait_ready() {
  local config=$1 limit=$2 i
  for i in $(seq $((limit * 5))); do
    as_mesh "$bin/tickmeshctl" --config "$config" status >var/log/status.txt 2>&1 && return
    sleep 0.2
  done
  cat var/log/status.txt >&2
  die "not ready after $limit s; see var/log/ and 'tickmeshctl status'"
}

ctl_places() { printf '%s\n' /usr/local/bin "${HOME:-/root}/.local/bin"; }
# `tickmeshctl` from any folder, where this user may put it. Another living mesh's is left alone.
install_ctl() {
  local place owner
  ctl="$bin/tickmeshctl"
  for place in $(ctl_places); do
    [ -d "$place" ] && [ -w "$place" ] || continue
    if [ -e "$place/tickmeshctl" ]; then
      owner=$(sed -n "s/^cd '\(.*\)' && exec .*/\1/p" "$place/tickmeshctl")
      [ "$owner" = "$root" ] || [ ! -e "${owner:-/}" ] || continue
    fi
    printf '#!/bin/sh\ncd %s && exec %s "$@"\n' "'$root'" "$bin/tickmeshctl" >"$place/tickmeshctl" && chmod 755 "$place/tickmeshctl"
    case ":$PATH:" in *":$place:"*) ctl=tickmeshctl ;; *) ctl="$place/tickmeshctl" ;; esac
    return 0
  done
}
remove_ctl() {
  local place
  for place in $(ctl_places); do
    if grep -qsF "cd '$root' && exec" "$place/tickmeshctl"; then rm -f "$place/tickmeshctl"; fi
  done
}

# One effective setting.
setting() { as_mesh "$bin/tickmeshctl" --config "$1" config show | awk -v key="$2" '$1 == key {print $2}'; }

# Those who send first, then those who execute, the database last.
stop_services() {
  local service
  for service in api_gateway $(programs | grep '^metrics_engine') position_manager broker_gateway bar_compressor tick_ingestor; do
    supervisor stop "$service" >/dev/null 2>&1 || true
  done
}
stop_mesh() {
  stop_services
  supervisor stop postgres >/dev/null 2>&1 || true
  supervisor shutdown >/dev/null 2>&1 || true
  local i
  for i in $(seq 300); do
    if ! supervisor pid >/dev/null 2>&1; then
      rm -f var/run/supervisor.sock
      stop_orphans
      return 0
    fi
    sleep 0.1
  done
  return 1
}

# A supervisor that was killed leaves its children running.
stop_orphans() {
  local process program
  for process in /proc/[0-9]*; do
    program=$(readlink "$process/exe" 2>/dev/null) || continue
    case ${program% (deleted)} in "$(readlink -f "$bin")"/tickmesh-*) kill -TERM "${process#/proc/}" 2>/dev/null || true ;; esac
  done
  [ ! -f var/pg/data/postmaster.pid ] || as_mesh "$(pg_bin)/pg_ctl" -D var/pg/data -m fast -w -t 30 stop >/dev/null 2>&1 || true
}
