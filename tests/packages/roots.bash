# shellcheck shell=bash
# Debian systems in folders, one for each Wireshark release: a bare one, made once and never changed, and layers over it.
# To be sourced after .ci/prepare, as root. The caller's lists:
#
#   root_bare 4.4 FOLDER                      the smallest system with apt (debootstrap), kept in FOLDER
#   root_run BARE LAYER [BIND...] -- COMMAND  a command in it; what it changes goes to LAYER, the bare system stays

# Which Debian release has which Wireshark: as in tests/wireshark-versions/fetch.
root_suite() {
    case $1 in
    4.0) echo bookworm ;;
    4.4) echo trixie ;;
    4.6) echo testing ;;
    *) return 1 ;;
    esac
}

# root_bare VERSION FOLDER LOG
root_bare() {
    local version=$1 folder=$2 log=$3 suite uri
    # complete is the last file to be written.
    [[ ! -f $folder.complete ]] || return 0
    suite=$(root_suite "$version") || return 1
    uri=$("$PREPARE_ROOT/tests/wireshark-versions/fetch" --sources | head -n 1)
    if [[ -z $uri ]]; then
        prepare_complain "no source of Debian's main in apt's sources." "Look at /etc/apt/sources.list.d."
        return 1
    fi
    rm -rf -- "$folder"
    mkdir -p "$folder"
    if ! prepare_step "making a bare Debian $suite" "$log" debootstrap --variant=minbase "$suite" "$folder" "$uri"; then
        prepare_complain "debootstrap could not make a bare Debian $suite:"
        prepare_show_end "$log" 10
        return 1
    fi
    root_settle "$folder"
    touch "$folder.complete"
}

# What this machine needs to reach Debian (proxies, old release files) holds inside too, and no service is started there.
root_settle() {
    local folder=$1
    apt-config dump | grep -E '^Acquire::(https?|Check|Retries)' >"$folder/etc/apt/apt.conf.d/90machine" || true
    printf '%s\n' 'APT::Sandbox::User "root";' >>"$folder/etc/apt/apt.conf.d/90machine"
    printf '#!/bin/sh\nexit 101\n' >"$folder/usr/sbin/policy-rc.d"
    chmod 755 "$folder/usr/sbin/policy-rc.d"
}

# root_run BARE LAYER [SOURCE:TARGET]... -- COMMAND...: SOURCE shows read-only at TARGET, with a + before it writable.
root_run() {
    local bare=$1 layer=$2 binds=()
    shift 2
    while [[ $1 != -- ]]; do
        binds+=("$1")
        shift
    done
    shift
    mkdir -p "$layer"/{upper,work,root}
    # Mounts and processes end with the command.
    # shellcheck disable=SC2016  # expanded by the inner shell
    unshare --mount --pid --fork --kill-child -- bash -euc '
        bare=$1 layer=$2 count=$3
        shift 3
        mount -t overlay overlay -o "lowerdir=$bare,upperdir=$layer/upper,workdir=$layer/work" "$layer/root"
        for ((; count > 0; count--)); do
            source=${1%%:*} target=$layer/root${1#*:} options=ro,bind
            shift
            [[ $source != +* ]] || options=bind source=${source#+}
            mkdir -p "$target"
            mount --bind "$source" "$target"
            [[ $options == bind ]] || mount -o "remount,$options" "$target"
        done
        mount -t proc proc "$layer/root/proc"
        cp -L /etc/resolv.conf "$layer/root/etc/resolv.conf"
        exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
            chroot "$layer/root" "$@"
    ' root_run "$bare" "$layer" "${#binds[@]}" "${binds[@]}" "$@"
}
