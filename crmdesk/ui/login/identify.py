"""S0: who is it, and how do they sign in. Tabs and fields are the vendor's ways; nothing is known of them here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QPushButton, QTabBar, QWidget

from crmdesk.core.errors import Problem
from crmdesk.core.fields import FieldKind
from crmdesk.core.guest import Tab, Way
from crmdesk.core.types import Account
from crmdesk.sync.login import LoginView
from crmdesk.ui.accounts.inputs import Choice
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.kit import Banner, FlatButton, Muted, button, column, tr
from crmdesk.ui.login.form import GuestForm
from crmdesk.ui.login.page import LoginPage
from crmdesk.ui.login.practice_note import NOT_PRACTICE, WHO, Described, PracticeNote

TABS = {Tab.PASSWORD: "Password", Tab.CODE: "Code", Tab.OTHER: "Other"}
ENDS = "The sign-in ends when the card is closed, at lock, or after 5 minutes without use. It is kept in memory only."
LINKS = {
    "forgot_password": "Forgot password",
    "change_password": "Set a new password",
    "register": "Register a new guest",
    "verify_email": "Confirm an e-mail address",
}


def _combo(name: str, words: str, parent: QWidget) -> Choice:
    made = Choice(parent)
    made.setObjectName(name)
    made.setAccessibleName(words)
    return made


class Pile(QWidget):
    """Shows one of its pages and is as high as that; a QStackedWidget is as high as the highest."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = column(self)
        self._shown: QWidget | None = None

    def show_page(self, page: QWidget) -> None:
        """One that is shown for the first time becomes a page of it."""
        if page is self._shown:
            return
        if self._shown is not None:
            self._shown.hide()
        if self._column.indexOf(page) < 0:
            self._column.addWidget(page)
        self._shown = page
        page.show()


