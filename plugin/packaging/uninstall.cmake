# cmake --build build --target uninstall: removes what the last cmake --install from the build folder BUILD put there.
# Not the lists install_manifest_COMPONENT.txt: cpack writes them too, and what a package installed is the package manager's.
set(list "${BUILD}/install_manifest.txt")
if(NOT EXISTS "${list}")
    message(FATAL_ERROR "Nothing to remove: there is no ${list}, so nothing was installed from this build folder. "
        "A Debian package is removed with apt-get.")
endif()
file(STRINGS "${list}" installed)
foreach(path IN LISTS installed)
    set(path "$ENV{DESTDIR}${path}")
    if(EXISTS "${path}" OR IS_SYMLINK "${path}")
        message(STATUS "Removing ${path}")
        # Where it may not, file(REMOVE) says nothing.
        file(REMOVE "${path}")
        if(EXISTS "${path}" OR IS_SYMLINK "${path}")
            message(FATAL_ERROR "Cannot remove ${path}: it takes the rights of whoever installed it. Try it with sudo.")
        endif()
    else()
        message(STATUS "Gone already: ${path}")
    endif()
    # Wireshark would still offer the profile while its folder is there.
    get_filename_component(folder "${path}" DIRECTORY)
    file(GLOB left "${folder}/*")
    if(folder MATCHES "/profiles/TCP State$" AND IS_DIRECTORY "${folder}" AND NOT left)
        file(REMOVE_RECURSE "${folder}")
    endif()
endforeach()
file(REMOVE "${list}")
