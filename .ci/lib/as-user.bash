# shellcheck shell=bash
# Runs a command so that Wireshark loads the plugin as it is built, without installing anything.

# as_user COMMAND...: a fresh private HOME holds the plugin. As root also drops root's rights, since Wireshark
# ignores personal plugins for root; the command then cannot read what only root can.
as_user() {
    (
        local home plugins installed words=() led=()
        home=$(mktemp -d "${TMPDIR:-/tmp}/tcpstate-home.XXXXXX") || exit 1
        # A trap of this subshell: it leaves the caller's own traps alone.
        trap 'rm -rf -- "$home"' EXIT
        if [[ -n ${PLUGIN:-} ]]; then
            plugins=$home/.local/lib/wireshark/plugins/$WIRESHARK_MM/epan
            # One that is installed for all users would go before it: then Wireshark sees links to all the others instead.
            installed=$(env -u WIRESHARK_PLUGIN_DIR "${TSHARK:-tshark}" -G folders 2>/dev/null |
                sed -n 's/^Global Plugins:[[:space:]]*//p') || true
            if [[ -n $installed && -e $installed/epan/tcpstate.so ]]; then
                plugins=$home/plugins/$WIRESHARK_MM/epan
                led=("WIRESHARK_PLUGIN_DIR=$home/plugins")
                mkdir -p "$home/plugins" && cp -rs -- "$installed" "$home/plugins/$WIRESHARK_MM" || exit 1
                rm -- "$plugins/tcpstate.so"
            fi
            mkdir -p "$plugins" && cp -- "$PLUGIN" "$plugins/tcpstate.so" || exit 1
        fi
        chmod -R go+rX "$home"
        if ((EUID == 0)); then
            chown -hR 65534:65534 "$home"
            words=(setpriv --reuid=65534 --regid=65534 --clear-groups)
        fi
        # These would lead Wireshark past the private HOME.
        words=(env -u XDG_CONFIG_HOME -u XDG_DATA_HOME -u WIRESHARK_CONFIG_DIR -u WIRESHARK_PLUGIN_DIR -u WIRESHARK_DATA_DIR
            -u WIRESHARK_RUN_FROM_BUILD_DIRECTORY "HOME=$home" "${led[@]}" "${words[@]}")
        "${words[@]}" "$@"
    )
}
