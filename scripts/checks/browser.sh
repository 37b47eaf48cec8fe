#!/usr/bin/env bash
# report.html in a real browser: rendering, filters, links, keys, light and dark, a hostile article,
# 20,000 statements, accessibility. See scripts/browser/test_report.py.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"

need_chromium
need_command chromedriver chromium-driver
python=$(python_env browser)

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for kind in dispute hostile large; do
  in_root cargo run --release --quiet --example sample_report -- "$folder/$kind" "$kind" >/dev/null
done

# The command renders the same bytes from analysis.json alone.
if "${STANDOFF_BIN:-$(release_binary)}" report --help >/dev/null 2>&1; then
  for kind in dispute hostile; do
    mkdir -p "$folder/again/$kind"
    cp "$folder/$kind/analysis.json" "$folder/again/$kind/"
    "${STANDOFF_BIN:-$(release_binary)}" report "$folder/again/$kind" --quiet >/dev/null
    for file in "$folder/again/$kind"/*; do
      cmp "$file" "$folder/$kind/${file##*/}" || die "standoff report wrote another ${file##*/} for the sample '$kind'"
    done
  done
fi

cd -- "$STANDOFF_ROOT/scripts/browser"
STANDOFF_PAGES=$folder PYTHONDONTWRITEBYTECODE=1 "$python" test_report.py "$@"
