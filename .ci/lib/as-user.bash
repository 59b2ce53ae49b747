# shellcheck shell=bash
# Runs a command so that Wireshark loads the plugin from the personal folder without installing anything.

# as_user COMMAND...: a fresh private HOME holds the plugin. As root also drops root's rights, since Wireshark
# ignores personal plugins for root; the command then cannot read what only root can.
as_user() {
    (
        local home plugins words=()
        home=$(mktemp -d "${TMPDIR:-/tmp}/tcpstate-home.XXXXXX") || exit 1
        # A trap of this subshell: it leaves the caller's own traps alone.
        trap 'rm -rf -- "$home"' EXIT
        if [[ -n ${PLUGIN:-} ]]; then
            plugins=$home/.local/lib/wireshark/plugins/$WIRESHARK_MM/epan
            mkdir -p "$plugins" && cp -- "$PLUGIN" "$plugins/tcpstate.so" || exit 1
        fi
        chmod -R go+rX "$home"
        if ((EUID == 0)); then
            chown -R 65534:65534 "$home"
            words=(setpriv --reuid=65534 --regid=65534 --clear-groups)
        fi
        # These would lead Wireshark past the private HOME.
        words=(env -u XDG_CONFIG_HOME -u XDG_DATA_HOME -u WIRESHARK_CONFIG_DIR -u WIRESHARK_PLUGIN_DIR -u WIRESHARK_DATA_DIR
            -u WIRESHARK_RUN_FROM_BUILD_DIRECTORY "HOME=$home" "${words[@]}")
        "${words[@]}" "$@"
    )
}
