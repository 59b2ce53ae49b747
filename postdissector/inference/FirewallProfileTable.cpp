// The devices and their numbers: vendor documents, source code and a running kernel, each with its source beside it.
//
// Left out: timers without a source, and everything that ends TCP connections itself (proxies, hosts). Where no source
// says whether packets load a timer again, the refresh is unknown here.
#include "FirewallProfile.h"

namespace tcpstate {

namespace {

using enum Refresh;

/** A device's timers by name; FirewallProfile has them by number. Order of a timer: default, least, greatest, refresh. */
struct Timers {
    FirewallTimer opening{};
    FirewallTimer handshake{};
    FirewallTimer established{};
    FirewallTimer halfClosed{};
    FirewallTimer halfClosedAcknowledged{};
    FirewallTimer closing{};
    FirewallTimer closed{};
    FirewallTimer reset{};
};

struct Device {
    const char *id;
    const char *name;
    const char *vendor;
    AfterExpiry afterExpiry;
    const char *narrower = nullptr;
    const char *variantOf = nullptr;
};

consteval FirewallProfile profile(const Device &device, const Timers &timers) {
    FirewallProfile made;
    made.id = device.id;
    made.name = device.name;
    made.vendor = device.vendor;
    made.afterExpiry = device.afterExpiry;
    made.narrower = device.narrower;
    made.variantOf = device.variantOf;
    const auto set = [&made](SessionPhase phase, const FirewallTimer &timer) {
        made.timers[static_cast<std::size_t>(phase)] = timer;
    };
    set(SessionPhase::opening, timers.opening);
    set(SessionPhase::handshake, timers.handshake);
    set(SessionPhase::established, timers.established);
    set(SessionPhase::halfClosed, timers.halfClosed);
    set(SessionPhase::closing, timers.closing);
    set(SessionPhase::closed, timers.closed);
    set(SessionPhase::reset, timers.reset);
    made.halfClosedAcknowledged = timers.halfClosedAcknowledged;
    return made;
}

/** The same timer with another number, range or source. */
consteval FirewallTimer changed(FirewallTimer timer, std::uint32_t seconds, std::uint32_t minimum,
                                std::uint32_t maximum, const char *source) {
    timer.seconds = seconds;
    timer.minimum = minimum;
    timer.maximum = maximum;
    timer.source = source;
    return timer;
}

consteval FirewallTimer refreshed(FirewallTimer timer, Refresh refresh, const char *source) {
    timer.refresh = refresh;
    timer.source = source;
    return timer;
}

// Palo Alto Networks. Until 6.0 one timer ran after any FIN or RST. Since 6.1 there are three, and the old one's
// successor after the first FIN is four times as long.

constexpr const char *paloAlto = "Palo Alto Networks";
constexpr const char *panosFlags = "Palo Alto KB kA10g000000ClTPCA0, control flags";
constexpr const char *panosTimeouts = "PAN-OS 11.1 web help, Session Timeouts";
constexpr const char *panosClosing = "PAN-OS 6.1 Release Notes p. 13; PAN-OS 11.1 web help, Session Timeouts";
constexpr const char *panosReuse = "Palo Alto KB kA14u000000CpfKCAS, TCP reuse";
constexpr const char *panosNoRefresh = "PAN-OS 10.2.14 addressed issues, PAN-269716";
constexpr const char *panosNarrower =
    "the application's or the service's own TCP timeouts (Objects > Applications, Objects > Services)";

constexpr FirewallTimer panosInit{5,
                                  1,
                                  60,
                                  unknown,
                                  "TCP init",
                                  "set deviceconfig setting session timeout-tcpinit %u",
                                  "Device > Setup > Session > Session Timeouts > TCP Init",
                                  panosTimeouts};
constexpr FirewallTimer panosHandshake{10,
                                       1,
                                       60,
                                       unknown,
                                       "TCP handshake",
                                       "set deviceconfig setting session timeout-tcphandshake %u",
                                       "Device > Setup > Session > Session Timeouts > TCP Handshake",
                                       panosTimeouts};
constexpr FirewallTimer panosTcp{3600,
                                 1,
                                 15'999'999,
                                 everyPacket,
                                 "TCP",
                                 "set deviceconfig setting session timeout-tcp %u",
                                 "Device > Setup > Session > Session Timeouts > TCP",
                                 panosTimeouts};
constexpr FirewallTimer panosHalfClosed{120,
                                        1,
                                        604'800,
                                        unknown,
                                        "TCP Half Closed",
                                        "set deviceconfig setting session timeout-tcp-half-closed %u",
                                        "Device > Setup > Session > Session Timeouts > TCP Half Closed",
                                        panosClosing};
constexpr FirewallTimer panosTimeWait{15,
                                      1,
                                      600,
                                      unknown,
                                      "TCP Time Wait",
                                      "set deviceconfig setting session timeout-tcp-time-wait %u",
                                      "Device > Setup > Session > Session Timeouts > TCP Time Wait",
                                      panosClosing};
// A RST whose number is only near loads another one, Unverified RST, 30 s; this is the one for an exact RST.
constexpr FirewallTimer panosReset{15,
                                   1,
                                   600,
                                   unknown,
                                   "TCP Time Wait",
                                   "set deviceconfig setting session timeout-tcp-time-wait %u",
                                   "Device > Setup > Session > Session Timeouts > TCP Time Wait",
                                   "PAN-OS 10.0 Admin, Unverified RST Timer"};
// Hard by the wording of the vendor's article: 30 s from the FIN, and what comes later is discarded.
constexpr FirewallTimer panosTcpWait{30,
                                     1,
                                     600,
                                     never,
                                     "TCP wait",
                                     "set deviceconfig setting session timeout-tcpwait %u",
                                     "Device > Setup > Session > Session Timeouts > TCP wait",
                                     "Palo Alto KB kA10g000000ClI4CAK, half-close; kA10g000000ClTPCA0, control flags"};

/** A timer of `any`: the number of a device without its setting, for no device is chosen. */
consteval FirewallTimer unset(FirewallTimer timer) {
    timer.minimum = 0;
    timer.maximum = 0;
    timer.command = nullptr;
    timer.menu = nullptr;
    return timer;
}

constexpr Timers panosNow{
    .opening = panosInit,
    .handshake = panosHandshake,
    .established = panosTcp,
    .halfClosed = panosHalfClosed,
    .closing = panosTimeWait,
    .reset = panosReset,
};

consteval Timers panosWithHalfClosed(const FirewallTimer &halfClosed) {
    Timers timers = panosNow;
    timers.halfClosed = halfClosed;
    return timers;
}

// The first FIN froze the session's clock: both later timers count from it.
consteval Timers panosFrozen() {
    Timers timers = panosWithHalfClosed(refreshed(panosHalfClosed, never, panosReuse));
    timers.closing = refreshed(panosTimeWait, never, panosReuse);
    timers.closing.fromFirstFin = true;
    return timers;
}

// Cisco

constexpr const char *cisco = "Cisco";
constexpr const char *asaGuide = "Cisco ASA 9.1 CLI configuration guide ch. 22, connection settings";
constexpr const char *asaNarrower = "set connection timeout half-closed or idle in the class of a policy map";
constexpr const char *inspectShow = "Cisco IOS, show parameter-map type inspect";
constexpr const char *iosNutshell = "Cisco IOS in a Nutshell, ip nat translation";

constexpr Timers asa{
    .opening = {30, 5, 4'294'800, unknown, "embryonic", "set connection timeout embryonic %t", nullptr, asaGuide},
    .established = {3600, 1, 4'294'800, everyPacket, "conn", "timeout conn %t", nullptr, asaGuide},
    .halfClosed = {600, 300, 4'294'800, everyPacket, "half-closed", "timeout half-closed %t", nullptr, asaGuide},
    // The connection is taken down 10 minutes after it began to wait for the last ACK; the setting is the same.
    .closing = {600, 300, 4'294'800, unknown, "half-closed (FIN Timeout)", "timeout half-closed %t", nullptr,
                "Cisco ASA syslog 302014, reasons of a teardown"},
};

// 9.1(2) lowered the least value, for the one setting that both timers have.
consteval Timers asa912() {
    Timers timers = asa;
    timers.halfClosed.minimum = 30;
    timers.closing.minimum = 30;
    return timers;
}

// Fortinet

constexpr const char *fortinet = "Fortinet";
constexpr const char *fortiGlobal = "FortiOS REST API, system global";
constexpr const char *fortiNp7 = "FortiOS 7.0.14 Hardware Acceleration, config tcp-timeout-profile";

// Juniper

constexpr const char *juniper = "Juniper";
constexpr const char *junosFin = "Junos reference, fin-invalidate-session, table 1";
constexpr const char *junosHalfClose = "Junos reference, apply-to-half-close-state (since 12.1X46-D10)";

// The first FIN changes nothing unless apply-to-half-close-state is set: the application's idle timer goes on.
constexpr Timers srx{
    .opening = {20, 4, 300, unknown, "tcp-initial-timeout", "set security flow tcp-session tcp-initial-timeout %u",
                nullptr, "Junos reference, tcp-initial-timeout"},
    .established = {1800, 0, 86'400, everyPacket, "inactivity-timeout",
                    "set applications application NAME inactivity-timeout %u", nullptr,
                    "Junos, Flow-Based Sessions; KB34994"},
    .closing = {150, 0, 0, unknown, "time-wait-state session-timeout",
                "set security flow tcp-session time-wait-state session-timeout %u", nullptr, junosFin},
    .closed = {2, 0, 0, unknown, "end of a closed session", nullptr, nullptr, junosFin},
};

consteval Timers srxHalfClose() {
    Timers timers = srx;
    timers.halfClosed = srx.closing;
    timers.halfClosed.source = junosHalfClose;
    return timers;
}

// Check Point

constexpr const char *checkPoint = "Check Point";
constexpr const char *checkPointHelp = "Check Point SmartConsole help, Stateful Inspection";
constexpr const char *checkPointDefaults =
    "Check Point global properties, defaults of tcpendtimeout and tcpendtimeoutCern";

// Nothing happens at the first FIN: the end timer wants two of them, or a RST.
constexpr Timers checkPointUntilR8020{
    .opening = {25, 0, 0, never, "TCP start timeout", nullptr,
                "SmartConsole > Global Properties > Stateful Inspection > TCP start timeout", checkPointHelp},
    .established = {3600, 0, 0, everyPacket, "TCP session timeout", nullptr,
                    "SmartConsole > Global Properties > Stateful Inspection > TCP session timeout", checkPointHelp},
    .closing = {20, 0, 0, unknown, "TCP end timeout", nullptr,
                "SmartConsole > Global Properties > Stateful Inspection > TCP end timeout", checkPointDefaults},
    .reset = {20, 0, 0, unknown, "TCP end timeout", nullptr,
              "SmartConsole > Global Properties > Stateful Inspection > TCP end timeout", checkPointHelp},
};

consteval Timers checkPointSinceR8020() {
    Timers timers = checkPointUntilR8020;
    timers.closing = changed(timers.closing, 5, 0, 0, checkPointDefaults);
    timers.closing.menu = "SmartConsole > Global Properties > Stateful Inspection > TCP end timeout R80.20 and higher";
    timers.reset = timers.closing;
    return timers;
}

// Linux

constexpr const char *conntrack = "Linux net/netfilter/nf_conntrack_proto_tcp.c; read from a 6.18 kernel";
constexpr const char *conntrackCloseWait =
    "Linux net/netfilter/nf_conntrack_proto_tcp.c; number and refresh measured on a 6.18 kernel";
constexpr const char *ipvsSource = "Linux net/netfilter/ipvs/ip_vs_proto_tcp.c";

constexpr Timers netfilter{
    .opening = {120, 0, 0, everyPacket, "nf_conntrack_tcp_timeout_syn_sent",
                "sysctl -w net.netfilter.nf_conntrack_tcp_timeout_syn_sent=%u", nullptr, conntrack},
    .handshake = {60, 0, 0, everyPacket, "nf_conntrack_tcp_timeout_syn_recv",
                  "sysctl -w net.netfilter.nf_conntrack_tcp_timeout_syn_recv=%u", nullptr, conntrack},
    .established = {432'000, 0, 0, everyPacket, "nf_conntrack_tcp_timeout_established",
                    "sysctl -w net.netfilter.nf_conntrack_tcp_timeout_established=%u", nullptr, conntrack},
    .halfClosed = {120, 0, 0, everyPacket, "nf_conntrack_tcp_timeout_fin_wait",
                   "sysctl -w net.netfilter.nf_conntrack_tcp_timeout_fin_wait=%u", nullptr, conntrack},
    .halfClosedAcknowledged = {60, 0, 0, everyPacket, "nf_conntrack_tcp_timeout_close_wait",
                               "sysctl -w net.netfilter.nf_conntrack_tcp_timeout_close_wait=%u", nullptr,
                               conntrackCloseWait},
    .closing = {30, 0, 0, everyPacket, "nf_conntrack_tcp_timeout_last_ack",
                "sysctl -w net.netfilter.nf_conntrack_tcp_timeout_last_ack=%u", nullptr, conntrack},
    .closed = {120, 0, 0, everyPacket, "nf_conntrack_tcp_timeout_time_wait",
               "sysctl -w net.netfilter.nf_conntrack_tcp_timeout_time_wait=%u", nullptr, conntrack},
    .reset = {10, 0, 0, everyPacket, "nf_conntrack_tcp_timeout_close",
              "sysctl -w net.netfilter.nf_conntrack_tcp_timeout_close=%u", nullptr, conntrack},
};

// kube-proxy sets two of the kernel's timers when it starts.
consteval Timers kubeProxy() {
    Timers timers = netfilter;
    timers.established = {86'400,
                          0,
                          0,
                          everyPacket,
                          "conntrack-tcp-timeout-established",
                          "kube-proxy --conntrack-tcp-timeout-established=%us",
                          nullptr,
                          "kube-proxy reference"};
    timers.halfClosedAcknowledged = {3600,
                                     0,
                                     0,
                                     everyPacket,
                                     "conntrack-tcp-timeout-close-wait",
                                     "kube-proxy --conntrack-tcp-timeout-close-wait=%us",
                                     nullptr,
                                     "kube-proxy reference"};
    return timers;
}

constexpr Timers ipvs{
    .opening = {60, 0, 0, everyPacket, "SYN_RECV", nullptr, nullptr, ipvsSource},
    .established = {900, 0, 0, everyPacket, "tcp", "ipvsadm --set %u 0 0", nullptr, ipvsSource},
    .halfClosed = {120, 0, 0, everyPacket, "tcpfin", "ipvsadm --set 0 %u 0", nullptr, ipvsSource},
    .closing = {120, 0, 0, everyPacket, "TIME_WAIT", nullptr, nullptr, ipvsSource},
    .reset = {10, 0, 0, everyPacket, "CLOSE", nullptr, nullptr, ipvsSource},
};

// Where IPVS sees both directions, a FIN of the client leads to CLOSE_WAIT, one of the server to FIN_WAIT.
consteval Timers ipvsClientCloses() {
    Timers timers = ipvs;
    timers.halfClosed = {60, 0, 0, everyPacket, "CLOSE_WAIT", nullptr, nullptr, ipvsSource};
    return timers;
}

// BSD's pf, and NSX, which has pf's scheme with other numbers.

constexpr const char *pfSource = "pf pfvar.h PFTM_*_VAL; pf.conf(5)";
constexpr const char *pfClosed = "pf pfvar.h PFTM_TCP_CLOSED_VAL; pf.c, TCP state tracking";
constexpr const char *nsxSource = "VMware NSX-T 3.2 Administration Guide, session timer profile";
constexpr const char *nsxMenu = "Security > Settings > Session Timer";

// The clouds. A service whose range is its default has no setting.

constexpr const char *aws = "Amazon Web Services";
constexpr const char *azure = "Microsoft Azure";
constexpr const char *google = "Google Cloud";
constexpr const char *awsNatSource = "Amazon VPC User Guide, NAT gateway comparison and troubleshooting";
constexpr const char *azureLbSource = "azure-docs, load-balancer-tcp-reset.md";
constexpr const char *azureNatSource = "azure-docs, nat-gateway-resource.md";
constexpr const char *googleNatSource = "oneuptime.com 2026-02-17, Cloud NAT timeouts; gcloud reference";
constexpr const char *googleNatNews = "Google Cloud NAT announcement of 2026-03-31";

constexpr FirewallTimer awsTracking{432'000,
                                    60,
                                    432'000,
                                    everyPacket,
                                    "TcpEstablishedTimeout",
                                    "aws ec2 modify-network-interface-attribute --network-interface-id ENI "
                                    "--connection-tracking-specification TcpEstablishedTimeout=%u",
                                    nullptr,
                                    "Amazon EC2 API, ConnectionTrackingSpecification"};

constexpr FirewallTimer azureIdle{240,
                                  240,
                                  1800,
                                  everyPacket,
                                  "idle timeout",
                                  "idleTimeoutInMinutes: %m, of the load-balancing or inbound NAT rule",
                                  nullptr,
                                  azureLbSource};

constexpr Timers googleNat{
    .opening = {30, 0, 0, everyPacket, "tcp-transitory-idle-timeout",
                "gcloud compute routers nats update NAT --router=ROUTER --tcp-transitory-idle-timeout=%u", nullptr,
                googleNatSource},
    .established = {1200, 0, 0, everyPacket, "tcp-established-idle-timeout",
                    "gcloud compute routers nats update NAT --router=ROUTER --tcp-established-idle-timeout=%u", nullptr,
                    googleNatSource},
    .halfClosed = {30, 0, 0, everyPacket, "tcp-transitory-idle-timeout",
                   "gcloud compute routers nats update NAT --router=ROUTER --tcp-transitory-idle-timeout=%u", nullptr,
                   googleNatSource},
    .closing = {120, 0, 0, unknown, "tcp-time-wait-timeout",
                "gcloud compute routers nats update NAT --router=ROUTER --tcp-time-wait-timeout=%u", nullptr,
                googleNatNews},
};

consteval Timers googleNatSince2026() {
    Timers timers = googleNat;
    timers.closing.seconds = 30;
    return timers;
}

// Others

constexpr const char *mikrotikSource = "MikroTik wiki, Manual:IP/Firewall/Connection tracking";
constexpr const char *kasperskySource = "Kaspersky NGFW 1.1 CLI reference, timeouts";
constexpr const char *netDefendSource = "D-Link DFL-1600 manual p. 523";
constexpr const char *vppSource = "FD.io VPP API, nat_det_set_timeouts";

constexpr FirewallProfile table[] = {
    profile({"any", "Any firewall: judged by the evidence, with a clock of 30 s after the first FIN", "any",
             AfterExpiry::unknown},
            {
                .opening = unset(panosInit),
                .handshake = unset(panosHandshake),
                .established = unset(panosTcp),
                .halfClosed = unset(panosTcpWait),
                .closing = unset(panosTimeWait),
                .reset = unset(panosReset),
            }),

    profile({"panos-6.1", "Palo Alto PAN-OS 6.1 and later", paloAlto, AfterExpiry::silence, panosNarrower}, panosNow),
    profile({"panos-6.0", "Palo Alto PAN-OS up to 6.0", paloAlto, AfterExpiry::silence, panosNarrower},
            {
                .opening = {5, 0, 0, unknown, "TCP session timeout before SYN-ACK received",
                            "set deviceconfig setting session timeout-tcpinit %u", nullptr, panosFlags},
                .handshake = {10, 0, 0, unknown, "TCP session timeout before 3-way handshaking",
                              "set deviceconfig setting session timeout-tcphandshake %u", nullptr, panosFlags},
                .established = {3600, 0, 0, everyPacket, "TCP default timeout",
                                "set deviceconfig setting session timeout-tcp %u", nullptr, panosFlags},
                // No source has a timer of the second FIN's own: this one goes on.
                .halfClosed = panosTcpWait,
                .reset = refreshed(panosTcpWait, never, panosFlags),
            }),
    profile({"panos-10.1.6", "Palo Alto PAN-OS 10.1.6 and later, tcp-no-refresh-fin-rst off", paloAlto,
             AfterExpiry::silence, panosNarrower, "panos-6.1"},
            panosWithHalfClosed(
                refreshed(panosHalfClosed, everyPacket,
                          "Palo Alto KB kA14u000000CpfKCAS, TCP reuse; PAN-OS 10.2.14 addressed issues, PAN-269716"))),
    profile({"panos-norefresh", "Palo Alto PAN-OS 10.2 before 10.2.14, tcp-no-refresh-fin-rst on", paloAlto,
             AfterExpiry::silence, panosNarrower, "panos-6.1"},
            panosWithHalfClosed(refreshed(panosHalfClosed, never, panosNoRefresh))),
    profile({"panos-5400-10.1.0", "Palo Alto PA-5400, PAN-OS 10.1.0 to 10.1.5 (defect, fixed in 10.1.6)", paloAlto,
             AfterExpiry::silence, panosNarrower, "panos-6.1"},
            panosFrozen()),

    profile({"cisco-asa", "Cisco ASA", cisco, AfterExpiry::silence, asaNarrower}, asa),
    profile({"cisco-asa-9.1.2", "Cisco ASA 9.1(2) and later", cisco, AfterExpiry::silence, asaNarrower, "cisco-asa"},
            asa912()),
    profile({"cisco-ios-zbf", "Cisco IOS zone-based firewall", cisco, AfterExpiry::silence,
             "a parameter map of its own for the class of this service"},
            {
                .opening = {30, 0, 0, unknown, "tcp synwait-time",
                            "parameter-map type inspect NAME / tcp synwait-time %u", nullptr, inspectShow},
                .established = {3600, 0, 0, everyPacket, "tcp idle-time",
                                "parameter-map type inspect NAME / tcp idle-time %u", nullptr, inspectShow},
                // It waits for the exchange of both FINs; no source has a timer for one.
                .closing = {5, 0, 0, unknown, "tcp finwait-time",
                            "parameter-map type inspect NAME / tcp finwait-time %u", nullptr, inspectShow},
            }),
    profile({"cisco-ios-nat", "Cisco IOS NAT", cisco, AfterExpiry::natReset},
            {
                .established = {86'400, 0, 0, everyPacket, "tcp-timeout", "ip nat translation tcp-timeout %u", nullptr,
                                iosNutshell},
                .halfClosed = {60, 0, 0, unknown, "finrst-timeout", "ip nat translation finrst-timeout %u", nullptr,
                               iosNutshell},
                .reset = {60, 0, 0, unknown, "finrst-timeout", "ip nat translation finrst-timeout %u", nullptr,
                          iosNutshell},
            }),

    profile(
        {"fortigate", "Fortinet FortiGate", fortinet, AfterExpiry::silence,
         "the service's own timers (config firewall service custom), or the policy's session-ttl"},
        {
            .opening = {10, 1, 86'400, unknown, "tcp-halfopen-timer",
                        "config system global / set tcp-halfopen-timer %u", nullptr, fortiGlobal},
            .established = {3600, 300, 2'764'800, everyPacket, "session-ttl",
                            "config system session-ttl / set default %u", nullptr,
                            "Fortinet KB 269332, session timers"},
            .halfClosed = {120, 1, 86'400, unknown, "tcp-halfclose-timer",
                           "config system global / set tcp-halfclose-timer %u", nullptr,
                           "Fortinet KB 94680, timer for TCP half-close sessions"},
            .closing = {1, 0, 300, unknown, "tcp-timewait-timer", "config system global / set tcp-timewait-timer %u",
                        nullptr, "Fortinet KB 269332, session timers; FortiOS REST API, system global"},
            .reset = {5, 0, 0, unknown, "tcp-rst-timer", "config system global / set tcp-rst-timer %u", nullptr,
                      fortiGlobal},
        }),
    profile(
        {"fortigate-np7", "Fortinet FortiGate with NP7 hyperscale", fortinet, AfterExpiry::silence,
         "a tcp-timeout-profile of its own for the policy", "fortigate"},
        {
            .opening = {10, 1, 86'400, unknown, "syn-sent",
                        "config system npu / config tcp-timeout-profile / edit ID / set syn-sent %u", nullptr,
                        fortiNp7},
            .handshake = {10, 1, 86'400, unknown, "syn-wait",
                          "config system npu / config tcp-timeout-profile / edit ID / set syn-wait %u", nullptr,
                          fortiNp7},
            .established = {3600, 1, 86'400, unknown, "tcp-idle",
                            "config system npu / config tcp-timeout-profile / edit ID / set tcp-idle %u", nullptr,
                            fortiNp7},
            .halfClosed = {120, 1, 86'400, unknown, "fin-wait",
                           "config system npu / config tcp-timeout-profile / edit ID / set fin-wait %u", nullptr,
                           fortiNp7},
            .halfClosedAcknowledged = {120, 1, 86'400, unknown, "close-wait",
                                       "config system npu / config tcp-timeout-profile / edit ID / set close-wait %u",
                                       nullptr, fortiNp7},
            .closing = {1, 1, 300, unknown, "time-wait",
                        "config system npu / config tcp-timeout-profile / edit ID / set time-wait %u", nullptr,
                        fortiNp7},
            .reset = {5, 0, 16'777'215, unknown, "tcp-rst-timeout", "config system npu / set tcp-rst-timeout %u",
                      nullptr, "FortiOS 7.0.7 Hyperscale Firewall Guide"},
        }),

    profile({"juniper-srx", "Juniper SRX", juniper, AfterExpiry::silence, "the inactivity-timeout of the application"},
            srx),
    profile({"juniper-srx-halfclose", "Juniper SRX with apply-to-half-close-state", juniper, AfterExpiry::silence,
             "without apply-to-half-close-state, the inactivity-timeout of the application", "juniper-srx"},
            srxHalfClose()),

    profile({"checkpoint", "Check Point before R80.20", checkPoint, AfterExpiry::silence,
             "the virtual session timeout of the service"},
            checkPointUntilR8020),
    profile({"checkpoint-r8020", "Check Point R80.20 and later", checkPoint, AfterExpiry::silence,
             "the virtual session timeout of the service"},
            checkPointSinceR8020()),

    profile({"netfilter", "Linux netfilter (conntrack)", "Linux", AfterExpiry::pickUp,
             "a ct timeout object in the nftables rule of this service"},
            netfilter),
    profile({"kube-proxy", "Kubernetes nodes (conntrack as kube-proxy sets it)", "Kubernetes", AfterExpiry::pickUp,
             nullptr, "netfilter"},
            kubeProxy()),
    profile({"linux-ipvs", "Linux IPVS", "Linux", AfterExpiry::silence}, ipvs),
    profile({"linux-ipvs-client", "Linux IPVS by NAT, where the client closes first", "Linux", AfterExpiry::silence,
             nullptr, "linux-ipvs"},
            ipvsClientCloses()),

    profile({"pf", "pf (OpenBSD, FreeBSD, pfSense, OPNsense)", "OpenBSD", AfterExpiry::silence,
             "the rule's own state options: keep state (tcp.closing N)"},
            {
                .opening = {120, 0, 0, everyPacket, "tcp.first", "set timeout tcp.first %u", nullptr, pfSource},
                .handshake = {30, 0, 0, everyPacket, "tcp.opening", "set timeout tcp.opening %u", nullptr, pfSource},
                .established = {86'400, 0, 0, everyPacket, "tcp.established", "set timeout tcp.established %u", nullptr,
                                pfSource},
                .halfClosed = {900, 0, 0, everyPacket, "tcp.closing", "set timeout tcp.closing %u", nullptr, pfSource},
                .closing = {45, 0, 0, everyPacket, "tcp.finwait", "set timeout tcp.finwait %u", nullptr, pfSource},
                .closed = {90, 0, 0, everyPacket, "tcp.closed", "set timeout tcp.closed %u", nullptr, pfClosed},
                .reset = {90, 0, 0, everyPacket, "tcp.closed", "set timeout tcp.closed %u", nullptr, pfClosed},
            }),
    profile({"vmware-nsx", "VMware NSX firewall", "VMware", AfterExpiry::unknown,
             "a session timer profile of its own for the group"},
            {
                .opening = {120, 0, 0, unknown, "First Packet", nullptr, nsxMenu, nsxSource},
                .handshake = {30, 0, 0, unknown, "Opening", nullptr, nsxMenu, nsxSource},
                .established = {43'200, 0, 0, unknown, "Established", nullptr, nsxMenu, nsxSource},
                .halfClosed = {120, 0, 0, unknown, "Closing", nullptr, nsxMenu, nsxSource},
                .closing = {45, 0, 0, unknown, "Fin Wait", nullptr, nsxMenu, nsxSource},
                .reset = {20, 0, 0, unknown, "Closed", nullptr, nsxMenu, nsxSource},
            }),
    // Netfilter's states with numbers of its own; its rules decide about a packet without an entry.
    profile(
        {"mikrotik", "MikroTik RouterOS", "MikroTik", AfterExpiry::unknown},
        {
            .opening = {5, 0, 0, unknown, "tcp-syn-sent-timeout",
                        "/ip firewall connection tracking set tcp-syn-sent-timeout=%us", nullptr, mikrotikSource},
            .handshake = {5, 0, 0, unknown, "tcp-syn-received-timeout",
                          "/ip firewall connection tracking set tcp-syn-received-timeout=%us", nullptr, mikrotikSource},
            .established = {86'400, 0, 0, everyPacket, "tcp-established-timeout",
                            "/ip firewall connection tracking set tcp-established-timeout=%us", nullptr,
                            mikrotikSource},
            .halfClosed = {10, 0, 0, unknown, "tcp-fin-wait-timeout",
                           "/ip firewall connection tracking set tcp-fin-wait-timeout=%us", nullptr, mikrotikSource},
            .halfClosedAcknowledged = {10, 0, 0, unknown, "tcp-close-wait-timeout",
                                       "/ip firewall connection tracking set tcp-close-wait-timeout=%us", nullptr,
                                       mikrotikSource},
            .closing = {10, 0, 0, unknown, "tcp-last-ack-timeout",
                        "/ip firewall connection tracking set tcp-last-ack-timeout=%us", nullptr, mikrotikSource},
            .closed = {10, 0, 0, unknown, "tcp-time-wait-timeout",
                       "/ip firewall connection tracking set tcp-time-wait-timeout=%us", nullptr, mikrotikSource},
            .reset = {10, 0, 0, unknown, "tcp-close-timeout",
                      "/ip firewall connection tracking set tcp-close-timeout=%us", nullptr, mikrotikSource},
        }),

    // The RST goes to the side behind the gateway only; the internet side gets nothing.
    profile({"aws-natgw", "AWS NAT gateway", aws, AfterExpiry::reset},
            {.established = {350, 350, 350, everyPacket, "idle timeout", nullptr, nullptr, awsNatSource}}),
    profile({"aws-nlb", "AWS Network Load Balancer, TCP listener", aws, AfterExpiry::unknown},
            {.established = {350, 60, 6000, everyPacket, "tcp.idle_timeout.seconds",
                             "aws elbv2 modify-listener-attributes --listener-arn ARN --attributes "
                             "Key=tcp.idle_timeout.seconds,Value=%u",
                             nullptr, "Network Load Balancer user guide, TCP idle timeout"}}),
    profile({"aws-gwlb", "AWS Gateway Load Balancer", aws, AfterExpiry::unknown},
            {.established = {350, 60, 6000, everyPacket, "tcp.idle_timeout.seconds",
                             "aws elbv2 modify-listener-attributes --listener-arn ARN --attributes "
                             "Key=tcp.idle_timeout.seconds,Value=%u",
                             nullptr, "Gateway Load Balancer user guide, TCP idle timeout"}}),
    profile({"aws-nfw", "AWS Network Firewall", aws, AfterExpiry::silence},
            {.established = {350, 60, 6000, everyPacket, "TcpIdleTimeoutSeconds",
                             "TcpIdleTimeoutSeconds=%u, in StatefulEngineOptions.FlowTimeouts of the firewall policy",
                             nullptr, "AWS Network Firewall API, FlowTimeouts"}}),
    profile({"aws-sg", "AWS security groups, before Nitro v6", aws, AfterExpiry::silence},
            {.established = awsTracking}),
    profile({"aws-sg-nitro6", "AWS security groups, Nitro v6 and later", aws, AfterExpiry::silence, nullptr, "aws-sg"},
            {.established =
                 changed(awsTracking, 350, 60, 432'000, "AWS networking blog, TCP connection management on EC2")}),
    profile({"azure-lb", "Azure Load Balancer", azure, AfterExpiry::silence}, {.established = azureIdle}),
    profile(
        {"azure-lb-outbound", "Azure Load Balancer, outbound rules", azure, AfterExpiry::silence, nullptr, "azure-lb"},
        {.established = {240, 240, 6000, everyPacket, "idle timeout", "idleTimeoutInMinutes: %m, of the outbound rule",
                         nullptr, azureLbSource}}),
    // After the close only the port is held back, as long as the last two say.
    profile({"azure-natgw", "Azure NAT gateway", azure, AfterExpiry::reset},
            {
                .opening = {30, 30, 30, everyPacket, "TCP half open", nullptr, nullptr, azureNatSource},
                .established = {240, 240, 7200, everyPacket, "TCP idle timeout",
                                "az network nat gateway update --resource-group GROUP --name NAME --idle-timeout %m",
                                nullptr, azureNatSource},
                .closed = {65, 65, 65, never, "TCP FIN (SNAT port held)", nullptr, nullptr, azureNatSource},
                .reset = {16, 16, 16, never, "TCP RST (SNAT port held)", nullptr, nullptr, azureNatSource},
            }),
    profile({"azure-fw", "Azure Firewall", azure, AfterExpiry::unknown},
            {.established = {240, 240, 240, everyPacket, "TCP idle timeout", nullptr, nullptr,
                             "azure-docs, Azure Firewall FAQ"}}),
    profile({"gcp-nat", "Google Cloud NAT", google, AfterExpiry::silence}, googleNat),
    profile({"gcp-nat-2026", "Google Cloud NAT, gateways made since 30 September 2026", google, AfterExpiry::silence,
             nullptr, "gcp-nat"},
            googleNatSince2026()),
    // Packets of both directions keep the entry; once it is gone only the machine behind the firewall can make it again.
    profile({"gcp-vpc-fw", "Google Cloud VPC firewall", google, AfterExpiry::pickUp},
            {.established = {600, 600, 600, everyPacket, "connection tracking", nullptr, nullptr,
                             "Google Compute Engine documentation, troubleshooting VMs"}}),

    profile(
        {"f5-fastl4", "F5 BIG-IP FastL4", "F5", AfterExpiry::reset},
        {.established = {300, 0, 0, everyPacket, "idle-timeout", "tmsh modify ltm profile fastl4 NAME idle-timeout %u",
                         nullptr, "F5 AS3 schema, L4_Profile idleTimeout and resetOnTimeout"}}),
    profile(
        {"sonicwall", "SonicWall SonicOS 5.8", "SonicWall", AfterExpiry::silence},
        {.established = {300, 60, 59'940, everyPacket, "Default TCP Connection Timeout", nullptr,
                         "Firewall Settings > Flood Protection > TCP", "Tenable audit, SonicWALL 5.8 best practices"}}),
    profile({"forcepoint", "Forcepoint NGFW", "Forcepoint", AfterExpiry::silence},
            {.established = {1800, 0, 0, everyPacket, "TCP idle timeout", nullptr,
                             "Engine > Advanced Settings > Idle Timeouts", "StoneGate SMC 6.5 help, idle timeouts"}}),
    profile({"dlink-netdefend", "D-Link NetDefend (Clavister)", "D-Link", AfterExpiry::unknown},
            {
                .opening = {60, 0, 0, eachDirection, "TCP SYN Idle Lifetime", nullptr, "Advanced Settings",
                            netDefendSource},
                .established = {262'144, 0, 0, eachDirection, "TCP Idle Lifetime", nullptr, "Advanced Settings",
                                netDefendSource},
                .halfClosed = {80, 0, 0, eachDirection, "TCP FIN Idle Lifetime", nullptr, "Advanced Settings",
                               netDefendSource},
            }),
    profile(
        {"kaspersky-ngfw", "Kaspersky NGFW", "Kaspersky", AfterExpiry::unknown},
        {
            .handshake = {5, 1, 60, unknown, "handshaking", "timeouts> tcp> handshaking %u", nullptr, kasperskySource},
            .established = {3600, 1, 15'999'999, unknown, "established", "timeouts> tcp> established %u", nullptr,
                            kasperskySource},
            .halfClosed = {120, 1, 604'800, unknown, "closing", "timeouts> tcp> closing %u", nullptr, kasperskySource},
            .closing = {5, 1, 600, unknown, "timewait", "timeouts> tcp> timewait %u", nullptr, kasperskySource},
        }),
    // "Transitory" is every state but established.
    profile({"vpp-nat", "FD.io VPP NAT", "FD.io", AfterExpiry::unknown},
            {
                .opening = {240, 0, 0, everyPacket, "tcp-transitory", "set nat timeout tcp-transitory %u", nullptr,
                            vppSource},
                .established = {7440, 0, 0, everyPacket, "tcp-established", "set nat timeout tcp-established %u",
                                nullptr, vppSource},
                .halfClosed = {240, 0, 0, everyPacket, "tcp-transitory", "set nat timeout tcp-transitory %u", nullptr,
                               vppSource},
            }),
};

} // namespace

std::span<const FirewallProfile> profiles() {
    return table;
}

} // namespace tcpstate
