#include "Transcript.h"

#include "../fuzz/Codec.h"
#include "Observer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace transcript {

namespace {

using namespace tcpstate;

struct Initials {
    Sequence client;
    Sequence server;
};

// Plain numbers, and numbers just before 2^31 and 2^32, so that every step of a script crosses a wrap in some run.
const std::vector<Initials> initials = {
    {1000, 5000},
    {0, 0},
    {0xffffffff, 0},
    {0, 0xffffffff},
    {0xfffffffe, 0xfffffffd},
    {0xffffff00, 0xfffffff0},
    {0x7fffffff, 0x80000000},
    {0x7fffff80, 0xffffff9c},
    {0xfffffc00, 0x7ffffc00},
    {0x12345678, 0xffffff37},
};

std::vector<std::string> split(const std::string &text, char by) {
    std::vector<std::string> parts;
    std::string part;
    std::istringstream stream(text);
    while (std::getline(stream, part, by)) {
        parts.push_back(part);
    }
    return parts;
}

std::vector<std::string> words(const std::string &text) {
    std::vector<std::string> result;
    std::istringstream stream(text);
    for (std::string word; stream >> word;) {
        result.push_back(word);
    }
    return result;
}

std::uint8_t flagsOf(const std::string &text) {
    std::uint8_t flags = 0;
    for (const char c : text) {
        switch (c) {
        case 'F':
            flags |= Flags::fin;
            break;
        case 'S':
            flags |= Flags::syn;
            break;
        case 'R':
            flags |= Flags::rst;
            break;
        case 'P':
            flags |= Flags::psh;
            break;
        case 'U':
            flags |= 0x20;
            break;
        case '.':
            flags |= Flags::ack;
            break;
        case '0':
            break;
        default:
            ADD_FAILURE() << "unknown flag " << c;
        }
    }
    return flags;
}

std::int64_t number(const std::string &text) {
    return std::strtoll(text.c_str(), nullptr, 10);
}

Nanoseconds nanoseconds(const std::string &text) {
    return std::llround(std::strtod(text.c_str(), nullptr) * 1e9);
}

Address address(std::uint8_t last) {
    Address result;
    result.bytes = {10, 0, 2, last};
    result.length = 4;
    return result;
}

std::string phaseName(Phase phase) {
    static const std::map<Phase, std::string> names = {
        {Phase::unknown, "unknown"},
        {Phase::opening, "opening"},
        {Phase::established, "established"},
        {Phase::halfClosed, "half-closed"},
        {Phase::closing, "closing"},
        {Phase::closed, "closed"},
        {Phase::reset, "reset"},
        {Phase::halfClosing, "half-closing"},
    };
    return names.at(phase);
}

std::string kindName(CloseKind kind) {
    static const std::map<CloseKind, std::string> names = {
        {CloseKind::open, "open"},
        {CloseKind::fourSegments, "four"},
        {CloseKind::threeSegments, "three"},
        {CloseKind::simultaneous, "simultaneous"},
        {CloseKind::halfClose, "half-close"},
        {CloseKind::reset, "reset"},
        {CloseKind::resetAfterFin, "reset-after-fin"},
        {CloseKind::unfinished, "unfinished"},
    };
    return names.at(kind);
}

std::string initiatorName(CloseInitiator initiator) {
    static const std::map<CloseInitiator, std::string> names = {
        {CloseInitiator::none, "none"},
        {CloseInitiator::client, "client"},
        {CloseInitiator::server, "server"},
        {CloseInitiator::both, "both"},
    };
    return names.at(initiator);
}

std::string causeName(ResetCause cause) {
    static const std::map<ResetCause, std::string> names = {
        {ResetCause::none, "none"},
        {ResetCause::refused, "refused"},
        {ResetCause::abort, "abort"},
        {ResetCause::afterFin, "after-fin"},
        {ResetCause::lateData, "late-data"},
        {ResetCause::halfOpenPeer, "half-open-peer"},
        {ResetCause::keepAliveFailure, "keep-alive-failure"},
        {ResetCause::unreadData, "unread-data"},
        {ResetCause::afterIdleExpiry, "after-idle-expiry"},
        {ResetCause::forged, "forged"},
        {ResetCause::unacceptable, "unacceptable"},
        {ResetCause::staleSegment, "stale-segment"},
    };
    return names.at(cause);
}

std::string originName(ResetOrigin origin) {
    static const std::map<ResetOrigin, std::string> names = {
        {ResetOrigin::none, "none"},
        {ResetOrigin::endpoint, "endpoint"},
        {ResetOrigin::middlebox, "middlebox"},
        {ResetOrigin::unknown, "unknown"},
    };
    return names.at(origin);
}

std::string halfOpenName(HalfOpen halfOpen) {
    static const std::map<HalfOpen, std::string> names = {
        {HalfOpen::none, "none"},
        {HalfOpen::peerRestarted, "peer-restarted"},
        {HalfOpen::peerSilent, "peer-silent"},
        {HalfOpen::keepAlivesUnanswered, "keep-alives-unanswered"},
        {HalfOpen::finUnacknowledged, "fin-unacknowledged"},
        {HalfOpen::handshakeUnfinished, "handshake-unfinished"},
    };
    return names.at(halfOpen);
}

std::string verdictName(VerdictKind kind) {
    static const std::map<VerdictKind, std::string> names = {
        {VerdictKind::none, "none"},
        {VerdictKind::halfClosedTimer, "half-closed-timer"},
        {VerdictKind::idleTimer, "idle-timer"},
        {VerdictKind::closingTimer, "closing-timer"},
        {VerdictKind::forgedReset, "forged-reset"},
        {VerdictKind::rejected, "rejected"},
        {VerdictKind::sessionLost, "session-lost"},
        {VerdictKind::hostResetLateData, "host-reset"},
        {VerdictKind::peerGone, "peer-gone"},
        {VerdictKind::pathOutage, "path-outage"},
        {VerdictKind::applicationSilent, "application-silent"},
        {VerdictKind::windowClosed, "window-closed"},
        {VerdictKind::pathMtu, "path-mtu"},
        {VerdictKind::peerTimer, "peer-timer"},
    };
    return names.at(kind);
}

std::string confidenceName(Confidence confidence) {
    static const std::map<Confidence, std::string> names = {
        {Confidence::none, "none"},
        {Confidence::possible, "possible"},
        {Confidence::likely, "likely"},
        {Confidence::certain, "certain"},
    };
    return names.at(confidence);
}

std::string basisName(TimerBasis basis) {
    static const std::map<TimerBasis, std::string> names = {
        {TimerBasis::none, "none"},
        {TimerBasis::firstFin, "first-fin"},
        {TimerBasis::lastPacket, "last-packet"},
        {TimerBasis::both, "both"},
    };
    return names.at(basis);
}

std::string secondsText(Nanoseconds span) {
    std::ostringstream text;
    text << static_cast<double>(span) / 1e9;
    return text.str();
}

std::vector<std::string> describe(const Record &record) {
    std::vector<std::string> marks;
    const auto mark = [&](std::uint32_t bit, const char *text) {
        if (record.marked(bit)) {
            marks.emplace_back(text);
        }
    };
    mark(mark::activeClose, "active");
    mark(mark::passiveClose, "passive");
    mark(mark::simultaneousClose, "simultaneous-close");
    mark(mark::simultaneousOpen, "simultaneous-open");
    mark(mark::halfCloseByClient, "half-close:client");
    mark(mark::halfCloseByServer, "half-close:server");
    mark(mark::duplicate, "duplicate");
    mark(mark::midstreamBegins, "midstream-begins");
    mark(mark::finUnacknowledged, "fin-unacknowledged");
    mark(mark::unacceptableReset, "unacceptable-reset");
    mark(mark::firewallRisk, "risk");
    mark(mark::firewallExpired, "expired");
    if (record.marked(mark::firewallShown)) {
        std::ostringstream remaining;
        remaining << "remaining:" << static_cast<double>(record.firewallRemaining) / 1e9;
        marks.push_back(remaining.str());
    }
    if (record.cause != ResetCause::none) {
        marks.push_back("cause:" + causeName(record.cause));
        marks.push_back("origin:" + originName(record.origin));
    }
    if (record.halfOpen != HalfOpen::none) {
        marks.push_back("half-open:" + halfOpenName(record.halfOpen));
    }
    switch (record.acceptance) {
    case ResetAcceptance::none:
        break;
    case ResetAcceptance::accepted:
        marks.emplace_back("accepted");
        break;
    case ResetAcceptance::unproven:
        marks.emplace_back("unproven");
        break;
    case ResetAcceptance::refused:
        marks.emplace_back("refused");
        break;
    }
    marks.push_back("phase:" + phaseName(record.phase));
    if (record.marked(mark::halfClosed)) {
        std::ostringstream duration;
        duration << "duration:" << static_cast<double>(record.halfCloseDuration) / 1e9;
        marks.push_back(duration.str());
        marks.push_back("bytes:" + std::to_string(record.halfCloseBytes));
    }
    marks.push_back("steps:" + std::to_string(record.stepCount));
    for (unsigned i = 0; i < record.stepCount; ++i) {
        const Step step = record.steps[i];
        marks.push_back(std::string("step:") + name(step.where()) + ":" + name(step.before()) + ">" +
                        name(step.after()) + (step.corrected != 0 ? "!" : ""));
    }
    return marks;
}

bool isCloseMarker(const std::string &mark) {
    return mark == "active" || mark == "passive" || mark == "simultaneous-close" || mark == "simultaneous-open" ||
           mark.starts_with("half-close:");
}

class Player {
  public:
    explicit Player(Initials initial) : initial_(initial) {}

