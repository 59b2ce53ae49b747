# shellcheck shell=bash
# Configures and builds with CMake, in a folder that is kept, so that the next run takes a second.

# prepare_build [CMAKE OPTION...]: builds the plugin for the machine's own Wireshark.
# Sets PLUGIN (the built tcpstate.so), TSHARK, WIRESHARK_MM (such as 4.0) and PREPARE_BUILD_DIR.
# shellcheck disable=SC2120  # options are for those who have some
prepare_build() {
    TSHARK=${TSHARK:-$(command -v tshark || true)}
    if [[ -z $TSHARK ]]; then
        prepare_complain "no tshark in PATH." "Install it (Debian: apt-get install tshark)."
        return 1
    fi
    WIRESHARK_MM=$(prepare_version_of "$TSHARK") || return 1
    prepare_build_in "${TCPSTATE_BUILD_DIR:-$(prepare_build_dir build)}" "$@" || return 1
    prepare_check_headers
}

# prepare_build_in FOLDER [CMAKE OPTION...]: sets PLUGIN and PREPARE_BUILD_DIR.
prepare_build_in() {
    prepare_make "$1" tcpstate "${@:2}" || return 1
    if [[ ! -f $PREPARE_BUILD_DIR/tcpstate.so ]]; then
        prepare_complain "the build made no $PREPARE_BUILD_DIR/tcpstate.so." "Remove $PREPARE_BUILD_DIR and try again."
        return 1
    fi
    # shellcheck disable=SC2034  # for the caller
    PLUGIN=$PREPARE_BUILD_DIR/tcpstate.so
}

# prepare_engine_tests: builds the engine's tests, which need no Wireshark. Sets PREPARE_BUILD_DIR.
prepare_engine_tests() {
    local dir
    dir=${TCPSTATE_BUILD_DIR:-$(prepare_build_dir build)}
    # GoogleTest may have come after the folder was configured. An option that is added here stays in CMake's cache.
    prepare_make "$dir" engine_tests --add -DTCPSTATE_TESTS=ON
}

# prepare_make FOLDER TARGET [--add] [CMAKE OPTION...]
prepare_make() {
    local dir=$1 target=$2 log lock status=0
    shift 2
    if ! mkdir -p "$dir" 2>/dev/null || [[ ! -w $dir ]]; then
        prepare_complain "cannot write to the build folder $dir." "Set TCPSTATE_BUILD_DIR to a folder of your own."
        return 1
    fi
    dir=$(cd "$dir" && pwd)
    log=$dir/prepare.log
    # One build at a time in one folder.
    exec {lock}>"$dir/prepare.lock"
    if ! flock -n "$lock"; then
        prepare_say "waiting for another build in $dir"
        flock "$lock"
    fi
    if ! prepare_configure "$dir" "$@"; then
        status=1
    elif ! prepare_step "building $target in $dir" "$log" cmake --build "$dir" --target "$target"; then
        status=1
        prepare_complain "the build of $target failed; the end of $log:"
        prepare_show_end "$log"
    fi
    exec {lock}>&-
    PREPARE_BUILD_DIR=$dir
    return "$status"
}

# prepare_configure FOLDER [--add] [CMAKE OPTION...]
prepare_configure() {
    local dir=$1 log=$1/prepare.log generator=() add='' home
    shift
    if [[ ${1:-} == --add ]]; then
        add=yes
        shift
    fi
    if [[ -f $dir/CMakeCache.txt ]]; then
        # Options that are gone would stay in CMake's cache, and so would the place of the sources.
        home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$dir/CMakeCache.txt")
        if [[ $home != "$PREPARE_ROOT" ]] \
            || [[ -z $add && -f $dir/prepare.options && $(<"$dir/prepare.options") != "$*" ]]; then
            rm -rf -- "$dir/CMakeCache.txt" "$dir/CMakeFiles"
        fi
    fi
    # A folder that someone configured with another generator keeps it.
    if [[ ! -f $dir/CMakeCache.txt ]]; then
        generator=(-G Ninja)
    fi
    if ! prepare_step "configuring" "$log" cmake -S "$PREPARE_ROOT" -B "$dir" "${generator[@]}" "$@"; then
        prepare_complain "CMake could not configure the build; the end of $log:"
        prepare_show_end "$log"
        return 1
    fi
    [[ -n $add ]] || printf '%s' "$*" >"$dir/prepare.options"
}

# Where to build: NAME in the source folder, or in the user's cache where that folder or an earlier build in it
# belongs to someone else: mixed ownership would fail later with worse words.
prepare_build_dir() {
    local name=$1 dir=$PREPARE_ROOT/$1 other
    if [[ -d $dir && -O $dir && -w $dir ]] || [[ ! -e $dir && -w $PREPARE_ROOT ]]; then
        printf '%s\n' "$dir"
        return
    fi
    # One folder for each source folder.
    other=$(prepare_cache_dir)/$name-$(printf '%s' "$PREPARE_ROOT" | sha256sum | cut -c 1-8)
    if [[ -e $dir ]]; then
        prepare_say "$dir belongs to $(stat -c %U "$dir"): building in $other"
    else
        prepare_say "$PREPARE_ROOT is read-only for $(id -un): building in $other"
    fi
    printf '%s\n' "$other"
}

# The user's cache. Root's home is closed to the user that Wireshark runs as, so root has one that is not.
prepare_cache_dir() {
    if [[ -n ${XDG_CACHE_HOME:-} ]]; then
        printf '%s\n' "$XDG_CACHE_HOME/tcpstate"
    elif ((EUID == 0)); then
        printf '%s\n' /var/cache/tcpstate
    else
        printf '%s\n' "${HOME:-$(getent passwd "$EUID" | cut -d : -f 6)}/.cache/tcpstate"
    fi
}

# prepare_version_of TSHARK: its major and minor number, which a plugin must match.
prepare_version_of() {
    local first
    first=$("$@" --version 2>/dev/null | head -n 1) || true
    if [[ ! $first =~ \ ([0-9]+)\.([0-9]+)\.[0-9]+ ]]; then
        prepare_complain "$* does not say its version (it printed: ${first:-nothing})." "Is it installed whole?"
        return 1
    fi
    printf '%s.%s\n' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
}

# Wireshark refuses a plugin that was built with another version's headers.
prepare_check_headers() {
    local config headers
    config=$(sed -n 's/^Wireshark_DIR:[A-Z]*=//p' "$PREPARE_BUILD_DIR/CMakeCache.txt")/WiresharkConfigVersion.cmake
    [[ -f $config ]] || return 0
    headers=$(sed -n 's/^set *(PACKAGE_VERSION "\([0-9]*\.[0-9]*\)\..*/\1/p' "$config")
    if [[ -n $headers && $headers != "$WIRESHARK_MM" ]]; then
        prepare_complain "$TSHARK is Wireshark $WIRESHARK_MM, but the headers in ${config%/*} are of $headers." \
            "Install wireshark-dev and tshark of one version, or name the right tshark in the variable TSHARK."
        return 1
    fi
}
