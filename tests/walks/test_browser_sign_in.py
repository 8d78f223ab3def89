"""An account whose sign-in was refused: from the banner to its sign-in, in the whole program."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QPushButton, QWidget

from crmdesk.early import Found
from crmdesk.net.secrets import memory_key
from crmdesk.settings import Settings
from crmdesk.sync.progress import Phase
from tests.helpers.house import House, until


async def test_the_banner_leads_to_where_the_account_is_signed_in_again(tmp_path: Path) -> None:
    kept = Settings(operator="Maria", operators=["Maria"])
    async with House(tmp_path, Found(key=memory_key()), kept=kept, practice=True) as house:
        await house.practised()
        accounts = await house.services.reader.accounts()
        account = next(one for one in accounts if one.vendor == "bookingsync")
        house.program.emulators["bookingsync"].expire_token(71)
        result = await house.services.pull(account.id)
        assert result.phase is Phase.SIGN_IN, result
        name = f"banner.session.{account.id}.sign"
        await until(lambda: house.window.findChild(QPushButton, name), "a banner")
        house.window.findChild(QPushButton, name).click()
        await until(lambda: house.window.pages.built_accounts() is not None, "the accounts page")
        page = house.window.pages.accounts()
        await until(lambda: house.window.focusWidget() is page.form.secrets["token"].edit, "the focus at the token")
        assert page.form.account.id == account.id
        assert page.form.memory.isVisible()  # practice keeps nothing
        box = page.findChild(QWidget, "accounts.field.sign_in")
        box.setCurrentIndex(box.findData("browser"))
        box.activated.emit(box.currentIndex())
        assert page.browser.isVisible()
        assert not page.browser.start.isEnabled()
        assert "Practice" in page.browser.text.text()
