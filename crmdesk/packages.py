"""What the packages of the three systems say of crmdesk, each in its own format: text, made from a few facts.

Used by `build_installer.py` only, and not frozen itself."""

from __future__ import annotations

import re
import struct
import textwrap
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from crmdesk import __version__

NAME = "crmdesk"
SUMMARY = "Desktop contact manager for hotels and holiday rentals"
SUMMARIES = {
    "de": "Kontaktverwaltung für Hotels und Ferienunterkünfte",
    "fr": "Gestionnaire de contacts pour hôtels et locations de vacances",
    "es": "Gestor de contactos para hoteles y alojamientos turísticos",
}
DETAILS = (
    "Keeps the contacts of several vendors' systems in one window, over an encrypted cache that works without a"
    " connection.",
    "Changes are sent when the vendor can be reached; what was changed on both sides at once is shown, and a person"
    " chooses.",
    "Sends bulk events with an outcome for every row.",
)
MAKERS = "The crmdesk developers"
MAINTAINER = f"{MAKERS} <crmdesk@example.invalid>"
IDENTIFIER = "invalid.example.crmdesk"
DATA_STAYS = "Contacts, waiting changes and settings stay in each person's own folder."
REMOVING = {  # what Windows asks
    "en": f"Remove %1? {DATA_STAYS}",
    "de": "%1 entfernen? Kontakte, wartende Änderungen und Einstellungen bleiben im Ordner jeder Person.",
    "fr": "Supprimer %1 ? Contacts, modifications en attente et réglages restent dans le dossier de chaque personne.",
    "es": "¿Quitar %1? Los contactos, los cambios pendientes y los ajustes se quedan en la carpeta de cada persona.",
}

# What the frozen program takes from the system (drivers, X11, fonts): found with `ldd` on bare Debian 12 and 13. No
# vendor can be reached without certificates.
DEPENDS = (
    "libc6 (>= 2.34)", "libgl1", "libegl1", "libfontconfig1", "libfreetype6", "libglib2.0-0t64 | libglib2.0-0",
    "libdbus-1-3", "libx11-6", "libx11-xcb1", "libxkbcommon0", "libxkbcommon-x11-0", "libxcb-cursor0",
    "libxcb-icccm4", "libxcb-image0", "libxcb-keysyms1", "libxcb-render-util0", "libxcb-shape0", "libxcb-xkb1",
    "libgssapi-krb5-2", "libwayland-client0", "libwayland-cursor0", "libwayland-egl1", "ca-certificates",
)  # fmt: skip
RECOMMENDS = ("xdg-utils",)  # opens a vendor's page, a website, the folder of a file

POSTRM = f"""\
#!/bin/sh
set -e
if [ "$1" = remove ]; then
  echo "{NAME} is removed. {DATA_STAYS}"
fi
"""

# What Debian's own packages must not do, and a program that brings its libraries along in one folder does on purpose.
OVERRIDES = """\
# An add-on package of its makers, which is what /opt is for.
crmdesk: dir-or-file-in-opt *
# The program is frozen: Python, Qt and the libraries they were tried with come along, as their makers built them, and
# are found beside each other. Their licences lie beside them.
crmdesk: embedded-library *
crmdesk: library-not-linked-against-libc *
crmdesk: shared-library-lacks-prerequisites *
crmdesk: unstripped-binary-or-object *
crmdesk: package-contains-documentation-outside-usr-share-doc *
crmdesk: extra-license-file *
# PyInstaller's start.
crmdesk: hardening-no-pie *
"""


class Release(NamedTuple):
    version: str
    date: datetime
    words: str


def releases(readme: str) -> list[Release]:
    """The README's changelog, the newest first, without its signs. Of one day, each has an hour of its own: Debian's
    tools expect a newer entry to be dated later."""
    found = re.findall(r"^- \*\*([\d.]+)\*\* \(([\d-]+)\): (.+(?:\n  .+)*)", readme, re.M)
    days = [day for _, day, _ in found]
    return [
        Release(
            version,
            datetime.fromisoformat(f"{day}T00:00:00+00:00") + timedelta(hours=days[place + 1 :].count(day)),
            _plain(words),
        )
        for place, (version, day, words) in enumerate(found)
    ]


