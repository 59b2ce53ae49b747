# shellcheck shell=bash
# Words to the person who waits: a quick step is silent, a long one says what it does, a failed one shows why.

prepare_say() {
    printf 'tcpstate: %s\n' "$*" >&2
}

prepare_complain() {
    printf 'tcpstate: error: %s\n' "$1" >&2
    shift
    (($# == 0)) || printf '    %s\n' "$@" >&2
}

# prepare_step LABEL LOG COMMAND...: runs COMMAND with its output in the file LOG. Returns its status.
# On a terminal one line shows the time and the command's last line; elsewhere a line now and then.
prepare_step() {
    local label=$1 log=$2 status=0 pipe reporter start=$SECONDS
    shift 2
    : >"$log"
    # The reporter is the background process, not the command, so that Ctrl-C reaches the command. It is told to stop,
    # not killed: a shell that is killed right after its start may run the traps of its parent.
    exec {pipe}<> <(:)
    prepare_report "$label" "$log" "$pipe" $$ &
    reporter=$!
    "$@" >>"$log" 2>&1 </dev/null || status=$?
    echo stop >&"$pipe"
    wait "$reporter" || true
    exec {pipe}>&-
    if ((SECONDS - start >= 3)); then
        prepare_say "$label: $((SECONDS - start)) s$( ((status == 0)) || echo ", failed")"
    fi
    return "$status"
}

# Reports until a line comes through the pipe, or until the shell that it reports for is gone.
prepare_report() {
    local label=$1 log=$2 pipe=$3 shell=$4 seconds=0 last
    while ! read -r -t 1 -u "$pipe" && kill -0 "$shell" 2>/dev/null; do
        seconds=$((seconds + 1))
        if [[ -t 2 ]]; then
            last=$(tail -n 1 "$log" 2>/dev/null | tr '\r\t' '  ' | tr -cd '[:print:]' | cut -c 1-60) || true
            printf '\r\033[Ktcpstate: %s: %d s  %s' "$label" "$seconds" "$last" >&2
        elif ((seconds == 3)); then
            prepare_say "$label ..."
        elif ((seconds % 30 == 0)); then
            last=$(tail -n 1 "$log" 2>/dev/null | tr -cd '[:print:]' | cut -c 1-60) || true
            prepare_say "$label: $seconds s  $last"
        fi
    done
    [[ ! -t 2 ]] || printf '\r\033[K' >&2
}

# prepare_show_end LOG [LINES]: the end of a log, for a step that failed.
prepare_show_end() {
    tail -n "${2:-40}" "$1" | sed 's/^/    /' >&2
}
