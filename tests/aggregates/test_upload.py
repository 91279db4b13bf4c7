"""Upload mappings and uploads: which column maps to which field, what was received, and its outcome (rule 3.2)."""

from datetime import date
from typing import Any

import pytest

from aggregates.effective import Days, EffectiveDatesError, When
from aggregates.errors import DomainError, RefusedError
from aggregates.texts import TextError
from aggregates.upload import commands as upload
from aggregates.upload.mapping import DELIMITERS, SPECIAL, ColumnError, MappingNotFoundError, UploadMapping
from aggregates.upload.upload import Counts, Upload, UploadExistsError, UploadOverError
from aggregates.use_case import Outcome, Request
from field_facts import (
    DIGEST,
    field_defined,
    mapping_saved,
    upload_cancelled,
    upload_finished,
    upload_received,
    upload_refused,
)
from scenario import ORIGIN, TODAY, given, given_no, said, told

from .memory_store import MemoryStore

REQUEST = Request(ORIGIN, TODAY)
CITY = field_defined()
FIELDS = ["city", "first_name"]
COUNTS = {"rows": 10, "new": 4, "changed": 3, "unchanged": 2, "failed": 1}


def save(columns: dict[str, str], name: str = "crm", **of: Any) -> Any:
    return lambda it: it.save(ORIGIN, name=name, columns=columns, fields=FIELDS, **of)


# Mappings


def test_a_mapping_says_which_column_is_which_field() -> None:  # rule 3.2
    columns = {" Town ": "city", "No": "customer_number", "Alt": "alternate_number", "Who": "name"}
    given_no(UploadMapping, "crm").when(save(columns, " crm ", delimiter=";", header=True)).then(
        mapping_saved(columns={"Town": "city"} | dict(list(columns.items())[1:]), delimiter=";", header=True)
    )
    assert SPECIAL == ("customer_number", "alternate_number", "name")


@pytest.mark.parametrize("delimiter", [None, ",", ";", "|", "~", "\t"])
def test_a_file_is_parted_by_one_of_five_signs_or_detected(delimiter: str | None) -> None:  # rule 3.2
    assert DELIMITERS == (",", ";", "|", "~", "\t")
    given_no(UploadMapping, "crm").when(save({"Town": "city"}, delimiter=delimiter)).then(
        mapping_saved(delimiter=delimiter)
    )


WRONG: list[Any] = [
    ({}, {}, ColumnError, "Map 1 to 500 columns.", "columns"),
    ({"Town": "town"}, {}, ColumnError, "There is no field town.", "columns.Town"),
    ({"A": "city", "B": "city"}, {}, ColumnError, "Another column is mapped to city already.", "columns.B"),
    ({"A": "city", " A": "name"}, {}, ColumnError, "The column is named twice.", "columns. A"),
    ({"É": "city", "e\u0301\u200b": "name"}, {}, ColumnError, "The column is named twice.", "columns.e\u0301\u200b"),
    ({"\ufeff\u200b": "city"}, {}, TextError, "A column must have 1 to 200 characters.", "columns.\ufeff\u200b"),
    ({" ": "city"}, {}, TextError, "A column must have 1 to 200 characters.", "columns. "),
    ({"A": "city"}, {"delimiter": ":"}, TextError, "The delimiter is one of , ; | ~ or a tab.", "delimiter"),
    ({"A": "city"}, {"name": "a b"}, TextError, "The name must have 1 to 60 letters, digits or hyphens.", "name"),
]


@pytest.mark.parametrize(("columns", "of", "error", "text", "field"), WRONG)
def test_a_mapping_that_makes_no_sense_is_refused(
    columns: dict[str, str], of: dict[str, Any], error: type[DomainError], text: str, field: str
) -> None:  # rule 3.2
    given_no(UploadMapping, "crm").when(save(columns, **of)).then_refused(error, text, (field,))


def test_everything_wrong_with_a_mapping_is_named_at_once() -> None:  # rule 3.2
    columns = {str(number): "city" if number == 1 else "name" for number in range(502)}
    then = given_no(UploadMapping, "crm").when(save(columns, "", delimiter="x"))
    assert isinstance(then.error, RefusedError)
    named = [fault.field for fault in then.error.faults]
    assert named[:3] == ["name", "columns", "columns.2"]
    assert (len(named), named[-1]) == (503, "delimiter")


def test_saving_a_mapping_again_records_what_differs_or_nothing() -> None:  # rule 0.5
    given(mapping_saved()).when(save({" Town ": "city"})).then_nothing()
    given(mapping_saved()).when(save({"Town": "city"}, header=False)).then(mapping_saved(header=False))
    given(mapping_saved()).when(save({"Name": "first_name"})).then(mapping_saved(columns={"Name": "first_name"}))


def test_a_mapping_is_saved_under_its_name() -> None:  # rule 3.2
    store = MemoryStore(CITY)
    assert upload.save_mapping(store, REQUEST, name=" crm ", columns={"Town": "city"}).changed
    again = upload.save_mapping(store, REQUEST, name="crm", columns={"Town": "city"})
    assert (again, said(store.recorded)) == (Outcome(False, 1, None), said([mapping_saved()]))
    with pytest.raises(ColumnError, match=r"^There is no field zip\.$"):
        upload.save_mapping(store, REQUEST, name="crm", columns={"Zip": "zip"})


# Receiving


def receive(store: MemoryStore, **of: Any) -> Outcome:
    told_ = {"upload": "U-1", "file": "contacts.csv", "size": 12, "digest": DIGEST, **of}
    return upload.receive_upload(store, REQUEST, **told_)


