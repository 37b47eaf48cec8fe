#!/usr/bin/env bash
# A run every night over whatever came in. For cron, or a systemd timer:
#
#   30 2 * * *  /opt/standoff/scripts/examples/nightly.sh /srv/inbox /srv/standoff
#
#   nightly.sh INBOX RUNS [OPTION…]
#
# INBOX is a folder of articles. RUNS receives a folder for each day and the link `latest`; OPTIONs go to
# `standoff analyze`. A run that was cut off (power, memory, a reboot) is tried again with --resume, and goes on
# where it stopped, also when it is started by hand the same day. Two runs at once are refused by standoff itself.
# A line is printed only if something needs attention, and cron mails what is printed.
#
# Exit codes: 0 finished; 3 finished, some inputs were rejected (named here and in run.json); 2 the settings are
# wrong and trying again is useless; 1 it failed twice.
set -euo pipefail
if [[ $# -lt 2 ]]; then
  sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
inbox=$1 runs=$2
shift 2
standoff=${STANDOFF_BIN:-standoff}
day=${DAY:-$(date +%Y-%m-%d)}
out=$runs/$day
mkdir -p "$runs"

analyze() { # OPTION…
  # The log is kept beside the results, not among them.
  "$standoff" analyze "$inbox" --out "$out" --quiet "$@" >>"$runs/$day.log" 2>&1
}

code=0
for try in 1 2; do
  code=0
  # A folder is there if an earlier run of today was cut off, or finished and more came in since.
  if [[ -d $out ]]; then
    analyze --resume "$@" || code=$?
  else
    analyze "$@" || code=$?
  fi
  case $code in
    0 | 2 | 3) break ;;
  esac
  [[ $try == 2 ]] || sleep "${RETRY_AFTER:-60}"
done

case $code in
  0) ;;
  3)
    echo "standoff $day: finished; some inputs were rejected:"
    grep -E '^(rejected|warning|error)' "$runs/$day.log" | tail -n 20 || true
    ;;
  *)
    echo "standoff $day: failed with exit code $code; the end of $runs/$day.log:"
    tail -n 20 "$runs/$day.log"
    exit "$code"
    ;;
esac
ln -sfn "$day" "$runs/latest"
exit "$code"