def _plain(words: str) -> str:
    return " ".join(re.sub(r"[`*]", "", words).split())


# ── Linux ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def control(machine: str, size: int) -> str:
    """`size` in KiB."""
    details = textwrap.fill(" ".join(DETAILS), 78, initial_indent=" ", subsequent_indent=" ")
    return f"""\
Package: {NAME}
Version: {__version__}
Architecture: {machine}
Maintainer: {MAINTAINER}
Installed-Size: {size}
Depends: {", ".join(DEPENDS)}
Recommends: {", ".join(RECOMMENDS)}
Section: misc
Priority: optional
Description: {SUMMARY[0].lower()}{SUMMARY[1:]}
{details}
"""


def changelog(known: list[Release]) -> str:
    """As Debian's tools read it."""
    return "\n".join(
        f"{NAME} ({one.version}) stable; urgency=medium\n\n"
        f"{textwrap.fill(one.words, 78, initial_indent='  * ', subsequent_indent='    ', break_on_hyphens=False)}\n\n"
        f" -- {MAINTAINER}  {one.date:%a, %d %b %Y %H:%M:%S %z}\n"
        for one in known
    )


def copyright_of(parts: str, year: int) -> str:
    """`parts`: the table of everything that goes along."""
    return f"""\
{NAME} itself: Copyright {year} {MAKERS}. All rights reserved.

It brings other people's work along, each under its own licence, as listed here. The licences' full texts lie in
/opt/{NAME}/licences; of those that are common, also in /usr/share/common-licenses (LGPL-3, LGPL-2.1, GPL-3, GPL-2,
Apache-2.0, MPL-2.0).

{parts}"""


def desktop_entry() -> str:
    comments = "".join(f"Comment[{code}]={words}\n" for code, words in SUMMARIES.items())
    return f"""\
[Desktop Entry]
Type=Application
Name={NAME}
Comment={SUMMARY}
{comments}Exec={NAME}
Icon={NAME}
Terminal=false
Categories=Office;ContactManagement;
Keywords=contacts;guests;hotel;CRM;booking;
StartupWMClass={NAME}
StartupNotify=true
"""


def metainfo(known: list[Release]) -> str:
    """For software centres (AppStream)."""
    summaries = "".join(
        f'  <summary xml:lang="{code}">{escape(words)}</summary>\n' for code, words in SUMMARIES.items()
    )
    details = "".join(f"    <p>{escape(sentence)}</p>\n" for sentence in DETAILS)
    history = "".join(
        f'    <release version="{one.version}" date="{one.date:%Y-%m-%d}">\n'
        f"      <description><p>{escape(one.words[0].upper() + one.words[1:])}</p></description>\n    </release>\n"
        for one in known
    )
    return f"""\
<?xml version="1.0" encoding="UTF-8"?>
<component type="desktop-application">
  <id>{IDENTIFIER}</id>
  <metadata_license>CC0-1.0</metadata_license>
  <project_license>LicenseRef-proprietary</project_license>
  <name>{NAME}</name>
  <developer_name>{MAKERS}</developer_name>
  <summary>{escape(SUMMARY)}</summary>
{summaries}  <description>
{details}  </description>
  <launchable type="desktop-id">{NAME}.desktop</launchable>
  <icon type="stock">{NAME}</icon>
  <provides>
    <binary>{NAME}</binary>
  </provides>
  <categories>
    <category>Office</category>
    <category>ContactManagement</category>
  </categories>
  <content_rating type="oars-1.1"/>
  <releases>
{history}  </releases>
</component>
"""


# ── pictures ─────────────────────────────────────────────────────────────────────────────────────────────────────────

Draw = Callable[[int], bytes]  # the program's picture as a PNG of so many pixels
ICO_SIZES = (16, 24, 32, 48, 64, 256)
ICNS_KINDS = {b"ic11": 32, b"ic12": 64, b"ic07": 128, b"ic08": 256, b"ic09": 512}


