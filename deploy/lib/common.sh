# Shared by deploy/up, deploy/down and tests/run. Sourced with the project's root as working folder.
root=$PWD
say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# Packages of the lists given as files that are not installed.
missing_packages() {
  sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@" | while read -r package; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
  done
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# Installs what is missing of the lists given as files; never removes anything.
install_packages() {
  local missing
  missing=$(missing_packages "$@")
  [ -z "$missing" ] && return 0
  say "Installing from Debian: $(echo $missing)"
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || die "packages are missing and there is no sudo; as root: apt-get install $(echo $missing)"
  # A cluster of the system's own is not wanted: the mesh keeps its database under var/.
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    as_root mkdir -p /etc/postgresql-common
    echo "create_main_cluster = false" | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
  fi
  local apt="apt-get -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3"
  apt-cache policy cmake 2>/dev/null | grep -q 'Candidate: [0-9]' || as_root $apt update -q >/dev/null || die "apt-get update failed"
  local log
  log=$(mktemp)
  if ! as_root env DEBIAN_FRONTEND=noninteractive $apt install -y -q --no-remove --no-install-recommends $missing >"$log" 2>&1; then
    # An old list of packages names files that are gone: look again, once.
    as_root $apt update -q >/dev/null && as_root env DEBIAN_FRONTEND=noninteractive $apt install -y -q --no-remove --no-install-recommends $missing >"$log" 2>&1 ||
      { tail -n 20 "$log" >&2; die "apt-get install failed"; }
  fi
  rm -f "$log"
}

# As many compilers as memory and cores allow: 1.5 GB each.
build_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/MemAvailable/ {print int($2 / 1500000)}' /proc/meminfo)
  [ "$memory" -lt 1 ] && memory=1
  echo $((cores < memory ? cores : memory))
}

export_ccache() {
  export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$(dirname "$root")} CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros
}

# build PRESET [target…]: configures when needed, shows ninja's own progress.
build() {
  local preset=$1
  shift
  export_ccache
  cmake --preset "$preset" >.build/"$preset".configure.log 2>&1 || { tail -n 30 .build/"$preset".configure.log >&2; die "configuring $preset failed"; }
  NINJA_STATUS="[%f/%t %es] " cmake --build --preset "$preset" -j "$(build_jobs)" ${1:+--target "$@"}
}
