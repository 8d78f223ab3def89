"""The one style sheet, with the names of the tokens (`theme.Tokens`) for colours.

In dialogs what is pressed or typed into is at least 32 pixels high: the heights below, and padding and border."""

from __future__ import annotations

STYLE = """
QToolTip {{ background: {panel}; color: {text}; border: 1px solid {border}; padding: 3px; }}
QMainWindow, Page {{ background: {window}; }}
UnlockPage, WelcomePage {{ background: {panel}; }}
SidePanel, DetailPanel {{ background: {panel}; }}
QMenuBar {{ background: {panel}; border-bottom: 1px solid {hairline}; }}
QMenuBar::item {{ padding: 2px 7px; background: transparent; border: 2px solid transparent; border-radius: 5px; }}
QMenuBar::item:selected {{ background: {selected}; border-color: {accent}; }}
QMenu {{ background: {window}; border: 1px solid {border}; padding: 4px; }}
QMenu::item {{ padding: 3px 22px; border: 2px solid transparent; border-radius: 5px; }}
QMenu::item:selected {{ background: {selected}; color: {text}; border-color: {accent}; }}
QMenu::item:disabled {{ color: {muted}; }}
QMenu::separator {{ height: 1px; background: {hairline}; margin: 4px 8px; }}
QStatusBar {{ background: {panel}; border-top: 1px solid {hairline}; }}
QStatusBar::item {{ border: none; }}
QSplitter::handle {{ background: {hairline}; }}
QSplitter::handle:hover {{ background: {accent}; }}
QLineEdit, QPlainTextEdit, QTextEdit, QComboBox, QAbstractSpinBox {{
    background: {window}; color: {text}; border: 1px solid {border}; border-radius: 7px; padding: 5px 8px;
    selection-background-color: {accent}; selection-color: {on_accent}; placeholder-text-color: {muted}; }}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QComboBox:focus, QAbstractSpinBox:focus {{
    border: 2px solid {accent}; padding: 4px 7px; }}
QLineEdit[wrong="true"], QComboBox[wrong="true"] {{ border: 2px solid {error}; padding: 4px 7px; }}
QLineEdit:read-only, QLineEdit:disabled, QPlainTextEdit:disabled, QComboBox:disabled {{
    background: {panel}; color: {muted}; }}
QComboBox {{ combobox-popup: 0; }}
QComboBox::drop-down, QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{
    border: none; background: transparent; width: 24px; }}
QComboBox::down-arrow, QAbstractSpinBox::down-arrow {{ image: url("{icons}/mark-down-{name}.svg"); width: 12px; }}
QAbstractSpinBox::up-arrow {{ image: url("{icons}/mark-up-{name}.svg"); width: 12px; }}
QAbstractSpinBox {{ padding: 3px 26px 3px 2px; }}
QAbstractSpinBox:focus {{ padding: 2px 25px 2px 1px; }}
QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:focus {{ border: none; padding: 2px 6px; }}
QCheckBox {{ spacing: 8px; padding: 3px; border: 2px solid transparent; border-radius: 6px; }}
QCheckBox:focus {{ border-color: {accent}; }}
QCheckBox::indicator, QAbstractItemView::indicator {{ width: 16px; height: 16px; border: 1px solid {border};
    border-radius: 4px; background: {window}; }}
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked {{ background: {accent}; border-color: {accent};
    image: url("{icons}/mark-tick-{name}.svg"); }}
QAbstractItemView::indicator:disabled {{ border-color: {hairline}; }}
QAbstractItemView::indicator:checked:disabled {{ background: {muted}; border-color: {muted}; }}
QCheckBox::indicator:indeterminate {{ background: {accent}; border-color: {accent};
    image: url("{icons}/mark-dash-{name}.svg"); }}
QRadioButton {{ spacing: 8px; padding: 2px; border: 2px solid transparent; border-radius: 6px; }}
QRadioButton:focus {{ border-color: {accent}; }}
QRadioButton::indicator {{ width: 14px; height: 14px; border: 1px solid {border}; border-radius: 8px;
    background: {window}; }}
QRadioButton::indicator:checked {{ width: 6px; height: 6px; border: 5px solid {accent}; background: {window}; }}
QComboBox QAbstractItemView {{ border: 1px solid {border}; background: {window}; padding: 3px; }}
QComboBox QAbstractItemView::item {{ min-height: 28px; }}
QPushButton, QToolButton {{
    background: {window}; color: {text}; border: 1px solid {border}; border-radius: 7px; padding: 5px 13px; }}
QPushButton:hover, QToolButton:hover {{ background: {hover}; }}
QPushButton:pressed, QToolButton:pressed, QPushButton:checked, QToolButton:checked {{ background: {selected}; }}
QPushButton:focus, QToolButton:focus {{ border: 2px solid {accent}; padding: 4px 12px; }}
QPushButton:disabled, QToolButton:disabled {{ background: {panel}; color: {muted}; border-color: {hairline}; }}
QPushButton[main="true"] {{ background: {accent}; color: {on_accent}; border-color: {accent}; font-weight: 600; }}
QPushButton[main="true"]:hover {{ background: {accent_hover}; }}
QPushButton[main="true"]:focus {{ background: {selected}; color: {text}; border: 2px solid {accent}; }}
QPushButton[main="true"]:disabled {{ background: {hover}; color: {muted}; border-color: {hairline}; }}
QPushButton[danger="true"] {{ color: {error}; border-color: {error}; }}
QPushButton[danger="true"]:focus {{ border-color: {accent}; }}
QPushButton[danger="true"]:disabled {{ color: {muted}; border-color: {hairline}; }}
QToolButton::menu-indicator, QPushButton::menu-indicator {{ image: none; width: 0; }}
IconButton {{ border: 2px solid transparent; background: transparent; padding: 4px; }}
IconButton:focus {{ border: 2px solid {accent}; padding: 4px; }}
IconButton:disabled {{ background: transparent; border-color: transparent; }}
FlatButton {{ border: 2px solid transparent; background: transparent; padding: 3px 7px; }}
FlatButton:focus {{ border: 2px solid {accent}; padding: 3px 7px; }}
FlatButton:disabled {{ background: transparent; border-color: transparent; }}
FlatButton[leading="true"] {{ text-align: left; }}
FlatButton[link="true"] {{ color: {accent}; text-decoration: underline; }}
FlatButton[link="true"]:disabled {{ color: {muted}; text-decoration: none; }}
FlatButton[snug="true"], FlatButton[snug="true"]:focus {{ padding: 3px 1px; }}
ChipButton {{ background: {panel}; border: 1px solid {border}; border-radius: 9px; padding: 4px 10px; }}
ChipButton:focus {{ border: 2px solid {accent}; padding: 3px 9px; }}
ChipButton:checked {{ background: {selected}; border-color: {accent}; border-bottom-width: 3px; padding-bottom: 2px; }}
CodeLine {{ border-radius: 10px; padding: 11px 12px; }}
CodeLine:focus, CodeLine[wrong="true"] {{ padding: 10px 11px; }}
Told {{ border: 2px solid transparent; border-radius: 6px; padding: 3px 1px; }}
Told:focus {{ border-color: {accent}; }}
SearchEdit {{ border-radius: 10px; padding: 7px 10px; background: {panel}; }}
SearchEdit:focus {{ padding: 6px 9px; background: {window}; }}
Card {{ background: {window}; border: 1px solid {hairline}; border-radius: 10px; }}
CodeChip {{ background: {selected}; border-radius: 9px; }}
Footer {{ background: {panel}; border-top: 1px solid {hairline}; }}
Badge, PlaceBadge {{ background: {hover}; color: {text}; border-radius: 8px; padding: 1px 7px; }}
Badge[tone="ok"] {{ background: {tint_ok}; color: {ok}; }}
Badge[tone="warning"] {{ background: {tint_warn}; color: {warning}; }}
Badge[tone="error"] {{ background: {tint_error}; color: {error}; }}
Badge[tone="unknown"] {{ background: {tint_unknown}; color: {unknown}; }}
Banner {{ background: {panel}; border: 1px solid {border}; border-radius: 8px; }}
Banner[tone="ok"] {{ background: {tint_ok}; border-color: {ok}; }}
Banner[tone="warning"] {{ background: {tint_warn}; border-color: {warning}; }}
Banner[tone="error"] {{ background: {tint_error}; border-color: {error}; }}
Banner[tone="unknown"] {{ background: {tint_unknown}; border-color: {unknown}; }}
LessonCard {{ background: {panel}; border: none; border-bottom: 1px solid {hairline}; }}
PracticeStrip {{ background: {tint_unknown}; border: none; border-bottom: 2px solid {unknown}; }}
Toast, UndoBar {{ background: {text}; border-radius: 9px; }}
Toast PlainLabel, UndoBar PlainLabel {{ color: {window}; }}
Toast FlatButton, UndoBar FlatButton {{ color: {window}; font-weight: 600; text-decoration: underline; }}
Toast FlatButton:hover, UndoBar FlatButton:hover {{ background: transparent; }}
Toast FlatButton:focus, UndoBar FlatButton:focus {{ border-color: {window}; }}
Popover {{ background: {window}; border: 1px solid {border}; border-radius: 12px; }}
Muted, MutedLine {{ color: {muted}; }}
PlainLabel[tone="ok"] {{ color: {ok}; }}
PlainLabel[tone="warning"] {{ color: {warning}; }}
PlainLabel[tone="error"] {{ color: {error}; }}
PlainLabel[tone="unknown"] {{ color: {unknown}; }}
PlainLabel[tone="accent"] {{ color: {accent}; }}
QProgressBar {{ background: {hairline}; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }}
QProgressBar::chunk {{ background: {accent}; border-radius: 3px; }}
QAbstractItemView {{ background: {window}; color: {text}; border: none; outline: none;
    selection-background-color: {selected}; selection-color: {text}; }}
SidePanel QAbstractItemView {{ background: {panel}; }}
QListView::item, QTreeView::item {{ border: 2px solid transparent; }}
QListView::item {{ border-{leading}-width: 3px; }}
QListWidget::item {{ padding: 4px 2px; }}
QListView::item:selected, QTreeView::item:selected {{ background: {selected}; color: {text}; }}
QListView::item:selected {{ border-{leading}-color: {accent}; }}
QListView::item:focus, QTreeView::item:focus {{ border-color: {accent}; }}
QHeaderView {{ background: {window}; border: none; }}
QHeaderView::section {{ background: {window}; color: {muted}; border: none; border-bottom: 1px solid {border};
    padding: 5px 6px; }}
QHeaderView::section:vertical {{ border-bottom: 1px solid {hairline}; padding: 2px 6px; }}
QTableCornerButton::section {{ background: {window}; border: none; border-bottom: 1px solid {border}; }}
QAbstractScrollArea::corner {{ background: transparent; border: none; }}
QTableView {{ gridline-color: {hairline}; }}
QTabWidget::pane {{ border: none; border-top: 1px solid {hairline}; }}
QTabBar::tab {{ background: transparent; color: {muted}; padding: 7px 12px; border: none;
    border-bottom: 2px solid transparent; }}
QTabBar::tab:selected {{ color: {accent}; border-bottom: 2px solid {accent}; font-weight: 600; }}
QTabBar::tab:hover {{ color: {text}; }}
QTabBar::scroller {{ width: 26px; }}
QTabBar QToolButton {{ background: {panel}; border: 1px solid {hairline}; border-radius: 5px; padding: 0px; }}
QTabBar::tab:focus {{ border: 2px solid {accent}; padding: 5px 10px 7px 10px; }}
QScrollArea {{ background: transparent; border: none; }}
QScrollArea > QWidget > QWidget {{ background: transparent; }}
QScrollBar {{ background: transparent; }}
QScrollBar:vertical {{ width: 12px; }}
QScrollBar:horizontal {{ height: 12px; }}
QScrollBar::handle {{ background: {border}; border-radius: 4px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 32px; }}
QScrollBar::handle:horizontal {{ min-width: 32px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QDialog {{ background: {window}; }}
QDialog QPushButton, QDialog QLineEdit, QDialog QComboBox {{ min-height: 20px; }}
QDialog QCheckBox, QDialog FlatButton {{ min-height: 22px; }}
QDialog QRadioButton, QDialog QAbstractSpinBox {{ min-height: 24px; }}
QDialog IconButton {{ min-height: 20px; min-width: 20px; }}
QDialog QTabBar::tab {{ min-height: 16px; }}
"""

# where a person or the system asks for high contrast: what has no frame in other looks gets one
HIGH = """
IconButton, FlatButton, ChipButton {{ border: 2px solid {border}; }}
IconButton:focus, FlatButton:focus, ChipButton:focus {{ border: 3px solid {accent}; padding: 2px 6px; }}
IconButton:focus {{ padding: 3px; }}
ChipButton:checked {{ border-color: {accent}; border-bottom-width: 4px; padding-bottom: 1px; }}
QPushButton:disabled, QToolButton:disabled, IconButton:disabled, FlatButton:disabled {{ border: 1px dashed {border}; }}
Badge, PlaceBadge, CodeChip {{ border: 1px solid {border}; }}
QMenu::item:selected, QMenuBar::item:selected {{ border: 2px solid {accent}; }}
QProgressBar {{ background: {window}; border: 1px solid {border}; }}
"""
