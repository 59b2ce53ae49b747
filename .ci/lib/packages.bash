# shellcheck shell=bash
# Installs the groups of .debian-packages: only what is missing, so that a second run does not call apt.

# prepare_packages GROUP...
prepare_packages() {
    local wanted missing=() installed package
    wanted=$(prepare_group "$@") || return 1
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        prepare_say "this is no Debian: make sure that you have what these packages hold:" "${wanted//$'\n'/ }"
        return 0
    fi
    installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p')
    for package in $wanted; do
        grep -qxF "$package" <<<"$installed" || missing+=("$package")
    done
    ((${#missing[@]} > 0)) || return 0
    prepare_install "${missing[@]}"
}

# The packages of some groups, one to a line.
prepare_group() {
    local list=$PREPARE_ROOT/.debian-packages group
    for group in "$@"; do
        if ! grep -q "^\[$group\]" "$list"; then
            prepare_complain "no group [$group] in $list"
            return 1
        fi
        sed -n "/^\[$group\]/,/^\[/{ /^\[/d; s/[[:space:]]*#.*//; /./p }" "$list"
    done | sort -u
    # With pipefail off, a missing group would go unnoticed otherwise.
    return "${PIPESTATUS[0]}"
}

prepare_install() {
    local log status=0
    prepare_say "installing $*"
    prepare_can_be_root "installing packages" || {
        printf '    As root: apt-get install --no-install-recommends %s\n' "$*" >&2
        return 1
    }
    log=$(mktemp "${TMPDIR:-/tmp}/tcpstate-apt.XXXXXX")
    # Another apt may be at work: wait for it.
    local options=(-q -y -o DPkg::Lock::Timeout=300)
    # apt's lists may be absent (containers) or old. If only some sources fail to answer, the install decides.
    prepare_step "apt-get update" "$log" prepare_as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get "${options[@]}" update || prepare_say "apt-get update failed; trying with the lists that are there"
    prepare_step "apt-get install" "$log.install" prepare_as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get "${options[@]}" --no-install-recommends install "$@" || status=$?
    if ((status != 0)); then
        prepare_complain "apt-get could not install: $*"
        prepare_show_end "$log" 8
        prepare_show_end "$log.install" 20
        printf '    %s\n' "Check the network and /etc/apt/sources.list.d (Debian 12 or later, component main), then try:" \
            "apt-get update && apt-get install --no-install-recommends $*" >&2
    fi
    rm -f "$log" "$log.install"
    return "$status"
}