class WayPage(QWidget):
    """One way: its fields, and how a code may travel."""

    submitted = Signal()

    def __init__(self, way: Way, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.way = way
        self.form = GuestForm(way.fields, self, hint=tr(way.hint))
        self.form.submitted.connect(self.submitted)
        self.channel = _combo(f"login.channel.{way.key}", tr("Send the code by"), self)
        for code, words in way.channels:
            self.channel.addItem(tr(words), code)
        label = Muted(tr("Send the code by"), self)
        label.setBuddy(self.channel)
        for part in (label, self.channel):
            part.setVisible(len(way.channels) > 1)
        column(self, self.form, label, self.channel, gap=6)

    def chosen_channel(self) -> str:
        return str(self.channel.currentData() or "")

    def inputs(self) -> list[QWidget]:
        return [*self.form.inputs(), *([self.channel] if len(self.way.channels) > 1 else [])]


class TabPage(QWidget):
    """The ways of one tab: a kind to choose where there are several. The form of each is made when it is first seen.

    `made(WayPage)`: one more."""

    changed = Signal(object)  # the WayPage before
    made = Signal(object)

    def __init__(self, tab: Tab, ways: Sequence[Way], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tab, self.ways = tab, tuple(ways)
        self._pages: dict[str, WayPage] = {}
        self.kind = _combo(f"login.kind.{tab.value}", tr("Sign in with"), self)
        self.pile = Pile(self)
        for way in ways:
            self.kind.addItem(tr(way.label), way.key)
        label = Muted(tr("Sign in with"), self)
        label.setBuddy(self.kind)
        for part in (label, self.kind):
            part.setVisible(len(self.ways) > 1)
        self._number = 0
        self.kind.currentIndexChanged.connect(self._kind_chosen)
        column(self, label, self.kind, self.pile, gap=6, margins=(0, 4, 0, 0))

    def page(self) -> WayPage:
        """Of the chosen kind."""
        return self._page(self._number)

    def _page(self, number: int) -> WayPage:
        way = self.ways[number]
        if way.key not in self._pages:
            self._pages[way.key] = WayPage(way, self.pile)
            self.made.emit(self._pages[way.key])
        if number == self._number:
            self.pile.show_page(self._pages[way.key])
        return self._pages[way.key]

    def built(self) -> Sequence[WayPage]:
        return tuple(self._pages.values())

    def _kind_chosen(self, index: int) -> None:
        before, self._number = self.page(), index
        self.changed.emit(before)


def carry(before: WayPage, after: WayPage) -> None:
    """What was typed goes along where the other way asks for the same: the same path, or an e-mail address."""
    known = {path: field.text() for path, field in before.form.fields.items() if not field.spec.kind.secret}
    empty = {path for path, field in after.form.fields.items() if not field.given()}
    after.form.put({path: text for path, text in known.items() if path in empty and text})
    mine, theirs = before.form.of_kind(FieldKind.EMAIL), after.form.of_kind(FieldKind.EMAIL)
    if mine is not None and theirs is not None and mine.text() and not theirs.text():
        theirs.set_text(mine.text())


class IdentifyPage(LoginPage):
    """`asked(way, values, channel)`; `linked(name)`: one of LINKS; `accountChosen(id)`; `closeAsked`."""

    asked = Signal(object, object, str)
    linked = Signal(str)
    accountChosen = Signal(int)
    closeAsked = Signal()

    def __init__(
        self,
        ways: Sequence[Way],
        accounts: Sequence[Account],
        account_id: int,
        parent: QWidget | None = None,
        practice: Described = NOT_PRACTICE,
    ) -> None:
        super().__init__("login.identify", tr("Sign in a guest"), parent)
        self._make_account(accounts, account_id)
        self.tabs, self.ways = QTabBar(self.body), Pile(self.body)
        self.tabs.setStyleSheet("QTabBar { background: transparent; }")  # else the whole bar is tinted
        self.tabs.setObjectName("login.tabs")
        self.tabs.setAccessibleName(tr("Ways to sign in"))
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.pages: list[TabPage] = []
        self._known: Mapping[str, str] = {}  # of who is to sign in, whichever way it will be
        self.stopped = False  # a person has just cancelled: what is told is no error
        for tab, words in TABS.items():
            of_tab = [way for way in ways if way.tab is tab]
            if of_tab:
                made = TabPage(tab, of_tab, self.ways)
                made.hide()  # till it is chosen
                made.changed.connect(self._kind_changed)
                made.made.connect(self._way_made)
                self.pages.append(made)
                self.tabs.addTab(tr(words))
        self.ways.show_page(self.pages[0])
        self.tabs.currentChanged.connect(self._tab_chosen)
        self._make_foot()
        self.practice = PracticeNote("login.practice", WHO, practice, self.body)
        tops = (self.account_name, self.account, self.note, self.practice)
        self.fill(*tops, self.tabs, self.ways, self.problem, self._links(), self.ends)
        self.set_foot(self.cancel, self.go)
        self._way_changed()

    def _make_account(self, accounts: Sequence[Account], account_id: int) -> None:
        mine = next((one for one in accounts if one.id == account_id), None)
        self.account_name = Muted(mine.title if mine is not None else "", self.body, wrap=True)
        self.account_name.setVisible(len(accounts) < 2)
        self.account: QComboBox = _combo("login.account", tr("Account"), self.body)
        for one in accounts:
            self.account.addItem(one.title, one.id)
        self.account.setCurrentIndex(self.account.findData(account_id))
        self.account.setVisible(len(accounts) > 1)
        self.account.activated.connect(lambda _index: self.accountChosen.emit(int(self.account.currentData())))

    def _make_foot(self) -> None:
        self.note = Banner("ok", "", parent=self.body)
        self.note.setObjectName("login.note")
        self.problem = Banner("error", "", parent=self.body)
        self.problem.setObjectName("login.problem")
        self.note.hide()
        self.problem.hide()
        self.ends = Muted(tr(ENDS), self.body, wrap=True)
        self.ends.setObjectName("login.ends")
        self.cancel = button("login.cancel", tr("Cancel"), self.closeAsked.emit)
        self.go = button("login.go", "", self.submit, main=True)

    def _links(self) -> QWidget:
        box = QWidget(self.body)
        flow = FlowLayout(14)
        box.setLayout(flow)
        self.links: dict[str, FlatButton] = {}
        for name, words in LINKS.items():
            made = self.links[name] = FlatButton(f"login.link.{name}", tr(words), box)
            made.setProperty("link", True)
            made.setProperty("snug", True)
            made.clicked.connect(lambda _checked=False, name=name: self.linked.emit(name))
            flow.addWidget(made)
        return box

    def set_lacks(self, lacks: Mapping[str, str], *, register: bool) -> None:
        """What the vendor cannot do is not pressed, and says why."""
        for name, made in self.links.items():
            # with a mailed link one sets a password wherever one can be mailed; `change_password` is that of a guest
            # who is signed in, which some versions lack
            why = tr(lacks.get("forgot_password" if name == "change_password" else name, ""))
            made.setVisible(name != "register" or register)
            made.setEnabled(not why)
            made.setToolTip(why)
            made.setAccessibleDescription(why)

    # what is chosen

    def way_page(self) -> WayPage:
        return self.pages[max(0, self.tabs.currentIndex())].page()

    def _way_made(self, page: WayPage) -> None:
        page.form.put(self._known)
        page.submitted.connect(self.submit)

    def _tab_chosen(self, index: int) -> None:
        self.ways.show_page(self.pages[index])
        self._kind_changed(self._current)

    def _kind_changed(self, before: WayPage) -> None:
        carry(before, self.way_page())
        self._way_changed()

    def _way_changed(self) -> None:
        self._current = now = self.way_page()
        code = now.way.tab is Tab.CODE or bool(now.way.channels)
        self.go.setText(tr("Get code") if code else tr("Sign in"))
        password = now.way.tab is Tab.PASSWORD
        for name in ("forgot_password", "change_password"):
            self.links[name].setVisible(password)
        self.problem.hide()
        self.order()

    def choose(self, way: str) -> None:
        """Show this way; an unknown key changes nothing."""
        for place, tab in enumerate(self.pages):
            for number, one in enumerate(tab.ways):
                if one.key == way:
                    tab.kind.setCurrentIndex(number)
                    self.tabs.setCurrentIndex(place)

    def username(self) -> str:
        """For *Forgot password*: what stands in the first line that is no secret."""
        fields = self.way_page().form.fields.values()
        return next((field.text() for field in fields if not field.spec.kind.secret), "")

    def submit(self) -> None:
        page = self.way_page()
        self.problem.hide()
        self.note.hide()
        if page.form.check():
            values = page.form.values()
            self.wipe()
            self.asked.emit(page.way.key, values, page.chosen_channel())

    # showing

    def show_view(self, view: LoginView) -> None:
        self.choose(view.way)
        page = self.way_page()
        if not view.way:  # nothing was chosen yet
            self._known = view.values
        if view.way in ("", page.way.key):
            page.form.put({path: text for path, text in view.values.items() if page.form.lacks(path)})
        if view.channel and page.channel.findData(view.channel) >= 0:
            page.channel.setCurrentIndex(page.channel.findData(view.channel))
        rest = page.form.show_problems(view.problems)
        self.say(view.title, view.hint, rest)
        self.problem.set("info" if self.stopped else "error", self.problem.text())
        self.stopped = False

    def say(self, title: str, hint: str, problems: Sequence[Problem] = ()) -> None:
        """Above the buttons, what belongs to no field."""
        text = " ".join(part for part in (tr(title), tr(hint), *(tr(problem.text) for problem in problems)) if part)
        self.problem.set("error", text)
        self.problem.setVisible(bool(text))

    def tell(self, text: str) -> None:
        """Good news of another page."""
        self.note.set("ok", text)
        self.note.setVisible(bool(text))

    def main(self) -> QPushButton:
        return self.go

    def take_focus(self) -> None:
        form = self.way_page().form
        if form.fields:
            form.focus_first()
        else:
            self.go.setFocus(Qt.FocusReason.OtherFocusReason)

    def chain(self) -> Sequence[QWidget]:
        """Kind, identifier, country, main button, other ways, cancel."""
        tab = self.pages[max(0, self.tabs.currentIndex())]
        inputs, links = tab.page().inputs(), self.links.values()
        return [self.account, self.tabs, tab.kind, *inputs, self.go, *links, self.cancel]

    def wipe(self) -> None:
        for tab in self.pages:
            for page in tab.built():
                page.form.wipe()
