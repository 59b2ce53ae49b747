# The Debian package: cmake --build build && (cd build && cpack). One package for each Wireshark release, named after it, since a
# plugin belongs to one release.
if(TCPSTATE_INSTALL_PERSONAL)
    set(CPACK_TCPSTATE_OBSTACLE "this build folder installs into a user's own folders. Configure another one without TCPSTATE_INSTALL_PERSONAL.")
elseif(NOT Wireshark_INSTALL_PREFIX STREQUAL "/usr")
    set(CPACK_TCPSTATE_OBSTACLE "Wireshark is in ${Wireshark_INSTALL_PREFIX}, where no Debian package put it. Use cmake --install.")
else()
    set(CPACK_TCPSTATE_OBSTACLE "")
endif()

set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME "tcpstate-wireshark${Wireshark_MAJOR_VERSION}.${Wireshark_MINOR_VERSION}")
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
# What Debian's own tools take: DEBFULLNAME and DEBEMAIL.
set(maintainer "tcpstate maintainers <maintainers@tcpstate.invalid>")
if(DEFINED ENV{DEBFULLNAME} AND DEFINED ENV{DEBEMAIL})
    set(maintainer "$ENV{DEBFULLNAME} <$ENV{DEBEMAIL}>")
endif()
set(TCPSTATE_MAINTAINER "${maintainer}" CACHE STRING "Maintainer of the Debian package, as NAME <ADDRESS>")
set(CPACK_PACKAGE_CONTACT "${TCPSTATE_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY
    "TCP states of both endpoints, for Wireshark ${Wireshark_MAJOR_VERSION}.${Wireshark_MINOR_VERSION}")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "A plugin for Wireshark and tshark that says, for every TCP packet, in which
RFC 9293 state each endpoint is, who closed first, whether a half-close is in
use and whether both sides closed at once. When a connection died on the way it
says what killed it (first of all a stateful firewall's timer after the first
FIN), how sure it is, from which packets, and what to change.
.
It comes with the configuration profile TCP State.")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
# libwireshark of the right release, from the libraries that the plugin is linked with.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "tshark | wireshark")
set(CPACK_DEBIAN_PACKAGE_ENHANCES "tshark, wireshark")
# All releases share the profile, so they replace each other: one package at a time.
set(CPACK_DEBIAN_PACKAGE_PROVIDES tcpstate)
set(CPACK_DEBIAN_PACKAGE_CONFLICTS tcpstate)
set(CPACK_DEBIAN_PACKAGE_REPLACES tcpstate)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_STRIP_FILES ON)
# Wireshark's folders are absolute.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
# One package of all components.
set(CPACK_COMPONENTS_ALL plugin profile documentation)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PROJECT_CONFIG_FILE "${CMAKE_CURRENT_LIST_DIR}/before-cpack.cmake")

# Documentation and licence, where Debian's policy wants them. Of the package only: an install from the sources has them there.
set(documentation "/usr/share/doc/${CPACK_PACKAGE_NAME}")
set(changelog "${CMAKE_CURRENT_BINARY_DIR}/packaging/changelog")
configure_file("${CMAKE_CURRENT_LIST_DIR}/changelog.in" "${changelog}" @ONLY)
find_program(GZIP_PROGRAM gzip)
if(GZIP_PROGRAM)
    execute_process(COMMAND "${GZIP_PROGRAM}" -9nf "${changelog}" COMMAND_ERROR_IS_FATAL ANY)
    install(FILES "${changelog}.gz" "${CMAKE_CURRENT_LIST_DIR}/copyright" "${PROJECT_SOURCE_DIR}/README.md"
        DESTINATION "${documentation}" COMPONENT documentation EXCLUDE_FROM_ALL)
    # The README's pictures and pages.
    install(DIRECTORY "${PROJECT_SOURCE_DIR}/docs" DESTINATION "${documentation}" COMPONENT documentation EXCLUDE_FROM_ALL)
endif()

include(CPack)
