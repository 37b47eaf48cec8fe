# Shared by scripts/setup, scripts/analyze, scripts/test and scripts/checks/*.sh; to be sourced.
#
# Gives: STANDOFF_ROOT (the source tree), messages, checks of the tools, the user's own
# libtorch, and what a check may ask for: need_command, need_java, need_chromium, python_env.
# Runs under bash 3.2 as macOS ships it.
# shellcheck shell=bash

STANDOFF_ROOT=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
STANDOFF_PYTHON=${STANDOFF_PYTHON:-python3}
STANDOFF_SELF=${0##*scripts/}
STANDOFF_SELF=scripts/${STANDOFF_SELF#./}

# --- messages (stderr; stdout is for data) ---------------------------------

say() { printf '%s: %s\n' "$STANDOFF_SELF" "$*" >&2; }
die() {
  say "$@"
  exit 1
}

# --- the tools that building needs -----------------------------------------

# The oldest Rust that Cargo.toml allows, such as 1.82.
minimum_rust() { sed -n 's/^rust-version = "\(.*\)"/\1/p' "$STANDOFF_ROOT/Cargo.toml"; }

# How to install the packages given for apt, dnf, pacman, apk and macOS.
package_hint() { # APT DNF PACMAN APK MACOS
  local sudo=''
  [[ $(id -u) == 0 ]] || sudo='sudo '
  if command -v apt-get >/dev/null; then
    printf '%sapt-get install %s' "$sudo" "$1"
  elif command -v dnf >/dev/null; then
    printf '%sdnf install %s' "$sudo" "$2"
  elif command -v pacman >/dev/null; then
    printf '%spacman -S %s' "$sudo" "$3"
  elif command -v apk >/dev/null; then
    printf '%sapk add %s' "$sudo" "$4"
  elif [[ $(uname -s) == Darwin ]]; then
    printf '%s' "$5"
  else
    printf "install it with your system's package manager"
  fi
}

# Is version $1 (such as 1.95.0) at least $2 (such as 1.82)?
version_at_least() {
  local have_major have_minor want_major want_minor rest
  IFS=. read -r have_major have_minor rest <<<"$1"
  IFS=. read -r want_major want_minor rest <<<"$2"
  [[ $have_major =~ ^[0-9]+$ && $have_minor =~ ^[0-9]+ ]] || return 1
  ((have_major > want_major || (have_major == want_major && ${have_minor%%[!0-9]*} >= ${want_minor:-0})))
}

# Can the C++ compiler make a C++17 program that links as torch-sys will?
compiler_works() {
  local folder openmp='' ok=1
  [[ $(uname -s) == Darwin ]] || openmp=-lgomp
  folder=$(mktemp -d) || return 1
  printf '#include <optional>\n#include <string>\nint main() { return std::optional<std::string>("").value().size(); }\n' \
    >"$folder/probe.cpp"
  # CXX may hold several words, such as "ccache g++".
  # shellcheck disable=SC2086
  ${CXX:-c++} -std=c++17 "$folder/probe.cpp" -o "$folder/probe" $openmp >/dev/null 2>&1 && ok=0
  rm -rf "$folder"
  return $ok
}

# Prints one line per missing tool, with the remedy. `thorough` also starts each one.
missing_tools() { # quick|thorough
  local mode=$1 rust compiler=${CXX:-c++} version
  rust=$(minimum_rust)
  command -v git >/dev/null ||
    tool_line git "$(package_hint git git git git 'xcode-select --install')"

  if ! command -v cargo >/dev/null; then
    tool_line "cargo (Rust $rust or newer)" 'install Rust with rustup: https://rustup.rs'
  elif [[ $mode == thorough ]]; then
    version=$(cargo --version 2>/dev/null) && version=${version#cargo } && version=${version%% *}
    version_at_least "$version" "$rust" ||
      tool_line "cargo (Rust $rust or newer; here: ${version:-does not start})" 'rustup update stable && rustup default stable'
  fi

  if ! command -v "${compiler%% *}" >/dev/null || ! command -v cc >/dev/null; then
    tool_line 'a C++17 compiler (c++ and cc)' "$(compiler_hint)"
  elif [[ $mode == thorough ]] && ! compiler_works; then
    tool_line "a C++17 compiler ($compiler is there but cannot build a small program)" "$(compiler_hint)"
  fi

  if ! command -v "$STANDOFF_PYTHON" >/dev/null; then
    tool_line 'python3 (3.9 or newer) with pip' "$(python_hint)"
  elif [[ $mode == thorough ]]; then
    if ! "$STANDOFF_PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 9))' >/dev/null 2>&1; then
      version=$("$STANDOFF_PYTHON" --version 2>&1) || version='does not start'
      tool_line "python3 3.9 or newer (here: $version)" "$(python_hint), or name another one in STANDOFF_PYTHON"
    elif ! "$STANDOFF_PYTHON" -m pip --version >/dev/null 2>&1; then
      tool_line 'pip for python3' "$(package_hint python3-pip python3-pip python-pip py3-pip "$STANDOFF_PYTHON -m ensurepip")"
    fi
  fi
}

tool_line() { printf '  - %s\n      %s\n' "$1" "$2"; }
compiler_hint() { package_hint build-essential gcc-c++ base-devel build-base 'xcode-select --install'; }
python_hint() {
  package_hint 'python3 python3-pip' 'python3 python3-pip' 'python python-pip' 'python3 py3-pip' 'brew install python'
}

# --- the user's own libtorch -----------------------------------------------

# Is LIBTORCH set by the user, to something other than what scripts/setup installs?
own_libtorch() {
  [[ -n ${LIBTORCH:-} && ! $LIBTORCH -ef $STANDOFF_ROOT/.deps/libtorch && ${LIBTORCH%/} != "$STANDOFF_ROOT/.deps/libtorch" ]]
}

# Makes the variables that torch-sys reads fit for use: paths absolute, the ABI as the library was built.
# Checks a libtorch of the user's own and exits if it cannot work.
prepare_libtorch() {
  local variable value library abi
  for variable in LIBTORCH LIBTORCH_LIB LIBTORCH_INCLUDE; do
    value=${!variable:-}
    if [[ -z $value ]]; then
      unset "$variable" # set but empty would hide the value in .cargo/config.toml
    elif [[ $value != /* ]]; then
      export "$variable=$PWD/$value" # cargo runs elsewhere
    fi
  done
  if [[ -n ${LIBTORCH_USE_PYTORCH:-} ]]; then
    die "LIBTORCH_USE_PYTORCH is not supported here. Unset it and name that PyTorch's folder instead:
  export LIBTORCH=\$(python3 -c 'import pathlib, torch; print(pathlib.Path(torch.__file__).parent)')"
  fi
  own_libtorch || return 0

  [[ -d $LIBTORCH ]] || die "LIBTORCH is set to $LIBTORCH, which is not a folder. Correct it, or unset it to have libtorch installed."
  library=${LIBTORCH_LIB:-$LIBTORCH}/lib
  [[ -e $library/libtorch_cpu.so || -e $library/libtorch_cpu.dylib ]] ||
    die "LIBTORCH is set to $LIBTORCH, but $library holds no libtorch_cpu. Correct it, or unset it to have libtorch installed."
  [[ -e ${LIBTORCH_INCLUDE:-$LIBTORCH}/include/torch/csrc/api/include/torch/torch.h ]] ||
    die "LIBTORCH is set to $LIBTORCH, but the headers (include/torch/…) are not there. Take a libtorch with headers, or unset LIBTORCH."
  check_libtorch_version

  abi=$(libtorch_abi "$library/libc10.so")
  if [[ -n $abi && -n ${LIBTORCH_CXX11_ABI:-} && $LIBTORCH_CXX11_ABI != "$abi" ]]; then
    die "LIBTORCH_CXX11_ABI is $LIBTORCH_CXX11_ABI, but the libtorch in $LIBTORCH was built with $abi, and linking would fail.
  export LIBTORCH_CXX11_ABI=$abi"
  fi
  [[ -z $abi ]] || export LIBTORCH_CXX11_ABI=$abi
}

# tch 0.17 wants 2.4.0; another 2.4 has the same interface, but torch-sys asks for consent.
check_libtorch_version() {
  local version
  version=$(libtorch_version)
  case $version in
    2.4.0) ;;
    '') say "the version of the libtorch in $LIBTORCH cannot be told; 2.4.0 is needed" ;;
    2.4.*)
      [[ -n ${LIBTORCH_BYPASS_VERSION_CHECK:-} ]] ||
        die "the libtorch in $LIBTORCH is $version; 2.4.0 is what was tested. To try this one: export LIBTORCH_BYPASS_VERSION_CHECK=1"
      ;;
    *) die "the libtorch in $LIBTORCH is $version, and 2.4.0 is needed. Take that, or unset LIBTORCH to have it installed." ;;
  esac
}

# From build-version (libtorch) or version.py (PyTorch), without the part after "+"; empty if unknown.
libtorch_version() {
  local version=''
  if [[ -f $LIBTORCH/build-version ]]; then
    version=$(<"$LIBTORCH/build-version")
  elif [[ -f $LIBTORCH/version.py ]]; then
    version=$(sed -n "s/^__version__ = '\(.*\)'/\1/p" "$LIBTORCH/version.py")
  fi
  printf '%s' "${version%%+*}"
}

# 1 or 0: how the strings in the library's interface are laid out; empty if it cannot be told.
libtorch_abi() { # LIBC10
  [[ -f $1 ]] || return 0
  if LC_ALL=C grep -aqF _ZN3c105ErrorC1ENS_14SourceLocationENSt7__cxx11 "$1"; then
    printf 1
  elif LC_ALL=C grep -aqF _ZN3c105ErrorC1ENS_14SourceLocationESs "$1"; then
    printf 0
  fi
}

# --- cargo -----------------------------------------------------------------

# Cargo has to run in the source tree to find .cargo/config.toml.
in_root() { (cd -- "$STANDOFF_ROOT" && "$@"); }

# A relative CARGO_TARGET_DIR counts from where the user stands.
absolute_target_dir() {
  if [[ -n ${CARGO_TARGET_DIR:-} && $CARGO_TARGET_DIR != /* ]]; then
    export CARGO_TARGET_DIR=$PWD/$CARGO_TARGET_DIR
  fi
}

# Where cargo puts the release program.
release_binary() {
  local folder=${CARGO_TARGET_DIR:-$STANDOFF_ROOT/target}
  if [[ ! -x $folder/release/standoff ]]; then
    # Perhaps cargo's own configuration names another folder.
    local told
    told=$(in_root cargo metadata --format-version 1 --no-deps --offline 2>/dev/null |
      sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p') || true
    folder=${told:-$folder}
  fi
  printf '%s/release/standoff' "$folder"
}

# --- for scripts/checks/*.sh -----------------------------------------------

# Installs Debian packages if that is possible here; fails quietly if it is not.
apt_install_if_root() { # PACKAGE…
  [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null || return 1
  say "installing with apt-get: $*"
  local install=(apt-get install -y -qq --no-install-recommends "$@")
  # Package lists may be absent or stale: then bring them up to date and try once more.
  DEBIAN_FRONTEND=noninteractive "${install[@]}" >/dev/null 2>&1 && return 0
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive "${install[@]}"; } >&2
}

# The command must be there; else its Debian package is installed, or the check ends with the remedy.
need_command() { # COMMAND PACKAGE [REMEDY]
  local remedy=${3:-"install it, on Debian: apt-get install $2"}
  command -v "$1" >/dev/null && return 0
  apt_install_if_root "$2" && command -v "$1" >/dev/null && return 0
  die "this needs $1, which is missing: $remedy"
}

# Java of at least this version; sets and exports JAVA_HOME.
need_java() { # MAJOR
  find_java "$1" && return 0
  apt_install_if_root "openjdk-$1-jre-headless" && find_java "$1" && return 0
  die "this needs Java $1 or newer, which is missing: install it, on Debian: apt-get install openjdk-$1-jre-headless"
}

find_java() { # MAJOR
  local java version
  for java in "${JAVA_HOME:-/nonexistent}/bin/java" "$(command -v java)" /usr/lib/jvm/*/bin/java; do
    [[ -x $java ]] || continue
    version=$("$java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p')
    if [[ ${version:-0} -ge $1 ]]; then
      java=$("$STANDOFF_PYTHON" -c 'import os, sys; print(os.path.realpath(sys.argv[1]))' "$java")
      export JAVA_HOME=${java%/bin/java}
      return 0
    fi
  done
  return 1
}

# A Chromium; sets and exports CHROMIUM.
need_chromium() {
  find_chromium && return 0
  apt_install_if_root chromium && find_chromium && return 0
  die 'this needs Chromium, which is missing: install it, on Debian: apt-get install chromium; or name a browser of that kind in CHROMIUM'
}

find_chromium() {
  local name
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    if [[ -n $name ]] && command -v "$name" >/dev/null; then
      CHROMIUM=$(command -v "$name")
      export CHROMIUM
      return 0
    fi
  done
  return 1
}

# A Python environment with the packages of scripts/requirements/NAME.txt (pinned, with hashes, complete),
# made once in .deps/venv-NAME. Prints the path of its python:  python=$(python_env client)
python_env() { # NAME
  "$STANDOFF_PYTHON" -c 'import ensurepip, venv' 2>/dev/null ||
    apt_install_if_root python3-venv ||
    die "this needs Python's venv module, which is missing: on Debian: apt-get install python3-venv"
  "$STANDOFF_PYTHON" "$STANDOFF_ROOT/scripts/setup.py" venv "$1"
}
