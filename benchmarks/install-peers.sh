#!/bin/sh
# Installs what the benchmarks compare with into benchmarks/.peers, by name, from the usual registries. What cannot be had is
# left out, and its lines in the report say so. Redis and Node.js are taken from the system.
cd "$(dirname "$0")" && mkdir -p .peers/node .peers/deb && cd .peers || exit 1

echo "Python packages ..."
test -x python/bin/python || "${PYTHON:-python3}" -m venv python
python/bin/python -m pip install --quiet --disable-pip-version-check \
  aiohttp aiosqlite arq hiredis httptools orjson py-spy python-socketio saq starlette "taskiq<0.12" taskiq-redis uvicorn uvloop websockets || echo "  not all of them"

if command -v npm >/dev/null; then
  echo "packages for Node ..."
  (cd node && npm install --silent --no-fund --no-audit ws socket.io bullmq ioredis) || echo "  not all of them"
fi

for program in redis-server node; do
  command -v $program >/dev/null && continue
  package=$program && test $program = node && package=nodejs
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get install -yqq --no-install-recommends $package >/dev/null 2>&1 \
    || echo "  no $program: its peers are left out"
done

if command -v apt-get >/dev/null && command -v dpkg >/dev/null; then # unpacked, not installed: no service is started
  echo "nginx with nchan ..."
  (cd deb && apt-get download -qq nginx libnginx-mod-nchan libhiredis0.14 >/dev/null 2>&1
   for package in *.deb; do test -e "$package" && dpkg -x "$package" root; done)
fi
exit 0
