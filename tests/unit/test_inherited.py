"""What a browser that the frozen program opens finds in its environment."""

from __future__ import annotations

from crmdesk.inherited import give_back

FROZEN = {
    "LD_LIBRARY_PATH": "/opt/crmdesk/_internal",
    "QT_PLUGIN_PATH": "/opt/crmdesk/_internal/PySide6/Qt/plugins",
    "QML2_IMPORT_PATH": "/opt/crmdesk/_internal/PySide6/Qt/qml",
    "_PYI_ARCHIVE_FILE": "/opt/crmdesk/crmdesk",
    "_PYI_PARENT_PROCESS_LEVEL": "-1",
}


def test_nothing_of_the_frozen_program_is_handed_on() -> None:
    environment = {"HOME": "/home/desk", "QT_QPA_PLATFORM": "wayland", **FROZEN}
    give_back(environment)
    assert environment == {"HOME": "/home/desk", "QT_QPA_PLATFORM": "wayland"}


def test_what_the_person_had_set_is_handed_on() -> None:
    environment = {**FROZEN, "LD_LIBRARY_PATH_ORIG": "/opt/drivers"}
    give_back(environment)
    assert environment == {"LD_LIBRARY_PATH": "/opt/drivers"}
