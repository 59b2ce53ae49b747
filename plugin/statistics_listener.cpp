#include "plugin/statistics_listener.h"

#include "plugin/wireshark_compat.h"

#include <epan/stat_tap_ui.h>
#include <epan/tap.h>
#include <wsutil/report_message.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <exception>
#include <type_traits>

namespace tcpstate {

namespace {

constexpr const char *tapName = "tcpstate";

void complain() {
    report_failure(
        "tcpstate: out of memory; the statistic is incomplete. Give it a display filter, or split the capture "
        "(editcap -c 1000000 IN OUT).");
}

// --- the terminal ------------------------------------------------------------------------------------------------

/** A statistic that was asked for with -z; it lives as long as tshark. */
struct Request {
    const Statistic *statistic;
    std::string filter;
    SeenConnections seen;
};

tap_packet_status packetInTerminal(void *request, packet_info *pinfo, epan_dissect_t *, const void *record,
                                   tap_flags_t) {
    try {
        static_cast<Request *>(request)->seen.add(pinfo, *static_cast<const Record *>(record));
    } catch (const std::exception &) {
        complain();
        return TAP_PACKET_FAILED;
    }
    return TAP_PACKET_DONT_REDRAW;
}

void draw(void *data) {
    const auto &request = *static_cast<const Request *>(data);
    // tshark with one pass says in no other way that the file is over.
    finishSession();
    try {
        std::string text = std::string(request.statistic->title) + "\n";
        if (!request.filter.empty()) {
            text += "Connections with a packet that passes: " + request.filter + "\n";
        }
        text += "\n";
        const Session *const open = session();
        if (open == nullptr || request.seen.numbers().empty()) {
            text += "No TCP connections.\n";
        } else {
            text += request.statistic->text(*open, request.seen);
        }
        text += "\n"; // another statistic may follow
        std::fputs(text.c_str(), stdout);
    } catch (const std::exception &) {
        complain();
    }
}

using wireshark::Requested;

template <typename Result = Requested> Result answer(bool good) {
    if constexpr (!std::is_void_v<Result>) {
        return good;
    } else if (!good) {
        std::exit(1); // as Wireshark's own statistics do: the reader would wait for a table that never comes
    }
}

Requested request(const char *argument, void *data) {
    const auto *const statistic = static_cast<const Statistic *>(data);
    const char *const rest = argument + std::strlen(statistic->command);
    if (*rest != '\0' && *rest != ',') {
        report_failure("tcpstate: no statistic \"%s\". There are tcpstate,tree, tcpstate,connections and "
                       "tcpstate,firewall, each with \",FILTER\" behind it for a part of the connections.",
                       argument);
        return answer(false);
    }
    const char *const filter = *rest == ',' ? rest + 1 : "";
    auto *const made = new Request{statistic, filter, {}};
    GString *const error = register_tap_listener(tapName, made, made->filter.empty() ? nullptr : made->filter.c_str(),
                                                 TL_REQUIRES_NOTHING, nullptr, packetInTerminal, draw, nullptr);
    if (error != nullptr) {
        report_failure("tcpstate: cannot begin the statistic %s: %s", statistic->command, error->str);
        g_string_free(error, TRUE);
        delete made;
        return answer(false);
    }
    return answer(true);
}

tap_param filterParameter[] = {{PARAM_FILTER, "filter", "Filter", nullptr, true}};

void registerInTerminal(const Statistic &statistic) {
    static std::deque<stat_tap_ui> registered; // Wireshark may keep the address
    stat_tap_ui &ui = registered.emplace_back();
    ui.group = REGISTER_PACKET_STAT_GROUP_UNSORTED;
    ui.title = statistic.title;
    ui.cli_string = statistic.command;
    ui.tap_init_cb = request;
    ui.nparams = 1;
    ui.params = filterParameter;
    register_stat_tap_ui(&ui, const_cast<Statistic *>(&statistic));
}

// --- the window --------------------------------------------------------------------------------------------------

/** What belongs to a table of Wireshark's. */
struct Window {
    const Statistic *statistic = nullptr;
    std::vector<stat_tap_table_item> fields;
    stat_tap_table_ui ui{};
    SeenConnections seen;
    std::unique_ptr<GrowingTable> table;
    std::vector<stat_tap_table_item_type *> retired; // rows of which another window may still show the texts
};

std::deque<Window> windows;

Window *windowOf(const stat_tap_table_ui *ui) {
    for (Window &window : windows) {
        if (&window.ui == ui) {
            return &window;
        }
    }
    return nullptr;
}

Window *windowOf(const stat_tap_table *table) {
    for (Window &window : windows) {
        if (stat_tap_find_table(&window.ui, window.statistic->title) == table) {
            return &window;
        }
    }
    return nullptr;
}

void freeItem(stat_tap_table *, guint, guint, stat_tap_table_item_type *item) {
    if (item->type == TABLE_ITEM_STRING) {
        g_free(const_cast<char *>(item->value.string_value));
        item->value.string_value = nullptr;
    }
    item->type = TABLE_ITEM_NONE;
}

void freeRow(stat_tap_table_item_type *row, guint fields) {
    for (guint field = 0; field < fields; ++field) {
        freeItem(nullptr, 0, 0, &row[field]);
    }
    g_free(row);
}

/** Empties a table. Two windows of one statistic share it, and the other one goes on to show the rows' texts. */
void empty(stat_tap_table *table) {
    Window *const window = windowOf(table);
    if (window == nullptr) {
        return;
    }
    for (guint row = 0; row < table->num_elements; ++row) {
        window->retired.push_back(table->elements[row]);
    }
    table->num_elements = 0;
    constexpr guint alone = 1;
    if (window->ui.refcount <= alone) {
        for (stat_tap_table_item_type *const row : window->retired) {
            freeRow(row, table->num_fields);
        }
        window->retired.clear();
    }
    window->seen.clear();
    window->table = window->statistic->table();
}

void prepareTable(stat_tap_table_ui *ui) {
    Window *const window = windowOf(ui);
    if (window == nullptr) {
        return;
    }
    stat_tap_table *table = ui->tables == nullptr ? nullptr : stat_tap_find_table(ui, window->statistic->title);
    if (table == nullptr) {
        table = stat_tap_init_table(window->statistic->title, static_cast<int>(window->fields.size()), 0, nullptr);
        stat_tap_add_table(ui, table);
    }
    empty(table);
}

void writeRow(stat_tap_table *table, guint index, const std::vector<Column> &columns, const Row &row) {
    std::vector<stat_tap_table_item_type> items(columns.size());
    for (std::size_t column = 0; column < columns.size(); ++column) {
        stat_tap_table_item_type &item = items[column];
        if (index < table->num_elements) {
            freeItem(table, index, 0, stat_tap_get_field_data(table, index, static_cast<guint>(column)));
        }
        switch (columns[column].kind) {
        case Column::Kind::text:
            item.type = TABLE_ITEM_STRING;
            item.value.string_value = g_strdup(row[column].text.c_str());
            break;
        case Column::Kind::count:
            item.type = TABLE_ITEM_UINT;
            item.value.uint_value = row[column].count;
            break;
        case Column::Kind::seconds:
            item.type = TABLE_ITEM_FLOAT;
            item.value.float_value = row[column].seconds;
            break;
        }
    }
    stat_tap_init_table_row(table, index, static_cast<guint>(items.size()), items.data());
}

tap_packet_status packetInWindow(void *data, packet_info *pinfo, epan_dissect_t *, const void *tapped, tap_flags_t) {
    stat_tap_table_ui *const ui = static_cast<stat_data_t *>(data)->stat_tap_data;
    Window *const window = windowOf(ui);
    const Session *const open = session();
    if (window == nullptr || open == nullptr) {
        return TAP_PACKET_DONT_REDRAW;
    }
    stat_tap_table *const table = stat_tap_find_table(ui, window->statistic->title);
    const auto &record = *static_cast<const Record *>(tapped);
    if (table == nullptr) {
        return TAP_PACKET_DONT_REDRAW;
    }
    try {
        const SeenConnections::News news = window->seen.add(pinfo, record);
        const auto write = [&](const std::vector<std::size_t> &rows) {
            for (const std::size_t index : rows) {
                writeRow(table, static_cast<guint>(index), window->statistic->columns, window->table->row(index));
            }
        };
        if (news.isNew) {
            write(window->table->add(*open, window->seen, record.connection));
        }
        if (news.changed != noConnection) {
            write(window->table->change(*open, window->seen, news.changed));
        }
    } catch (const std::exception &) {
        complain();
        return TAP_PACKET_FAILED;
    }
    return TAP_PACKET_REDRAW;
}

void registerInWindow(const Statistic &statistic) {
    Window &window = windows.emplace_back();
    window.statistic = &statistic;
    for (const Column &column : statistic.columns) {
        switch (column.kind) {
        case Column::Kind::text:
            window.fields.push_back({TABLE_ITEM_STRING, TAP_ALIGN_LEFT, column.title, "%s"});
            break;
        case Column::Kind::count:
            window.fields.push_back({TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, column.title, "%u"});
            break;
        case Column::Kind::seconds:
            window.fields.push_back({TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, column.title, "%.3f"});
            break;
        }
    }
    stat_tap_table_ui &ui = window.ui;
    ui.group = REGISTER_PACKET_STAT_GROUP_UNSORTED;
    ui.title = statistic.title;
    ui.tap_name = tapName;
    ui.cli_string = statistic.command;
    ui.stat_tap_init_cb = prepareTable;
    ui.packet_func = packetInWindow;
    ui.stat_tap_reset_table_cb = empty;
    ui.stat_tap_free_table_item_cb = freeItem;
    ui.nfields = window.fields.size();
    ui.fields = window.fields.data();
    ui.nparams = 1;
    ui.params = filterParameter;
    register_stat_tap_table_ui(&ui);
}

} // namespace

bool inTerminal() {
    return std::strcmp(get_friendly_program_name(), "TShark") == 0;
}

void registerStatistic(const Statistic &statistic) {
    if (inTerminal()) {
        registerInTerminal(statistic);
    } else {
        registerInWindow(statistic);
    }
}

} // namespace tcpstate
