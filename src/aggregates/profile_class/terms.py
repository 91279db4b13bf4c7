"""`Terms`: options, amounts and free attributes together, as a class, a profile or the company has them; and how they are changed.

Every single value has a path, the same that a request body has: `options.collector`, `amounts.USD.credit_limit`, `attributes.region`.
A `Patch` says by path what becomes of it; `None` takes it away; `amounts.USD` alone stands for the whole row. Values that
compare equal are the same value: where `100` was stored, `100.00` changes nothing, neither the value nor how it is spelled.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict

from aggregates import texts
from aggregates.errors import InvalidError
from aggregates.profile_class.amounts import AMOUNTS, Amounts, Interest, check_decimals, read_amount
from aggregates.profile_class.currencies import check_in_use, currency, currency_code
from aggregates.profile_class.options import OPTIONS, REQUIRED, Options
from aggregates.texts import Faults, TextError

MOST_CURRENCIES: Final = 50
MOST_ATTRIBUTES: Final = 100
"""With these two no event that carries terms is above the bound of rule 0.11, whatever the values are."""
LONGEST_ATTRIBUTE: Final = 200
_CODE: Final = re.compile(r"[A-Z]{3}", re.ASCII)
_ATTRIBUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,59}", re.ASCII)

Value = str | bool | int | Decimal | date | Interest
Patch = Mapping[str, Value | None]


class OptionNotDefinedError(InvalidError):
    """There is no option, or no amount, of this name."""


class OptionRequiredError(InvalidError):
    """The option must be set (rule 2.3)."""


def value_path(text: str) -> str:
    """The path of a single value, such as `options.collector` or `amounts.USD.credit_limit`. Raises `TextError`."""
    kind, _, name = text.partition(".")
    code, _, amount = name.partition(".")
    is_path = {
        "options": name in OPTIONS,
        "amounts": _CODE.fullmatch(code) is not None and amount in AMOUNTS,
        "attributes": _ATTRIBUTE.fullmatch(name) is not None,
    }
    if not is_path.get(kind):
        raise TextError("It is the path of a value, such as options.collector or amounts.USD.credit_limit.")
    return text


class Terms(BaseModel):
    """What is agreed: options, amounts by currency, attributes by key. A row without an amount is no row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    options: Options = Options()
    amounts: dict[str, Amounts] = {}
    attributes: dict[str, str] = {}

    def values(self) -> dict[str, Value]:
        """Everything that is set, by path."""
        values: dict[str, Value] = {
            f"options.{name}": value for name, value in vars(self.options).items() if value is not None
        }
        for code, row in self.amounts.items():
            values |= {f"amounts.{code}.{name}": value for name, value in vars(row).items() if value is not None}
        values |= {f"attributes.{key}": value for key, value in self.attributes.items()}
        return values

    def value(self, path: str) -> Value | None:
        """The value that is set at one path, `None` when none is."""
        kind, name, *rest = path.split(".", 2)
        if kind == "attributes":
            return self.attributes.get(name)
        row: Options | Amounts | None = self.options if kind == "options" else self.amounts.get(name)
        value: Value | None = getattr(row, rest[0] if rest else name, None)
        return value

    def changed(self, patch: Patch) -> Self:
        """These terms with a patch applied. What equals the value that is there already stays as that was written (rule 0.10)."""
        return self.with_patch({path: value for path, value in patch.items() if not _same(value, self.value(path))})

    def with_patch(self, patch: Patch) -> Self:
        """These terms with a patch applied in its own spelling."""
        options: dict[str, Any] = {}
        rows = {code: dict(vars(row)) for code, row in self.amounts.items()}
        attributes = dict(self.attributes)
        for path, value in patch.items():
            kind, name, *rest = path.split(".", 2)
            if kind == "options":
                options[name] = value
            elif kind == "attributes":
                attributes.pop(name, None)
                if value is not None:
                    attributes[name] = str(value)
            elif rest:
                rows.setdefault(name, {})[rest[0]] = value
            else:
                rows.pop(name, None)
        filled_rows = {
            code: row for code, row in sorted(rows.items()) if any(amount is not None for amount in row.values())
        }
        return self.model_copy(
            update={
                "options": self.options.model_copy(update=options) if options else self.options,
                "amounts": {code: Amounts.model_construct(**row) for code, row in filled_rows.items()},
                "attributes": dict(sorted(attributes.items())),
            }
        )


def _same(value: Value | None, present: Value | None) -> bool:
    if isinstance(value, str) and isinstance(present, str):
        return texts.same(value, present)
    return value is not None and value == present


NOTHING: Final = Terms()
"""Terms in which nothing is set."""


def differing(before: Terms, after: Terms) -> dict[str, Value | None]:
    """Returns the patch that turns the one into the other, by path."""
    old, new = before.values(), after.values()
    changed: dict[str, Value | None] = {path: value for path, value in new.items() if old.get(path) != value}
    return changed | dict.fromkeys(path for path in old if path not in new)


class NothingToChangeError(InvalidError):
    """Days are named, but nothing that is to change on them."""


def check_named(faults: Faults, patch: Patch, *, dated: bool) -> None:
    """Refuses a change that names days and changes nothing, which could overwrite what was agreed for later by mistake."""
    if dated and not patch and not faults.errors:
        faults.errors.append(
            NothingToChangeError("Name what is to change: options, amounts or attributes.", field="options")
        )


