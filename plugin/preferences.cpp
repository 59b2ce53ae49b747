#include "plugin/preferences.h"

#include "plugin/own_devices.h"

#include "plugin/wireshark_compat.h"
#include "postdissector/annotation.h"

#include <epan/prefs.h>
#include <wsutil/report_message.h>

namespace tcpstate {

namespace {

/** A preference that is a number, with the range that makes sense. */
struct Number {
    const char *name;
    const char *title;
    const char *description;
    unsigned lowest;
    unsigned highest;
    unsigned standard;
    const char *unit;
    unsigned value;
};

constexpr unsigned thirtyDays = 30U * 24 * 3600;

// Wireshark writes the values where it was told to at registration, hence variables of the file.
Number halfClosedTimeout{
    "half_closed_timeout",
    "Firewall's half-closed timeout (seconds)",
    "How long a stateful firewall on the path keeps a session after the first FIN while the other side may still "
    "send. Palo Alto Networks calls it TCP wait. A session in which data stays unanswered after that time is marked "
    "as likely killed. 0 means the clock of the firewall profile, which is 30 seconds by default.",
    0,
    thirtyDays,
    0,
    "seconds",
    0,
};
Number evidenceCopies{
    "evidence_copies",
    "Unanswered copies that count as silence",
    "So many copies of the same segment have to stay unanswered before the path counts as silent. Fewer give earlier "
    "warnings and more false ones.",
    1,
    100,
    5,
    "copies",
    5,
};
Number evidenceSpan{
    "evidence_span",
    "Time that counts as silence (seconds)",
    "Unanswered copies have to span at least this time before the path counts as silent. A shorter time gives "
    "earlier warnings and more false ones.",
    1,
    3600,
    20,
    "seconds",
    20,
};
Number halfCloseThreshold{
    "half_close_threshold",
    "Half-close threshold (milliseconds)",
    "A connection that stays half-closed for longer than this uses its half-close on purpose, even if no data is "
    "sent meanwhile. It is counted from the acknowledgement of the first FIN.",
    0,
    3'600'000,
    1000,
    "milliseconds",
    1000,
};
Number idleTimeout{
    "idle_timeout",
    "Firewall's idle timeout (seconds)",
    "How long the firewall keeps an established session without traffic. 0 means the profile's own; any other value "
    "replaces it, and the profile shows as custom.",
    0,
    thirtyDays,
    0,
    "seconds",
    0,
};
Number timeWaitTimeout{
    "time_wait_timeout",
    "Firewall's timeout after both FINs (seconds)",
    "How long the firewall keeps a session after the second FIN. 0 means the profile's own.",
    0,
    thirtyDays,
    0,
    "seconds",
    0,
};
Number halfOpenLimit{
    "half_open_limit",
    "Half-open connections of one host",
    "A warning is given when one host holds more half-open connections (SYN received, handshake not finished) than "
    "this at one time.",
    1,
    10'000'000,
    1000,
    "connections",
    1000,
};
wireshark::Boolean infoColumn = false;

Number *const numbers[] = {&halfClosedTimeout, &idleTimeout,        &timeWaitTimeout, &evidenceCopies,
                           &evidenceSpan,      &halfCloseThreshold, &halfOpenLimit};

// The profiles in the order of the engine's table, then the user's own.
constexpr std::size_t mostProfiles = 64;
enum_val_t profileValues[mostProfiles + 3];
int profile = 0;

void listProfiles() {
    std::size_t count = 0;
    gint number = 0;
    for (const FirewallProfile &one : profiles()) {
        if (count == mostProfiles) {
            break;
        }
        profileValues[count++] = {one.id, one.name, number};
        if (&one == findProfile("panos")) {
            profileValues[count++] = {"panos", "Palo Alto PAN-OS", number}; // what most will type
        }
        ++number;
    }
    profileValues[count++] = {"own", "The first ticked row of the table of own devices", number};
    profileValues[count] = {nullptr, nullptr, -1};
}

FirewallProfile chosenProfile() {
    const auto number = static_cast<std::size_t>(profile);
    if (number < profiles().size()) {
        return profiles()[number];
    }
    if (const FirewallProfile *const own = ownDevice()) {
        return *own;
    }
    report_warning("tcpstate.profile: \"own\" is chosen, but no row of the table of own devices is ticked. The default "
                   "is used instead. Tick one under Preferences > Protocols > TCP State > Own devices.");
    return anyProfile();
}

void clamp(Number &number) {
    const unsigned wanted = number.value;
    if (wanted < number.lowest) {
        number.value = number.lowest;
    } else if (wanted > number.highest) {
        number.value = number.highest;
    } else {
        return;
    }
    report_warning("tcpstate.%s: %u is out of range, %u is used instead. Choose a value from %u to %u (%s); the "
                   "default is %u.",
                   number.name, wanted, number.value, number.lowest, number.highest, number.unit, number.standard);
}

void apply() {
    for (Number *number : numbers) {
        clamp(*number);
    }
    showStatesInInfoColumn(infoColumn != 0);
}

} // namespace

void registerPreferences(int protocol) {
    module_t *const module = prefs_register_protocol(protocol, apply);
    listProfiles();
    prefs_register_enum_preference(
        module, "profile", "Firewall profile",
        "The device whose session table is simulated: its timers make the firewall's clock, the notes and the advice. "
        "With the default a death is judged by its evidence and matched against all known devices; the clock shown is "
        "then a TCP wait of 30 seconds after the first FIN.",
        &profile, profileValues, false);
    registerOwnDevices(module);
    for (Number *number : numbers) {
        prefs_register_uint_preference(module, number->name, number->title, number->description, 10, &number->value);
    }
    prefs_register_bool_preference(
        module, "info_column", "Show state changes in the Info column",
        "Puts a short mark such as [server FIN-WAIT-1, active close] before the Info text of packets that change a "
        "state. The Flow Graph, which can show that column, then becomes a ladder of states.",
        &infoColumn);
}

Settings settingsFromPreferences() {
    Settings settings;
    settings.firewall =
        withTimeouts(chosenProfile(), halfClosedTimeout.value, idleTimeout.value, timeWaitTimeout.value);
    settings.halfOpenLimit = halfOpenLimit.value;
    settings.evidenceCopies = evidenceCopies.value;
    settings.evidenceSpan = evidenceSpan.value * second;
    settings.halfCloseThreshold = halfCloseThreshold.value * millisecond;
    return settings;
}

} // namespace tcpstate
