"""The review of a capture: what tshark and the plugin say about it, laid out for a person, a program or a colleague.

    fields       a line of tshark's output -> the TCP packets in it
    running      tshark itself, what it complains about, how far it has read
    connection   what a connection's packets add up to
    reading      all connections of a capture
    worth        which connections to look at first
    ladder       one connection as two lanes
    overview     the capture as a whole, in the terminal
    document     the same as JSON
    comments     the same as packet comments
    pcapng       puts comments into a capture
    profiles     the names of the firewall profiles
    terms, layout, paint, spool    words, widths, colours, a temporary file
    command      the options, and the order of things

Nothing here needs more than Python's standard library.
"""
