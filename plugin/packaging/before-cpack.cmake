# Runs first in cpack: what would make a package that lies is refused with a word of what to do.
if(NOT CPACK_TCPSTATE_OBSTACLE STREQUAL "")
    message(FATAL_ERROR "No package can be made here: ${CPACK_TCPSTATE_OBSTACLE}")
endif()
# Without them the package would depend on nothing, and CPack would say so in passing only.
set(programs dpkg-shlibdeps file gzip)
set(packages dpkg-dev file gzip)
foreach(program package IN ZIP_LISTS programs packages)
    find_program(found_${package} "${program}")
    if(NOT found_${package})
        message(FATAL_ERROR "No package can be made without ${program}: apt-get install ${package}, and configure again.")
    endif()
endforeach()
