#!/bin/sh
# Installs the Bluesky server that tests/connectors/test_bluesky.py tries the connector against.
set -e
target="${PORTH_TEST_SERVERS:-$HOME/.cache/porth/test-servers}"
mkdir -p "$target"
cp "$(dirname "$0")/package.json" "$target/"
npm install --prefix "$target" --no-audit --no-fund --fetch-retries=1
