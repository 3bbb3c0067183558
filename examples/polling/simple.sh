#!/usr/bin/env bash
# The simplest way to follow a job: ask, wait as long as the answer says, ask again. simple.sh JOB_ID; exit code 0 if it completed.
set -euo pipefail
URL=${JINDU_URL:-http://127.0.0.1:8765}
while true; do
  NOW=$(curl -sSf "$URL/v1/jobs/${1:?usage: simple.sh JOB_ID}")
  sed -nE 's/.*"status":"([^"]+)".*"progress":([0-9.]+).*/\1 \2/p' <<<"$NOW"
  case $NOW in *'"is_completed":true'*) break ;; esac
  sleep "$(sed -nE 's/.*"poll_after_ms":([0-9]+)([0-9]{3}).*/\1.\2/p' <<<"$NOW")"
done
case $NOW in *'"status":"completed"'*) ;; *) exit 1 ;; esac