    void play(const std::string &line) {
        if (line.starts_with("=")) {
            expectConnection(line);
            return;
        }
        if (line.starts_with("!")) {
            set(words(line));
            return;
        }
        if (!observer_) {
            observer_ = std::make_unique<Observer>(settings_);
            seed_ = std::make_unique<fuzz::Writer>(settings_, initial_.client > 0xff000000);
        }
        const auto parts = split(line, '|');
        if (line.starts_with("first-reset")) {
            Record corrected = firstReset_;
            observer_->correct(corrected, firstResetFrame_);
            expectMarks(corrected, words(parts.at(1)));
            return;
        }
        if (line.starts_with("icmp")) {
            quote(words(parts.at(0)));
            return;
        }
        const Segment segment = read(words(parts.at(0)));
        seed_->segment(segment, client_, connection_, mine(), theirs());
        record_ = observer_->observe(flow(), segment);
        if (segment.isRst() && firstResetFrame_ == 0) {
            firstReset_ = record_;
            firstResetFrame_ = segment.frame;
        }
        if (parts.size() > 1) {
            expectStates(words(parts[1]));
        }
        if (parts.size() > 2) {
            expectMarks(record_, words(parts[2]));
        }
    }

    /** The transcript as an input of the fuzzer. */
    [[nodiscard]] const std::vector<std::uint8_t> &seed() const { return seed_->bytes(); }