def read_patch(
    faults: Faults,
    *,
    options: Mapping[str, Any] | None = None,
    amounts: Mapping[str, Any] | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> dict[str, Value | None]:
    """The patch in raw input: `{"collector": "EU-1"}`, `{"USD": {"credit_limit": "100"}, "EUR": None}`, `{"region": "north"}`.

    What is wrong goes into `faults`, each under its path, and is left out.
    """
    return {
        **dict(_options(faults, options or {})),
        **dict(_amounts(faults, amounts or {})),
        **dict(_attributes(faults, attributes or {})),
    }


def check_amounts(faults: Faults, patch: Patch, before: Terms, day: date | None) -> None:
    """Checks the amounts of a patch: in a currency in use on the day, if one is given, with no more decimals than it has (rule 2.4).

    An amount that is there already is no change and is not judged: lists and rules may have become stricter since (rule 0.10).
    """
    withdrawn = Faults()
    for path, value in patch.items():
        kind, code, *name = path.split(".", 2)
        if kind != "amounts" or not isinstance(value, Decimal | Interest) or value == before.value(path):
            continue
        with faults.at(path):
            check_decimals(code, name[0], value)
        if day is not None:
            with withdrawn:
                check_in_use(code, day, field=f"amounts.{code}")
    faults.errors.extend(withdrawn.last_of_each_field())


def check_required(faults: Faults, terms: Terms) -> None:
    """Checks that a class, or a profile made from it, has a collector and says whether discounts are allowed (rule 2.3)."""
    for name in REQUIRED:
        if getattr(terms.options, name) is None:
            faults.errors.append(OptionRequiredError(f"{OPTIONS[name].label} must be set.", field=f"options.{name}"))


def check_kept(faults: Faults, patch: Patch) -> None:
    """A patch takes away no option that must be set (rule 2.3)."""
    for name in REQUIRED:
        path = f"options.{name}"
        if path in patch and patch[path] is None:
            faults.errors.append(OptionRequiredError(f"{OPTIONS[name].label} must be set.", field=path))


def check_bounds(faults: Faults, paths: Iterable[str], before: Iterable[str] = ()) -> None:
    """Checks that these paths stay few enough for one event (rule 0.11); what was larger before may only become smaller.

    Of a profile they are those of its values and those that were taken away there, which it remembers.
    """
    names, old = _names(paths), _names(before)
    for kind, most, plural in (
        ("amounts", MOST_CURRENCIES, "currencies"),
        ("attributes", MOST_ATTRIBUTES, "attributes"),
    ):
        if len(names[kind]) > max(most, len(old[kind])):
            text = f"At most {most} {plural}, those that were taken away here included; this would make {len(names[kind])}."
            faults.errors.append(TextError(text, field=kind))


def _names(paths: Iterable[str]) -> dict[str, set[str]]:
    names: dict[str, set[str]] = {"options": set(), "amounts": set(), "attributes": set()}
    for path in paths:
        kind, name, *_ = path.split(".", 2)
        names[kind].add(name)
    return names


def _options(faults: Faults, options: Mapping[str, Any]) -> Iterator[tuple[str, Value | None]]:
    for name, value in options.items():
        path, form = f"options.{name}", OPTIONS.get(name)
        with faults.at(path):
            if form is None:
                raise OptionNotDefinedError(f"There is no option {name[:60]}.")
            yield path, None if value is None else form.read(value, form.label)


def _amounts(faults: Faults, amounts: Mapping[str, Any]) -> Iterator[tuple[str, Value | None]]:
    codes: set[str] = set()
    for raw_code, row in amounts.items():
        code = ""
        with faults:
            read_code = currency_code if _takes_away(row) else currency
            code = read_code(raw_code, field=f"amounts.{raw_code}")
            if code in codes:
                faults.errors.append(TextError(f"{code} is given twice.", field=f"amounts.{raw_code}"))
        if not code or code in codes:
            continue
        codes.add(code)
        if row is None:
            yield f"amounts.{code}", None
        elif isinstance(row, Mapping):
            yield from _row(faults, code, row)
        else:
            faults.errors.append(TextError("The amounts of a currency are an object.", field=f"amounts.{code}"))


def _takes_away(row: Any) -> bool:
    """Returns whether amounts of a currency are only removed: whatever is stored can be removed (rule 0.10)."""
    return row is None or (isinstance(row, Mapping) and bool(row) and all(value is None for value in row.values()))


def _row(faults: Faults, code: str, row: Mapping[str, Any]) -> Iterator[tuple[str, Value | None]]:
    for name, value in row.items():
        path = f"amounts.{code}.{name}"
        with faults.at(path):
            if name not in AMOUNTS:
                raise OptionNotDefinedError(f"There is no amount {name[:60]}.")
            yield path, None if value is None else read_amount(name, value)


def _attributes(faults: Faults, attributes: Mapping[str, Any]) -> Iterator[tuple[str, Value | None]]:
    if len(attributes) > MOST_ATTRIBUTES:
        faults.errors.append(TextError(f"At most {MOST_ATTRIBUTES} attributes.", field="attributes"))
        return
    for key, value in attributes.items():
        path = f"attributes.{key}"
        with faults.at(path):
            if not _ATTRIBUTE.fullmatch(key):
                raise TextError("A key has a letter first, then up to 59 letters, digits, hyphens or underscores.")
            if value is not None and not isinstance(value, str):
                raise TextError("The value of an attribute is a text.")
            yield (
                path,
                None if value is None else texts.text(value, field="", label="The value", longest=LONGEST_ATTRIBUTE),
            )
