#include "plugin/statistics_text.h"

#include "plugin/wireshark_compat.h"

#include <epan/proto.h>
#include <wsutil/inet_addr.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>

namespace tcpstate {

const char *wordOf(const char *field, std::uint32_t value) {
    const header_field_info *const info = proto_registrar_get_byname(field);
    const char *const word =
        info == nullptr ? nullptr : try_val_to_str(value, static_cast<const value_string *>(info->strings));
    return word == nullptr ? "unknown" : word;
}

std::string addressText(const Address &address) {
    char text[64] = "";
    if (address.length == 4) {
        ws_inet_ntop4(address.bytes.data(), text, sizeof text);
    } else {
        ws_inet_ntop6(address.bytes.data(), text, sizeof text);
    }
    return text;
}

std::string endpointText(const Address &address, std::uint16_t port) {
    const std::string text = addressText(address);
    return (address.length == 4 ? text : "[" + text + "]") + ":" + std::to_string(port);
}

std::string secondsText(Nanoseconds time) {
    char text[40];
    const Nanoseconds milliseconds = (time < 0 ? -time : time) / millisecond;
    std::snprintf(text, sizeof text, "%s%" PRId64 ".%03d", time < 0 ? "-" : "", milliseconds / 1000,
                  static_cast<int>(milliseconds % 1000));
    return text;
}

Cell Cell::number(std::uint32_t count) {
    Cell cell(std::to_string(count));
    cell.count = count;
    return cell;
}

Cell Cell::time(Nanoseconds time) {
    Cell cell(secondsText(time));
    cell.seconds = static_cast<double>(time) / static_cast<double>(second);
    return cell;
}

std::string layOut(const std::vector<Column> &columns, const std::vector<Row> &rows) {
    std::vector<std::size_t> widths;
    for (std::size_t column = 0; column < columns.size(); ++column) {
        std::size_t width = std::string_view(columns[column].title).size();
        for (const Row &row : rows) {
            width = std::max(width, row[column].text.size());
        }
        widths.push_back(width);
    }
    std::string out;
    const auto line = [&](const auto &textOf) {
        std::string text;
        for (std::size_t column = 0; column < columns.size(); ++column) {
            const std::string cell = textOf(column);
            const std::string blanks(widths[column] - cell.size(), ' ');
            text += column == 0 ? "" : "  ";
            text += columns[column].kind == Column::Kind::text ? cell + blanks : blanks + cell;
        }
        text.erase(text.find_last_not_of(' ') + 1);
        out += text + "\n";
    };
    line([&](std::size_t column) { return std::string(columns[column].title); });
    for (const Row &row : rows) {
        line([&](std::size_t column) { return row[column].text.empty() ? std::string("-") : row[column].text; });
    }
    return out;
}

} // namespace tcpstate
