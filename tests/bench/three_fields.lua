-- A post-dissector that reads three fields and does nothing: what a plugin like tcpstate would cost in Lua at least.
local flags = Field.new("tcp.flags")
local sequence = Field.new("tcp.seq_raw")
local acknowledgement = Field.new("tcp.ack_raw")

local three_fields = Proto("three_fields", "Three TCP fields")

function three_fields.dissector(_, _, _)
    local _, _, _ = flags(), sequence(), acknowledgement()
end

register_postdissector(three_fields)
