#!/usr/bin/env bash
# Submit a job and follow it to its end with curl alone: no socket, no stream, nothing installed.
#
#   watch.sh TYPE PARAMS_AS_JSON          JINDU_URL, JINDU_TOKEN as for `jindu`
#
# Prints a line for each change and the result at the end. Exit code 0 completed, 1 failed, cancelled or refused.
set -euo pipefail
URL=${JINDU_URL:-http://127.0.0.1:8765}
TYPE=${1:?usage: watch.sh TYPE PARAMS_AS_JSON} PARAMS=${2:-'{}'}
HEADERS=(-H 'Content-Type: application/json')
[ -n "${JINDU_TOKEN:-}" ] && HEADERS+=(-H "Authorization: Bearer $JINDU_TOKEN")

field() { sed -nE "s/.*\"$1\":\"?([^\",}]*)\"?.*/\1/p" <<<"$2"; }   # of flat fields, which is what we read
# A key makes repeating the submit safe: after a lost answer the same job is found again.
KEY=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
MADE=$(curl -sS --retry 5 --retry-all-errors "${HEADERS[@]}" -H "Idempotency-Key: $KEY" \
  -d "{\"type\":\"$TYPE\",\"params\":$PARAMS}" "$URL/v1/jobs")
ID=$(sed -nE 's/^\{"id":"([^"]+)".*/\1/p' <<<"$MADE")
if [ -z "$ID" ]; then echo "refused: $(field detail "$MADE")" >&2; exit 1; fi
echo "$ID"

# The answer is held until the job is beyond the cursor, 25 seconds at most: no news costs one request in 25 seconds.
CURSOR=:0
while true; do
  NOW=$(curl -sS --retry 5 --retry-all-errors --max-time 40 "${HEADERS[@]}" "$URL/v1/jobs/$ID?wait=25&since=$CURSOR")
  case $NOW in *'"unchanged":true'*) continue ;; esac
  CURSOR=$(sed -nE 's/.*"seq":([0-9]+),"epoch":"([^"]+)".*/\2:\1/p' <<<"$NOW")
  echo "$(sed -nE 's/.*"status":"([^"]+)","stage":"([^"]+)","progress":([0-9.]+).*/\1 \2 \3/p' <<<"$NOW") %"
  case $NOW in *'"is_completed":true'*) break ;; esac
done
case $NOW in
  *'"status":"completed"'*) curl -sS "${HEADERS[@]}" "$URL/v1/jobs/$ID/result"; echo ;;
  *) echo "$NOW" | sed -nE 's/.*"error":\{"code":"([^"]+)".*/\1/p' >&2; exit 1 ;;
esac