  private:
    [[nodiscard]] Sequence mine() const { return client_ ? initial_.client : initial_.server; }
    [[nodiscard]] Sequence theirs() const { return client_ ? initial_.server : initial_.client; }

    void set(const std::vector<std::string> &tokens) {
        if (tokens.at(1) == "profile") {
            settings_.firewall = *findProfile(tokens.at(2));
        } else if (tokens.at(1) == "timeouts") {
            const auto seconds = [&](std::size_t at) { return static_cast<std::uint32_t>(number(tokens.at(at))); };
            settings_.firewall = withTimeouts(settings_.firewall, seconds(2), seconds(3), seconds(4));
        } else if (tokens.at(1) == "evidence") {
            settings_.evidenceCopies = static_cast<std::uint32_t>(number(tokens.at(2)));
            settings_.evidenceSpan = nanoseconds(tokens.at(3));
        } else {
            ADD_FAILURE() << "unknown setting " << tokens.at(1);
        }
    }

    Flow flow() const {
        const auto port = static_cast<std::uint16_t>(40000 + connection_);
        return client_ ? Flow{address(10), address(20), port, 80} : Flow{address(20), address(10), 80, port};
    }

    void takeSide(const std::string &side) {
        client_ = side.at(0) == 'c';
        connection_ = side.size() > 1 ? static_cast<unsigned>(number(side.substr(1))) : 0;
    }

