#!/usr/bin/env bash
# Deploy the content hub: eleven checks, in order; stops at the first that fails. Exit code 0 if all are ticked.
#
#   scripts/deploy_async_content.sh [--dry-run] [--port PORT]
#
# Run from the root of a clone, or anywhere where jindu is installed. A server of its own is started for the last checks, on a copy
# of nothing: its jobs are in a folder that is removed again. PYTHON names the interpreter; CONTENT_DB the database that is backed
# up, into the folder BACKUPS (backups); the report goes to REPORTS (reports). DEPLOY_TESTS is the command that runs the tests; empty
# leaves them out.
set -uo pipefail

DRY= PORT=8799
while [ $# -gt 0 ]; do
  case $1 in
    --dry-run) DRY=1 ;;
    --port) shift; PORT=$1 ;;
    *) echo "usage: $0 [--dry-run] [--port PORT]" >&2; exit 2 ;;
  esac
  shift
done

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
PYTHON=${PYTHON:-$([ -x "$ROOT/.venv/bin/python" ] && echo "$ROOT/.venv/bin/python" || echo python3)}
export PYTHONPATH="$ROOT${PYTHONPATH:+:$PYTHONPATH}"
CONTENT_DB=${CONTENT_DB:-content-hub.db} BACKUPS=${BACKUPS:-backups}
DEPLOY_TESTS=${DEPLOY_TESTS-"$PYTHON -m pytest -q $ROOT/tests/examples/content_hub/test_async_content_full_workflow.py"}
export CONTENT_DB CONTENTHUB_URL="http://127.0.0.1:$PORT"
if [ -t 1 ] || [ -n "${FORCE_COLOR:-}" ]; then GREEN=$'\e[32m' RED=$'\e[31m' PLAIN=$'\e[0m'; else GREEN= RED= PLAIN=; fi
NUMBER=0 BACKUP= SERVER= FOLDER=$(mktemp -d)

leave() {
  [ -n "$SERVER" ] && kill "$SERVER" 2>/dev/null && wait "$SERVER" 2>/dev/null
  rm -rf "$FOLDER"
}
trap leave EXIT

# step NAME COMMAND…: run it, tick it with the last line it said, or stop.
step() {
  local name=$1 said; shift
  NUMBER=$((NUMBER + 1))
  if [ -n "$DRY" ]; then echo "· $NUMBER/11 $name: $*"; return; fi
  if said=$("$@" 2>&1); then
    echo "$GREEN✓$PLAIN $NUMBER/11 $name: $(tail -n 1 <<<"$said")"
  else
    echo "$RED✗$PLAIN $NUMBER/11 $name"
    echo "$said" | tail -n 20 >&2
    [ -n "$BACKUP" ] && echo "the database from before: $BACKUP" >&2
    exit 1
  fi
}

check() { "$PYTHON" -m examples.content_hub.checks "$1"; }
hub() { "$PYTHON" -m examples.content_hub.cli "$@" --help >/dev/null && echo "contenthub $*"; }

back_up() {
  if [ ! -e "$CONTENT_DB" ]; then echo "nothing to back up: $CONTENT_DB is new"; return; fi
  mkdir -p "$BACKUPS"
  "$PYTHON" - "$CONTENT_DB" "$BACKUP" <<'PYTHON'
import sqlite3, sys
source, target = sqlite3.connect(sys.argv[1]), sqlite3.connect(sys.argv[2])
with target:
    source.backup(target)
assert target.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
print(sys.argv[2])
PYTHON
}

tests() {
  if [ -z "$DEPLOY_TESTS" ]; then echo "left out (DEPLOY_TESTS is empty)"; return; fi
  $DEPLOY_TESTS
}

start() {
  "$PYTHON" -m jindu serve examples.content_hub.app:app --port "$PORT" --store "sqlite:///$FOLDER/jindu.db" \
    >"$FOLDER/log" 2>&1 &
  SERVER=$!
  for _ in $(seq 300); do
    kill -0 "$SERVER" 2>/dev/null || break
    # A knock first: to start Python for each look would cost more than the start that is waited for.
    (: <"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null && check state >/dev/null 2>&1 && return
    sleep 0.1
  done
  echo "$RED✗$PLAIN the server did not start" && tail -n 20 "$FOLDER/log" >&2
  exit 1
}

[ -e "$CONTENT_DB" ] && BACKUP="$BACKUPS/content-hub-$(date -u +%Y%m%dT%H%M%SZ).db"
step 依赖/dependencies check dependencies
step 备份/backup back_up
step 测试/tests tests
step 模型/models check models
step 服务/services check services
step 命令行/"command line" hub
step 任务组/"task group" hub task
step 监控组/"monitor group" hub monitor
[ -n "$DRY" ] || start
step 系统状态/state check state
step 总任务数/"task count" check tasks
step 成功率/"success rate" check rate
# The report of this deploy, and its place in the archive.
[ -n "$DRY" ] || "$PYTHON" -m jindu report --url "$CONTENTHUB_URL" --folder "${REPORTS:-reports}" | tail -n 1
[ -n "$DRY" ] || echo "${GREEN}ready${PLAIN}${BACKUP:+, the database from before: $BACKUP}"
