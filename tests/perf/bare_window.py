"""The floor of a start: the least program that paints a window with Qt. Run as a script; prints when it was painted."""

import sys
import time

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget


class Plain(QWidget):
    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), self.palette().window())
        QTimer.singleShot(0, painted)


def painted() -> None:
    print(time.monotonic())
    if "--memory" in sys.argv:
        from tests.perf.resident import resident

        print(*resident().values())
    app.quit()


app = QApplication(sys.argv)
window = QMainWindow()
window.setCentralWidget(Plain())
window.resize(1400, 860)
window.show()
app.exec()
