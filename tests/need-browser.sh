#!/bin/sh
# Chromium for the tests of pages: already here, or installed as root on Debian, or its absence said.
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing chromium for the tests of pages..."
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        chromium fonts-liberation >/dev/null && exit 0
fi
echo "Chromium is missing, so tests of pages are skipped; install it (on Debian: apt install chromium)." >&2
exit 0