    void quote(const std::vector<std::string> &tokens) {
        static const std::map<std::string, IcmpReason> reasons = {{"unreachable", IcmpReason::unreachable},
                                                                  {"prohibited", IcmpReason::prohibited},
                                                                  {"fragmentation", IcmpReason::fragmentation},
                                                                  {"port", IcmpReason::port}};
        takeSide(tokens.at(2));
        IcmpError error;
        error.reason = reasons.at(tokens.at(1));
        error.time = (time_ += millisecond) + 1'000 * second;
        error.frame = ++frame_;
        error.sender = address(tokens.size() > 5 ? static_cast<std::uint8_t>(number(tokens[5])) : 1);
        error.seq = mine() + static_cast<Sequence>(number(tokens.at(3)));
        seed_->error(error, client_, connection_, mine());
        observer_->observeError(flow(), error);
    }

    Segment read(const std::vector<std::string> &tokens) {
        std::size_t at = 0;
        Segment segment;
        if (std::isdigit(static_cast<unsigned char>(tokens.at(0)[0])) != 0) {
            time_ = nanoseconds(tokens[at++]);
        } else {
            time_ += millisecond;
        }
        takeSide(tokens.at(at++));
        segment.flags = flagsOf(tokens.at(at++));
        const auto position = split(tokens.at(at++), ':');
        segment.seq = mine() + static_cast<Sequence>(number(position[0]));
        segment.length = position.size() > 1 ? static_cast<std::uint32_t>(number(position[1])) : 0;
        segment.time = time_ + 1'000 * second;
        segment.frame = ++frame_;
        segment.window = segment.isRst() && !segment.isAck() ? 0 : 0x4000;
        segment.hopLimit = 64;
        segment.identification = ++identification_;
        for (; at < tokens.size(); ++at) {
            const std::string &key = tokens[at];
            if (key == "sackok") {
                segment.sackPermitted = true;
                continue;
            }
            const std::string &value = tokens.at(++at);
            if (key == "ack") {
                segment.ack = theirs() + static_cast<Sequence>(number(value));
            } else if (key == "win") {
                segment.window = static_cast<std::uint16_t>(number(value));
            } else if (key == "id") {
                segment.identification = static_cast<std::uint16_t>(number(value));
            } else if (key == "ttl") {
                segment.hopLimit = static_cast<std::uint8_t>(number(value));
            } else if (key == "if") {
                segment.interface = static_cast<InterfaceNumber>(number(value));
            } else if (key == "vlan") {
                segment.vlan = static_cast<std::uint16_t>(number(value));
            } else if (key == "scale") {
                segment.windowScale = static_cast<std::int8_t>(number(value));
            } else if (key == "sack") {
                const auto edges = split(value, '-');
                segment.sack.at(segment.sackCount++) = {theirs() + static_cast<Sequence>(number(edges.at(0))),
                                                        theirs() + static_cast<Sequence>(number(edges.at(1)))};
            } else {
                ADD_FAILURE() << "unknown word " << key;
            }
        }
        return segment;
    }

    void expectStates(const std::vector<std::string> &expected) {
        if (expected.size() != 2) {
            return;
        }
        if (expected[0] != "-") {
            EXPECT_EQ(expected[0], name(record_.state(Side::client))) << "client's state";
        }
        if (expected[1] != "-") {
            EXPECT_EQ(expected[1], name(record_.state(Side::server))) << "server's state";
        }
    }

