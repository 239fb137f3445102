"""The tables anew from the logs: the same name, what people said, and nothing that polls still look after."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from correlator.incident_json import incident_object
from correlator.model import Cause, Confidence, Finding, Incident, Status
from correlator.people import NOBODY, People, Remark, RemarkKind
from correlator.rebuild import Stored, rebuilt
from correlator.stores.history import History
from correlator.stores.memory import MemoryTables
from correlator.stores.rows import partition_of
from correlator.stores.store import TableStore
from correlator.wording import Style
from tests.timeline import HOUR, incidents

STYLE = Style()
(ONE,) = incidents("12:00 hq up IN_0; 13:00 hq down IN_0 DPD; 13:05 hq up IN_0")
OTHERWISE = replace(ONE, finding=Finding(Cause.UNKNOWN, Confidence.NONE, "nothing"))


def kept(*found: Incident) -> list[Stored]:
    """As the table gives them back."""
    tables = MemoryTables()
    TableStore(tables, STYLE).record(found)
    return History(tables).stored(sorted({partition_of(i) for i in found}))


def test_what_is_missing_is_added_under_its_own_name() -> None:
    """An incident that the table lost comes back as it was; where it stands as it is, nothing is written."""
    assert rebuilt([ONE], [], (), NOBODY, STYLE) == [ONE]
    assert rebuilt([ONE], kept(ONE), (), NOBODY, STYLE) == []


def test_what_is_told_otherwise_is_corrected_with_a_higher_revision() -> None:
    """The row keeps its place, and a revision above the old one goes through."""
    (written,) = rebuilt([ONE], kept(replace(OTHERWISE, rev=7)), (), NOBODY, STYLE)
    assert (written.id, written.rev, written.finding) == (ONE.id, 8, ONE.finding)
    tables = MemoryTables()
    store = TableStore(tables, STYLE)
    store.record([replace(OTHERWISE, rev=7)])
    store.record([written])
    (document,) = store.documents([partition_of(ONE)])
    assert document["cause"]["code"] == ONE.finding.cause


def test_an_incident_keeps_the_name_that_people_know() -> None:
    """Judged anew its anchor would be another one: the id of the row that holds its outage stays, and its partition."""
    older = replace(OTHERWISE, id="VPN-20260820-OTHER1", anchor=ONE.anchor - 30 * HOUR)
    (written,) = rebuilt([ONE], kept(older), (), NOBODY, STYLE)
    assert written.id == older.id
    assert partition_of(written) == partition_of(older)
    assert written.anchor == older.anchor.replace(microsecond=0)


def test_what_people_said_stays() -> None:
    """Remarks lie apart, and the corrected row shows them as the old one did."""
    word = Remark(ONE.id, ONE.anchor, "kim", RemarkKind.NOTE, "ticket 4711")
    people = People({ONE.id: (word,)})
    (written,) = rebuilt([ONE], kept(OTHERWISE), (), people, STYLE)
    assert incident_object(written, STYLE)["notes"][0]["text"] == "ticket 4711"


def test_what_polls_look_after_is_left_to_them() -> None:
    """A revision of ours above the polls' own would shut their later words out."""
    assert rebuilt([ONE], kept(OTHERWISE), {ONE.id}, NOBODY, STYLE) == []
    assert rebuilt([ONE], [], {ONE.id}, NOBODY, STYLE) == []


@pytest.mark.parametrize("status", [Status.REMOVED, Status.RETRACTED, Status.ABSORBED])
def test_what_was_withdrawn_or_closed_stays_so(status: Status) -> None:
    """That a person closed it, or that it became part of another, is not in the logs."""
    assert rebuilt([ONE], kept(replace(OTHERWISE, status=status)), (), NOBODY, STYLE) == []
