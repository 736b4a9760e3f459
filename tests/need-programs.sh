#!/bin/sh
# Programs that tests work with: already here, or installed as root on Debian, or their absence said, and what is skipped
# without them. Tests never fetch anything themselves.
missing= packages= quicker=

# need "what is skipped without it" "Debian's packages" program...: any one of the programs will do.
need() {
    skipped=$1 wanted=$2
    shift 2
    for program in "$@"; do
        command -v "$program" >/dev/null 2>&1 && return
        for place in /usr/lib/postgresql/*/bin; do
            [ -x "$place/$program" ] && return
        done
    done
    packages="$packages $wanted"
    missing="$missing
$1 is missing, so $skipped are skipped; install it (on Debian: apt install $wanted)."
}

look() {
    missing= packages=
    need "tests of pages" "chromium fonts-liberation" chromium chromium-browser google-chrome chromium-headless-shell
    need "some tests of videos" ffmpeg ffmpeg
    need "tests on PostgreSQL" postgresql initdb
    need "tests of a sudden loss of power" strace strace
}

look
# The same browser without windows takes a quarter less time; tests do without it where there is none.
command -v chromium-headless-shell >/dev/null 2>&1 || quicker=chromium-headless-shell
if [ -n "$packages$quicker" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing what the tests work with:$packages $quicker..."
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq -o Acquire::http::Timeout=20
    [ -z "$packages" ] || apt-get install -y -qq --no-install-recommends $packages >/dev/null
    [ -z "$quicker" ] || apt-get install -y -qq --no-install-recommends $quicker >/dev/null || true
    look
fi
[ -z "$missing" ] || echo "${missing#?}" >&2
exit 0
