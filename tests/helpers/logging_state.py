"""Logging as it was, after a test that set it up."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator


@contextlib.contextmanager
def kept_logging() -> Iterator[None]:
    """Handlers added meanwhile are closed, levels put back, loggers that were switched off are on again."""
    root = logging.getLogger()
    handlers = list(root.handlers)
    loggers = [root, *(logging.getLogger(name) for name in list(logging.Logger.manager.loggerDict))]
    levels = [(logger, logger.level, logger.disabled) for logger in loggers]
    yield
    for handler in [added for added in root.handlers if added not in handlers]:
        root.removeHandler(handler)
        handler.close()
    for logger, level, disabled in levels:
        logger.setLevel(level)
        logger.disabled = disabled
