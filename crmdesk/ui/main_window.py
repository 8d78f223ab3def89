"""The window: navigation, pages, status bar, and what they do together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QMainWindow, QSplitter, QStackedWidget, QWidget

from crmdesk.core.changes import Changes
from crmdesk.core.query import parse
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import Account, SavedView
from crmdesk.sync.progress import Connection
from crmdesk.ui import menus, window_state
from crmdesk.ui.commands import Commands
from crmdesk.ui.feedback import BannerHost, Feedback, ask
from crmdesk.ui.kit import Heading, IconWord, PracticeStrip, button, column, confirm, row
from crmdesk.ui.navigation import Navigation
from crmdesk.ui.palette import Entry, Palette
from crmdesk.ui.places import ALL_CONTACTS, HOME, SETTINGS, Place, place_of
from crmdesk.ui.signals import StoreSignals
from crmdesk.ui.status_bar import StatusBar
from crmdesk.ui.sync_panel import SyncPanel
from crmdesk.ui.theme import Theme
from crmdesk.ui.troubles import Troubles
from crmdesk.ui.welcome import WelcomePage
from crmdesk.ui.words import tr
