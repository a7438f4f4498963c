# Debian packages, for the scripts that need some; sourced.
# shellcheck shell=bash

# The compiler of Linux 6.12's Rust. With the version: apt would take a newer one, which 6.12 was not tried with.
# shellcheck disable=SC2034
rust_for_linux='1.85.0+dfsg3-1~deb12u3'

# Whether a package, or just this version of it (name=version), is installed.
is_installed() {
    local installed
    installed=$(dpkg-query -W -f '${Status}=${Version}' "${1%%=*}" 2>/dev/null) || return 1
    case $1 in
    *=*) [ "$installed" = "install ok installed=${1#*=}" ] ;;
    *) [ "${installed%%=*}" = 'install ok installed' ] ;;
    esac
}

# Those of these packages that are missing.
missing_packages() {
    local package
    for package in "$@"; do
        is_installed "$package" || printf '%s ' "$package"
    done
}

# need_packages WHO PACKAGE...: installs what is missing, as root; otherwise WHO names it, and this fails.
need_packages() {
    local who=$1 missing
    shift
    read -ra missing <<<"$(missing_packages "$@")"
    [ "${#missing[@]}" -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "$who: these Debian packages are needed: ${missing[*]}" >&2
        return 1
    fi
    apt-get update -qq >&2 &&
        DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends --allow-downgrades "${missing[@]}" >/dev/null
}
