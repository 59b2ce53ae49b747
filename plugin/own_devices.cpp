#include "plugin/own_devices.h"

#include "plugin/wireshark_compat.h"

#include <epan/uat.h>
#include <wsutil/strtoi.h>

#include <cstring>
#include <string>

namespace tcpstate {

namespace {

/** A row, as Wireshark's table code reads and writes it. */
struct Device {
    wireshark::Boolean used;
    char *name;
    std::uint32_t halfClosed;
    wireshark::Boolean fromFin;
    std::uint32_t idle;
    std::uint32_t closing;
};

// Wireshark allocates the rows and counts them here.
Device *devices = nullptr;
guint deviceCount = 0;

FirewallProfile own;

// A 0 in the file is no timer; thirty days are more than any device has.
constexpr std::uint32_t longest = 30U * 24 * 3600;

void *copyDevice(void *to, const void *from, size_t) {
    auto *const copy = static_cast<Device *>(to);
    const auto *const original = static_cast<const Device *>(from);
    *copy = *original;
    copy->name = g_strdup(original->name);
    return copy;
}

wireshark::CellCheck checkDevice(void *row, char **error) {
    const auto *const device = static_cast<const Device *>(row);
    if (device->name == nullptr || device->name[0] == '\0') {
        *error = g_strdup("The device needs a name.");
        return false;
    }
    for (const std::uint32_t seconds : {device->halfClosed, device->idle, device->closing}) {
        if (seconds == 0 || seconds > longest) {
            *error =
                g_strdup_printf("%s: a timeout of %u s is out of range (1 to %u).", device->name, seconds, longest);
            return false;
        }
    }
    return true;
}

void freeDevice(void *row) {
    g_free(static_cast<Device *>(row)->name);
}

UAT_BOOL_CB_DEF(device, used, Device)
UAT_CSTRING_CB_DEF(device, name, Device)
UAT_DEC_CB_DEF(device, halfClosed, Device)
UAT_BOOL_CB_DEF(device, fromFin, Device)
UAT_DEC_CB_DEF(device, idle, Device)
UAT_DEC_CB_DEF(device, closing, Device)

} // namespace

void registerOwnDevices(module_t *module) {
    static uat_field_t columns[] = {
        UAT_FLD_BOOL(device, used, "Used", "Tick the device that the profile \"own\" means"),
        UAT_FLD_CSTRING(device, name, "Name", "The name shown in the packets"),
        UAT_FLD_DEC(device, halfClosed, "Half-closed (s)", "Timeout after the first FIN, in seconds"),
        UAT_FLD_BOOL(device, fromFin, "From the FIN",
                     "Ticked: it counts from the first FIN. Otherwise each packet loads it again"),
        UAT_FLD_DEC(device, idle, "Idle (s)", "Timeout of an established session without traffic, in seconds"),
        UAT_FLD_DEC(device, closing, "Closing (s)", "Timeout after both FINs, in seconds"),
        UAT_END_FIELDS,
    };
    uat_t *const table =
        uat_new("TCP State: own devices", sizeof(Device), "tcpstate_devices", true, &devices, &deviceCount,
                UAT_AFFECTS_DISSECTION, nullptr, copyDevice, checkDevice, freeDevice, nullptr, nullptr, columns);
    prefs_register_uat_preference(
        module, "own_devices", "Own devices",
        "Firewalls of your own with their timers. Choose the profile \"own\" to use the first "
        "ticked row.",
        table);
}

const FirewallProfile *ownDevice() {
    for (guint number = 0; number < deviceCount; ++number) {
        const Device &device = devices[number];
        if (!device.used) {
            continue;
        }
        own = anyProfile();
        own.id = "own";
        own.name = device.name;
        own.vendor = "own device";
        const auto set = [](SessionPhase phase, std::uint32_t seconds, const char *name, Refresh refresh) {
            FirewallTimer timer;
            timer.seconds = seconds;
            timer.refresh = refresh;
            timer.name = name;
            timer.source = "table of own devices";
            own.timers[static_cast<std::size_t>(phase)] = timer;
        };
        set(SessionPhase::halfClosed, device.halfClosed, "half-closed timeout",
            device.fromFin ? Refresh::never : Refresh::everyPacket);
        set(SessionPhase::established, device.idle, "idle timeout", Refresh::everyPacket);
        set(SessionPhase::closing, device.closing, "closing timeout", Refresh::everyPacket);
        return &own;
    }
    return nullptr;
}

} // namespace tcpstate
