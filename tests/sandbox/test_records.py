"""The record store agrees with a plain dict of times, whatever is done to it."""

from hypothesis import given
from hypothesis import strategies as st

from crmdesk.sandbox.records import Records

STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "drop", "move"]), st.integers(1, 12), st.integers(0, 9)), max_size=60
)


@given(loaded=st.dictionaries(st.integers(1, 12), st.integers(0, 9)), steps=STEPS, since=st.integers(0, 10))
def test_changed_and_gone_since(loaded: dict[int, int], steps: list[tuple[str, int, int]], since: int) -> None:
    records, changed, gone = Records(), dict(loaded), {}
    records.load((record, b"%d" % record, at) for record, at in loaded.items())
    for what, record, at in steps:
        if what == "put":
            records.put(record, b"%d" % record, at)
            changed[record] = at
            gone.pop(record, None)
        elif record in changed and what == "drop":
            records.drop(record, at)
            gone[record] = at
            del changed[record]
        elif record in changed:
            records.to_end(record)
    assert list(records.changed_since(since)) == sorted(record for record, at in changed.items() if at >= since)
    assert records.gone_since(since) == sorted(record for record, at in gone.items() if at >= since)
    assert sorted(records.ids) == sorted(changed)
    assert len(records) == len(changed)


def test_pages_are_joined_in_list_order() -> None:
    records = Records()
    records.load([(4, b"four", 1), (7, b"seven", 2)])
    records.put(5, b"five", 3, position=0)
    records.to_end(4)
    assert records.join(records.ids) == b"five,seven,four"