def test_a_file_comes_in_with_its_columns_and_holds_from_today_on() -> None:  # rules 3.2, 3.11
    store = MemoryStore(CITY)
    assert receive(store, columns={"Town": "city"}) == Outcome(True, 1, 2)
    assert said(store.recorded) == said([upload_received()])


def test_a_file_is_read_by_a_saved_mapping_except_for_what_is_said_with_it() -> None:  # rule 3.2
    saved = mapping_saved(columns={"Town": "city", "No": "customer_number"}, delimiter=";", header=True)
    store = MemoryStore(CITY, saved)
    receive(store, mapping="crm")
    days = date(2025, 1, 1)
    receive(
        store,
        upload="U-2",
        mapping="crm",
        columns={"1": "city"},
        delimiter="|",
        header=False,
        when=When(days),
    )
    assert said(store.recorded) == said(
        [
            upload_received(
                columns={"Town": "city", "No": "customer_number"},
                delimiter=";",
                header=True,
                mapping="crm",
                mapping_version=1,
            ),
            upload_received(
                "U-2",
                {"1": "city"},
                delimiter="|",
                header=False,
                effective_from=days,
                mapping="crm",
                mapping_version=1,
            ),
        ]
    )


def test_a_file_may_hold_up_to_a_last_day() -> None:  # rules 0.2, 3.10, 3.11
    store = MemoryStore(CITY)
    last = date(2026, 4, 30)
    receive(store, columns={"Town": "city"}, when=When(effective_to=last))
    assert said(store.recorded) == said([upload_received(effective_to=last)])
    with pytest.raises(EffectiveDatesError, match=r"^The end date must not be before the start date\.$") as refused:
        receive(store, upload="U-2", columns={"Town": "city"}, when=When(effective_to=date(2026, 3, 9)))
    assert (refused.value.field, len(store.recorded)) == ("effective_to", 1)


def test_everything_wrong_with_an_upload_is_named_at_once() -> None:  # rule 3.2
    store = MemoryStore(CITY)
    with pytest.raises(RefusedError) as refused:
        receive(store, mapping="none", delimiter="x", when=When(date.max))
    found = {fault.field: type(fault) for fault in refused.value.faults}
    assert (list(found), found["mapping"]) == (["mapping", "effective_from", "delimiter"], MappingNotFoundError)
    with pytest.raises(ColumnError, match=r"^Map 1 to 500 columns\.$"):
        receive(store)
    with pytest.raises(ColumnError, match=r"^There is no field town\.$"):
        receive(store, columns={"Town": "town"})
    assert store.recorded == []


def test_an_upload_is_received_once() -> None:  # rule 0.6
    store = MemoryStore(CITY, upload_received())
    with pytest.raises(UploadExistsError, match=r"^Upload U-1 was received already\.$") as refused:
        receive(store, columns={"Town": "city"})
    assert (refused.value.field, store.recorded) == ("upload", [])


# Ending


def test_an_upload_ends_with_the_counts_of_its_rows() -> None:  # rule 3.2
    given(upload_received()).when(lambda it: it.finish(ORIGIN, Counts(**COUNTS))).then(upload_finished(**COUNTS))
    found = told(upload_received(), upload_finished(**COUNTS))
    assert (found.over, found.reason, found.counts) == (True, None, Counts(10, 4, 3, 2, 1))


def test_a_file_that_cannot_be_read_on_is_refused_and_keeps_what_was_counted() -> None:  # rule 3.2
    reason = "Line 11 is not UTF-8."
    given(upload_received()).when(lambda it: it.refuse(ORIGIN, reason, Counts(**COUNTS))).then(
        upload_refused(reason=reason, **COUNTS)
    )
    found = told(upload_received(), upload_refused(reason=reason, **COUNTS))
    assert (found.over, found.reason, found.counts.new) == (True, reason, 4)


def test_an_upload_that_is_cancelled_keeps_what_was_counted() -> None:  # rule 3.2
    given(upload_received()).when(lambda it: it.cancel(ORIGIN, Counts(**COUNTS))).then(upload_cancelled(**COUNTS))
    given(upload_received(), upload_cancelled()).when(lambda it: it.cancel(ORIGIN, Counts(**COUNTS))).then_nothing()
    found = told(upload_received(), upload_cancelled(**COUNTS))
    assert (found.over, found.cancelled, found.counts) == (True, True, Counts(10, 4, 3, 2, 1))


@pytest.mark.parametrize("end", [upload_finished(), upload_refused()])
def test_what_is_over_cannot_be_cancelled(end: Any) -> None:  # rule 0.5
    given(upload_received(), end).when(lambda it: it.cancel(ORIGIN, Counts())).then_refused(
        UploadOverError, "Upload U-1 is over; its rows stay.", (None,)
    )


@pytest.mark.parametrize("end", [upload_finished(), upload_refused(), upload_cancelled()])
@pytest.mark.parametrize("verb", [lambda it: it.finish(ORIGIN, Counts()), lambda it: it.refuse(ORIGIN, "", Counts())])
def test_what_is_over_does_not_end_again(end: Any, verb: Any) -> None:  # rule 0.5
    given(upload_received(), end).when(verb).then_nothing()


def test_an_upload_knows_what_it_is_to_be_read_by() -> None:  # rule 3.2
    found = told(upload_received(delimiter="|", header=False, effective_to=TODAY))
    assert (found.key, found.columns, found.delimiter, found.header) == ("U-1", {"Town": "city"}, "|", False)
    assert (found.days, found.origin.actor, found.over) == (Days(TODAY, TODAY), "bob", False)
    assert isinstance(found, Upload)
