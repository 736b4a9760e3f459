#!/bin/sh
# Chromium for the tests of pages, and ffmpeg, which makes their videos: already here, or installed as root on Debian,
# or their absence said.
if ! command -v ffmpeg >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "Installing ffmpeg for the tests of videos..."
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ffmpeg >/dev/null
    fi
    command -v ffmpeg >/dev/null 2>&1 ||
        echo "ffmpeg is missing, so some tests of videos are skipped; install it (on Debian: apt install ffmpeg)." >&2
fi
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