def ico(draw: Draw) -> bytes:
    """For Windows: a table, then the pictures it tells of."""
    drawings = [draw(size) for size in ICO_SIZES]
    table, place = struct.pack("<3H", 0, 1, len(drawings)), 6 + 16 * len(drawings)
    for size, drawing in zip(ICO_SIZES, drawings, strict=True):  # 0 stands for 256 pixels
        table += struct.pack("<4B2H2I", size % 256, size % 256, 0, 0, 1, 32, len(drawing), place)
        place += len(drawing)
    return table + b"".join(drawings)


def icns(draw: Draw) -> bytes:
    """For macOS: one picture after the other, each with its kind and length."""
    drawings = ((kind, draw(size)) for kind, size in ICNS_KINDS.items())
    parts = b"".join(kind + struct.pack(">I", len(drawing) + 8) + drawing for kind, drawing in drawings)
    return b"icns" + struct.pack(">I", len(parts) + 8) + parts


# ── Windows ──────────────────────────────────────────────────────────────────────────────────────────────────────────

INNO_LANGUAGES = {"en": "Default.isl", "de": "Languages\\German.isl", "fr": "Languages\\French.isl",
                  "es": "Languages\\Spanish.isl"}  # fmt: skip


def inno_script(program: Path, out: Path, picture: Path, machine: str) -> str:
    """What Inno Setup (6.3 or later) is told. For the person alone, so that nobody needs an administrator. An update
    takes the old program's libraries away first: those that the new one no longer has would be found by it."""
    spoken = "\n".join(f'Name: "{code}"; MessagesFile: "compiler:{file}"' for code, file in INNO_LANGUAGES.items())
    removing = "\n".join(f"{code}.ConfirmUninstall={words}" for code, words in REMOVING.items())
    fits = "arm64" if machine.lower() in ("arm64", "aarch64") else "x64compatible"
    return f"""\
[Setup]
AppId={NAME}
AppName={NAME}
AppVersion={__version__}
AppPublisher={MAKERS}
VersionInfoVersion={__version__}
ArchitecturesAllowed={fits}
ArchitecturesInstallIn64BitMode={fits}
MinVersion=10.0.17763
DefaultDirName={{autopf}}\\{NAME}
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
CloseApplications=yes
Compression=lzma2
SolidCompression=yes
WizardStyle=modern
OutputDir={_literal(out)}
OutputBaseFilename={NAME}-{__version__}-setup
SetupIconFile={_literal(picture)}
UninstallDisplayIcon={{app}}\\{NAME}.exe
UninstallDisplayName={NAME}

[Languages]
{spoken}

[Messages]
{removing}

[InstallDelete]
Type: filesandordirs; Name: "{{app}}\\_internal"
Type: filesandordirs; Name: "{{app}}\\licences"

[Files]
Source: "{_literal(program)}\\*"; DestDir: "{{app}}"; Flags: recursesubdirs createallsubdirs ignoreversion

[Icons]
Name: "{{autoprograms}}\\{NAME}"; Filename: "{{app}}\\{NAME}.exe"

[Run]
Filename: "{{app}}\\{NAME}.exe"; Description: "{{cm:LaunchProgram,{NAME}}}"; Flags: nowait postinstall skipifsilent
"""


def _literal(path: Path) -> str:
    """Inno Setup takes an opening brace for the begin of a constant."""
    return str(path).replace("{", "{{")


# ── macOS ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def bundle_facts(about: dict[str, Any], needs: str, languages: list[str]) -> dict[str, Any]:
    """Info.plist, with what PyInstaller leaves out; `needs`: the oldest macOS that Qt runs on."""
    return about | {
        "CFBundleShortVersionString": __version__,
        "CFBundleVersion": __version__,
        "CFBundleDevelopmentRegion": "en",
        "CFBundleLocalizations": languages,
        "LSApplicationCategoryType": "public.app-category.business",
        "LSMinimumSystemVersion": needs,
        "NSHumanReadableCopyright": f"Copyright {MAKERS}",
    }
