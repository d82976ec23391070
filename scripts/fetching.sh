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
