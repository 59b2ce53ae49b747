# Runs at the end of cmake --install: Wireshark loads only plugins that were built for its own release, and where it looks
# into another folder it says nothing. FOR is the release that the plugin was built for, such as 4.0.
find_program(TSHARK tshark)
if(NOT TSHARK)
    message(STATUS "No tshark in PATH: cannot tell whether it is Wireshark ${FOR}, which this plugin was built for.")
    return()
endif()
execute_process(COMMAND "${TSHARK}" --version OUTPUT_VARIABLE words ERROR_QUIET)
if(words MATCHES " ([0-9]+\\.[0-9]+)\\.[0-9]+" AND NOT CMAKE_MATCH_1 STREQUAL FOR)
    message(WARNING "The plugin was built for Wireshark ${FOR}, but ${TSHARK} is Wireshark ${CMAKE_MATCH_1} and will not load it. "
        "Build it again with the development files of ${CMAKE_MATCH_1} (Debian: apt-get install wireshark-dev; "
        "elsewhere: -DWireshark_DIR=FOLDER of its WiresharkConfig.cmake), in a new build folder.")
endif()
