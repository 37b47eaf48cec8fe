#!/usr/bin/env bash
# Classifies every *.jsonl file of a folder, several at a time, each into a file of its own.
#
#   scripts/examples/folder.sh FOLDER OUT [JOBS]
#
# OUT receives NAME.labels.jsonl for every NAME.jsonl. What is there already is not computed again, so that the
# same command goes on after a stop. Runs JOBS files at a time (2) with one thread each, by GNU parallel if that
# is installed, else by xargs. Exit codes are those of standoff: 3 if records were rejected, 1 if a file failed.
#
# For one report over the whole folder use `standoff analyze FOLDER --out DIR --jobs N` instead.
set -euo pipefail
if [[ $# -lt 2 ]]; then
  sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
folder=${1%/}
export OUT=$2 STANDOFF=${STANDOFF_BIN:-standoff}
jobs=${3:-2}
mkdir -p "$OUT"

one() { # FILE
  local target code=0
  target=$OUT/$(basename -- "$1" .jsonl).labels.jsonl
  [[ ! -e $target ]] || return 0
  "$STANDOFF" classify --quiet --threads 1 "$1" >"$target.partial" || code=$?
  case $code in
    0) mv "$target.partial" "$target" ;;
    3)
      mv "$target.partial" "$target"
      echo "$1: some records were rejected (see the lines with \"error\" in $target)" >&2
      echo "$1" >>"$OUT/.rejected"
      ;;
    *)
      rm -f "$target.partial"
      echo "$1: failed with exit code $code; it is tried again next time" >&2
      return 1
      ;;
  esac
}
export -f one

rm -f "$OUT/.rejected"
failed=0
if command -v parallel >/dev/null; then
  find "$folder" -maxdepth 1 -name '*.jsonl' -print0 | sort -z |
    parallel --will-cite -0 -j "$jobs" one || failed=1
else
  # shellcheck disable=SC2016  # the inner bash expands it
  find "$folder" -maxdepth 1 -name '*.jsonl' -print0 | sort -z |
    xargs -0 -n 1 -P "$jobs" bash -c 'one "$1"' one || failed=1
fi
[[ $failed == 0 ]] || exit 1
if [[ -e $OUT/.rejected ]]; then
  rm -f "$OUT/.rejected"
  exit 3
fi
