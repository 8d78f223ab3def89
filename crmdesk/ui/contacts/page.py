"""The Contacts page: puts search box, view bar, list and detail pane together and keeps them in step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QWidget

from crmdesk.core.changes import Changes
from crmdesk.core.filters import Filter
from crmdesk.core.query import Lexicon, Query, without
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import Account, SavedView, Sort
from crmdesk.core.vendor import Vendor
from crmdesk.ui.commands import Commands, key_text
from crmdesk.ui.contacts import actions, names
from crmdesk.ui.contacts.columns import KEYS, Desk, display_name, sort_words
from crmdesk.ui.contacts.copying import MOST_ROWS, rows_as_text
from crmdesk.ui.contacts.detail import DetailPane
from crmdesk.ui.contacts.detail_rows import copy_text
from crmdesk.ui.contacts.empty import EmptyState
from crmdesk.ui.contacts.listing import Listing, chip_sentence, of_text, of_view
from crmdesk.ui.contacts.model import ContactsModel
from crmdesk.ui.contacts.results import Results
from crmdesk.ui.contacts.search_box import SearchBox
from crmdesk.ui.contacts.table import ContactsTable
from crmdesk.ui.contacts.trail import Trail
from crmdesk.ui.contacts.view_bar import NameDialog, ViewBar
from crmdesk.ui.feedback import announce, ask
from crmdesk.ui.kit import Page, button, column, plural, row, tr
from crmdesk.ui.places import ALL_CONTACTS
from crmdesk.ui.theme import Theme
from crmdesk.ui.words import number

AGE_MS = 60_000  # relative times are worded anew this often
