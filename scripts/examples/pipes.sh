#!/usr/bin/env bash
# `standoff classify` in pipes: a few that are useful as they are, and short enough to change.
#
#   scripts/examples/pipes.sh count   SENTENCES…      how many statements by side and stance
#   scripts/examples/pipes.sh first N SENTENCES…      the labels of the first N; the rest is not computed
#   scripts/examples/pipes.sh sure P  SENTENCES…      those labelled with at least this confidence (needs jq)
#   scripts/examples/pipes.sh follow  FILE            labels of lines as they are added to FILE, each at once
#   scripts/examples/pipes.sh parallel N < JSONL      the same as classify, in N processes, in order (needs GNU parallel)
#
# SENTENCES are text files, one sentence a line, or JSONL files with a field "text".
set -euo pipefail
standoff=${STANDOFF_BIN:-standoff}

classify() { "$standoff" classify --quiet "$@"; }

# "side<TAB>stance" of every record. Keys are always written in this order, and quotes inside a text are escaped, so that
# sed finds the right ones; error records have no label and are left out.
labels() {
  if command -v jq >/dev/null && [[ -z ${WITHOUT_JQ:-} ]]; then
    jq -r 'select(.error == null) | [.side.label, .stance.label] | @tsv'
  else
    sed -n 's/.*"side":{"label":"\([^"]*\)".*"stance":{"label":"\([^"]*\)".*/\1	\2/p'
  fi
}

# Exit code 3 means that some records were rejected, each named on stderr: the rest is good.
but_3() { "$@" || [[ $? == 3 ]]; }

case ${1:-} in
  count)
    but_3 classify "${@:2}" | labels | LC_ALL=C sort | uniq -c | LC_ALL=C sort -k1,1nr -k2
    ;;
  first)
    # When head has enough, it closes the pipe, and standoff ends quietly.
    classify "${@:3}" | head -n "$2" | labels
    ;;
  sure)
    but_3 classify "${@:3}" |
      jq -r --argjson p "$2" 'select(.error == null and .side.confidence >= $p and .stance.confidence >= $p)
        | [.side.label, .stance.label, .text] | @tsv'
    ;;
  follow)
    # No buffering on the way: every program here writes each line at once.
    tail -n +1 -F -- "$2" 2>/dev/null | classify - |
      if command -v jq >/dev/null; then jq --unbuffered -r '[.side.label, .stance.label, .text, .error] | @tsv'; else cat; fi
    ;;
  parallel)
    # Each process loads the model, so blocks should be large. Error records count lines inside their block.
    parallel --will-cite --pipe --keep-order --block 4M -j "$2" "$standoff" classify --quiet --threads 1
    ;;
  *)
    sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
