# shellcheck shell=bash
# Root's rights, for the few things that need them: packages and network namespaces.

# prepare_can_be_root REASON: succeeds as root, or as a user whom sudo lets be root (it may ask for a password).
prepare_can_be_root() {
    local reason=$1
    ((EUID != 0)) || return 0
    if ! command -v sudo >/dev/null; then
        prepare_complain "$reason needs root, and there is no sudo here." \
            "Run the command as root, or install sudo and add your user to the group sudo."
        return 1
    fi
    # Asked once and in the foreground; where nobody can answer, sudo says so at once.
    if ! sudo -n true 2>/dev/null; then
        prepare_say "$reason needs root"
        if ! sudo -v; then
            prepare_complain "$reason needs root, and sudo does not let $(id -un) be root from here." \
                "Run the command as root, or from a terminal where sudo can ask for the password."
            return 1
        fi
    fi
}

# prepare_as_root COMMAND...
prepare_as_root() {
    if ((EUID == 0)); then
        "$@"
    else
        sudo -n "$@"
    fi
}
