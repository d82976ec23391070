# Shared by the scripts that put programs into the cache folder; sourced, never run.
#
# The caller sets `me`, its name in messages.

say() { printf '%s: %s\n' "$me" "$*" >&2; }

fail() {
  local status=$1
  shift
  say "$@"
  exit "$status"
}

# Ends unless these programs are there.
need_tools() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || fail 69 "$tool is missing; this works on Debian and its relatives only"
  done
}

# The cache folder: $SALLYPORT_CACHE, or $XDG_CACHE_HOME/sallyport, or ~/.cache/sallyport.
cache_base() {
  local base=${SALLYPORT_CACHE:-}
  if [[ -z $base ]]; then
    [[ -n ${XDG_CACHE_HOME:-}${HOME:-} ]] || fail 64 "neither SALLYPORT_CACHE nor HOME is set"
    base=${XDG_CACHE_HOME:-$HOME/.cache}/sallyport
  fi
  [[ $base == /* ]] || base=$PWD/$base
  echo "$base"
}

# Whether a folder was filled to its end by this version of the script: FOLDER FORMAT.
is_complete() { [[ -f $1/complete && $(head -n 1 "$1/complete") == "format $2" ]]; }

# Puts a new folder in the place of an old one, if there is one: NEW FOLDER.
put_in_place() {
  if [[ -e $2 ]]; then
    mv "$2" "$1.old"
    mv "$1" "$2"
    rm -rf "$1.old"
  else
    mv "$1" "$2"
  fi
}

# The places of archives that the machine's own sources name for its own release, one a line. Updates and other suites of
# the same archive say nothing new.
archives() {
  local release
  release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  apt-get update --print-uris 2>/dev/null |
    sed -nE "s|^'([^']+)/dists/([^/']+)/InRelease'.*|\2 \1|p" |
    awk -v release="$release" '$1 == release || $1 ~ /^(stable|oldstable|testing|unstable|sid)$/ { print $2 }' | sort -u
}

# Writes an apt configuration for one release: RELEASE ARCHIVE FOLDER. Everything that apt keeps, it keeps in the folder,
# and apt's own state is not touched.
write_configuration() {
  local release=$1 archive=$2 folder=$3 keys= file
  for file in /usr/share/keyrings/debian-archive-keyring.{pgp,gpg}; do
    [[ -z $keys && -e $file ]] && keys="[signed-by=$file] "
  done
  mkdir -p "$folder"/{lists,archives,parts}/partial
  : >"$folder/status"
  echo "deb $keys$archive $release main" >"$folder/sources.list"
  cat >"$folder/apt.conf" <<TEXT
Dir::Etc::sourcelist "$folder/sources.list";
Dir::Etc::sourceparts "$folder/parts";
Dir::Etc::preferences "$folder/none";
Dir::Etc::preferencesparts "$folder/parts";
Dir::State "$folder";
Dir::State::lists "$folder/lists";
Dir::State::status "$folder/status";
Dir::Cache "$folder";
Dir::Cache::archives "$folder/archives";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Acquire::Languages "none";
Acquire::PDiffs "false";
Acquire::Retries "2";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
TEXT
}

# Puts packages for Python into a folder of the cache, which is the last line on standard output. One folder for each
# version of Python and of the last package, because packages may be compiled.
#
# python_packages OPTION NAME PACKAGE==VERSION...    OPTION: --where, to fetch nothing, or empty
python_packages() {
  local option=$1 name=$2
  shift 2
  case $option in
    '' | --where) ;;
    *) fail 64 "usage: $name [--where]" ;;
  esac
  local base tag folder aside
  base=$(cache_base)
  command -v python3 >/dev/null || fail 69 "python3 is missing"
  tag=$(python3 -c 'import sys; print(f"{sys.implementation.cache_tag}-{sys.platform}")')
  folder=$base/$name/$tag-${*: -1}
  folder=${folder%%==*}-${folder##*==}
  if [[ -e $folder/complete ]]; then
    echo "$folder"
    return
  fi
  [[ -z $option ]] || fail 1 "it is not in $folder; run scripts/$name"
  python3 -m pip --version >/dev/null 2>&1 || fail 69 "python3 has no pip"
  mkdir -p "${folder%/*}" || fail 74 "cannot create ${folder%/*}"
  aside=$(mktemp -d "$folder.XXXXXX")
  # shellcheck disable=SC2064 # the folder of now
  trap "rm -rf '$aside'" EXIT
  python3 -m pip install --quiet --disable-pip-version-check --no-input --root-user-action=ignore \
    --only-binary :all: --target "$aside" "$@" >&2 || fail 74 "the packages could not be installed"
  touch "$aside/complete"
  # Somebody else may have been faster.
  mv -T "$aside" "$folder" 2>/dev/null || [[ -e $folder/complete ]] || fail 74 "cannot create $folder"
  echo "$folder"
}