    void expectMarks(const Record &record, const std::vector<std::string> &expected) {
        auto marks = describe(record);
        if (record.marked(mark::verdict)) {
            const Verdict &verdict = observer_->verdict(record.verdict);
            marks.push_back("verdict:" + verdictName(verdict.kind) + ":" + confidenceName(verdict.confidence));
        } else {
            marks.emplace_back("no-verdict");
        }
        std::string all;
        for (const auto &mark : marks) {
            all += " " + mark;
        }
        bool only = false;
        for (const auto &mark : expected) {
            only = only || mark == "only";
            EXPECT_TRUE(mark == "only" || std::find(marks.begin(), marks.end(), mark) != marks.end())
                << "lacks " << mark << "; has" << all;
        }
        for (const auto &mark : marks) {
            EXPECT_TRUE(!only || !isCloseMarker(mark) ||
                        std::find(expected.begin(), expected.end(), mark) != expected.end())
                << "has " << mark << ", which is not expected";
        }
    }

    void expectConnection(const std::string &line) {
        const auto tokens = words(line);
        if (tokens.at(0) == "==" && !finished_) {
            observer_->finish();
            finished_ = true;
        }
        const Connection &connection = observer_->connection(record_.connection);
        const Verdict &verdict = observer_->verdictOf(record_.connection);
        EXPECT_EQ(tokens.at(1), initiatorName(connection.closeInitiator())) << "initiator";
        EXPECT_EQ(tokens.at(2), kindName(connection.closeKind())) << "kind";
        if (tokens.size() > 3) {
            EXPECT_EQ(tokens[3], verdictName(verdict.kind)) << "verdict";
            EXPECT_EQ(tokens.at(4), confidenceName(verdict.confidence)) << "confidence";
        }
        if (tokens.size() > 5) {
            EXPECT_EQ(tokens[5], secondsText(verdict.timerMinimum)) << "timer's least";
            EXPECT_EQ(tokens.at(6), secondsText(verdict.timerMaximum)) << "timer's most";
            EXPECT_EQ(tokens.at(7), basisName(verdict.basis)) << "basis";
        }
    }

    Settings settings_;
    std::unique_ptr<Observer> observer_;
    std::unique_ptr<fuzz::Writer> seed_;
    unsigned connection_ = 0;
    Initials initial_;
    Record record_;
    Record firstReset_;
    std::uint32_t firstResetFrame_ = 0;
    Nanoseconds time_ = 0;
    std::uint32_t frame_ = 0;
    std::uint16_t identification_ = 100;
    bool client_ = true;
    bool finished_ = false;
};

/** With TCPSTATE_SEEDS=FOLDER every transcript is also written there, for the fuzzer to begin with. */
void writeSeed(const std::vector<std::uint8_t> &seed) {
    const char *const folder = std::getenv("TCPSTATE_SEEDS");
    if (folder == nullptr) {
        return;
    }
    static std::map<std::string, unsigned> written; // of each test
    const auto *const test = ::testing::UnitTest::GetInstance()->current_test_info();
    std::string name = std::string(test->test_suite_name()) + "." + test->name();
    name += "." + std::to_string(++written[name]);
    std::ofstream file(std::string(folder) + "/" + name, std::ios::binary);
    file.write(reinterpret_cast<const char *>(seed.data()), static_cast<std::streamsize>(seed.size()));
}

} // namespace

void run(const char *script) {
    for (const Initials &initial : initials) {
        Player player(initial);
        unsigned lineNumber = 0;
        for (const auto &line : split(script, '\n')) {
            ++lineNumber;
            const auto start = line.find_first_not_of(" \t");
            if (start == std::string::npos || line[start] == '#') {
                continue;
            }
            SCOPED_TRACE("initial numbers " + std::to_string(initial.client) + " and " +
                         std::to_string(initial.server) + ", line " + std::to_string(lineNumber) + ": " + line);
            player.play(line.substr(start));
            if (::testing::Test::HasFailure()) {
                return; // the first is the one to read
            }
        }
        if (&initial == &initials.front()) {
            writeSeed(player.seed());
        }
    }
}

} // namespace transcript
