"""`python -m tests.locale update [LANGUAGE …]`: bring the catalogues up to the source and compile them.

`python -m tests.locale missing LANGUAGE` lists what is not translated yet, `check` what is wrong. A language that has
no catalogue yet begins with `update LANGUAGE`."""

from __future__ import annotations

import argparse
import sys

from tests.locale import catalogues


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.locale", description=__doc__)
    parser.add_argument("what", choices=("update", "missing", "check"))
    parser.add_argument("language", nargs="*")
    chosen = parser.parse_args()
    failed = 0
    for code in chosen.language or catalogues.codes():
        if chosen.what == "update":
            catalogues.update(code)
        found = catalogues.updated(code)
        open_, wrong = catalogues.missing(found), list(catalogues.faults(found))
        if chosen.what == "missing":
            for message in open_:
                print(message if isinstance(message, str) else " | ".join(message))
        print(f"{code}: {len(found)} messages, {len(open_)} to translate, {len(wrong)} wrong", file=sys.stderr)
        for line in wrong:
            print(f"  {line}", file=sys.stderr)
        failed |= bool(wrong) or (chosen.what == "check" and bool(open_))
    return failed


if __name__ == "__main__":
    sys.exit(main())
