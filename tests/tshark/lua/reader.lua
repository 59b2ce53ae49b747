-- A post-dissector of a neighbour: it reads three fields of each TCP segment and shows what it read.
local read = { Field.new("tcp.flags"), Field.new("tcp.seq_raw"), Field.new("tcp.ack_raw") }

local reader = Proto("reader", "Reader of three TCP fields")
local shown = ProtoField.string("reader.read", "Read")
reader.fields = { shown }

function reader.dissector(_, _, tree)
    local values = {}
    for _, field in ipairs(read) do
        for _, value in ipairs({ field() }) do
            values[#values + 1] = tostring(value)
        end
    end
    if #values > 0 then
        tree:add(reader):add(shown, table.concat(values, " "))
    end
end

register_postdissector(reader)
