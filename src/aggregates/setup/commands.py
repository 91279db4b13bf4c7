"""Use cases of the setup. Each loads one aggregate, lets it decide, and stores its facts."""

from collections.abc import Mapping
from typing import Any

from aggregates import texts
from aggregates.effective import FROM_TODAY, When
from aggregates.field.field import BusinessField, FieldNotFoundError
from aggregates.profile_class.terms import NOTHING, check_amounts, check_named, read_patch
from aggregates.setup.category import CategoryNotFoundError, ProfileCategory
from aggregates.setup.controls import SystemControls, control
from aggregates.setup.mappings import AttributeMappings, category_source, field_source
from aggregates.setup.system_options import SystemOptions
from aggregates.use_case import FactStore, Outcome, Request, command


def _category(store: FactStore, request: Request, code: int) -> ProfileCategory:
    category = store.load(ProfileCategory, code)
    if category is None:
        raise CategoryNotFoundError(f"Category {code} is not defined.")
    category.expect(request.expected_versions)
    return category


@command
def define_category(
    store: FactStore,
    request: Request,
    *,
    code: int,
    description: str,
    required: bool = False,
    position: int = 0,
    active: bool = True,
) -> Outcome:
    """Sets a profile category up (rule 1.1)."""
    category = store.load(ProfileCategory, code) or ProfileCategory.new(store.company, code)
    category.expect(request.expected_versions)
    category.define(
        request.origin,
        code=code,
        description=description,
        required=required,
        position=position,
        active=active,
    )
    return store.keep(request, category)


@command
def change_category(
    store: FactStore,
    request: Request,
    *,
    code: int,
    description: str | None = None,
    required: bool | None = None,
    position: int | None = None,
    active: bool | None = None,
) -> Outcome:
    """Changes what is given of a category; `active=False` deactivates it (rule 1.13)."""
    category = _category(store, request, code)
    category.change(request.origin, description=description, required=required, position=position, active=active)
    return store.keep(request, category)


@command
def define_response(
    store: FactStore,
    request: Request,
    *,
    code: int,
    response: str,
    description: str,
    default: bool = False,
    position: int = 0,
    active: bool = True,
) -> Outcome:
    """Adds a response to a category (rules 1.2, 1.3)."""
    category = _category(store, request, code)
    category.define_response(
        request.origin,
        response=response,
        description=description,
        default=default,
        position=position,
        active=active,
    )
    return store.keep(request, category)


@command
def change_response(
    store: FactStore,
    request: Request,
    *,
    code: int,
    response: str,
    description: str | None = None,
    default: bool | None = None,
    position: int | None = None,
    active: bool | None = None,
) -> Outcome:
    """Changes what is given of a response; `active=False` deactivates it (rules 1.3, 1.13)."""
    category = _category(store, request, code)
    category.change_response(
        request.origin, response, description=description, default=default, position=position, active=active
    )
    return store.keep(request, category)


@command
def set_control(
    store: FactStore,
    request: Request,
    *,
    code: str,
    value: str,
    when: When = FROM_TODAY,
) -> Outcome:
    """Sets a system control value, by default from today on, open-ended (rule 4.1)."""
    controls = store.load(SystemControls, store.company) or SystemControls.new(store.company, store.company)
    controls.expect(request.expected_versions)
    code = control(code).code
    faults = texts.Faults()
    days = when.days(faults, request.today)
    with faults:
        controls.set_value(request.origin, code, value, days, keep_later=when.keep_later)
    faults.raise_any()
    return store.keep(request, controls)


@command
def introduce_controls(store: FactStore, request: Request) -> Outcome:
    """Records the defaults of controls that came after companies had been founded; nothing where they have values."""
    controls = store.load(SystemControls, store.company) or SystemControls.new(store.company, store.company)
    controls.expect(request.expected_versions)
    controls.introduce(request.origin)
    return store.keep(request, controls)


@command
def change_system_options(
    store: FactStore,
    request: Request,
    *,
    options: Mapping[str, Any] | None = None,
    amounts: Mapping[str, Any] | None = None,
    attributes: Mapping[str, Any] | None = None,
    when: When = FROM_TODAY,
) -> Outcome:
    """Changes what is given of the company's own options, by default from today on, open-ended (rule 2.13)."""
    system_options = store.load(SystemOptions, store.company) or SystemOptions.new(store.company, store.company)
    system_options.expect(request.expected_versions)
    faults = texts.Faults()
    days = when.days(faults, request.today)
    patch = read_patch(faults, options=options, amounts=amounts, attributes=attributes)
    before = system_options.values.at(days.first)
    check_amounts(faults, patch, before.terms if before else NOTHING, days.first)
    check_named(faults, patch, dated=when.dated)
    faults.raise_any()
    system_options.change(request.origin, patch, days, keep_later=when.keep_later)
    return store.keep(request, system_options)


@command
def map_category(store: FactStore, request: Request, *, code: int, attribute: str) -> Outcome:
    """Maps a category to a Customer Engagement attribute (rule 4.2)."""
    if store.load(ProfileCategory, code) is None:
        raise CategoryNotFoundError(f"Category {code} is not defined.")
    mappings = _mappings(store, request)
    mappings.map_attribute(request.origin, category_source(code), attribute)
    return store.keep(request, mappings)


@command
def unmap_category(store: FactStore, request: Request, *, code: int) -> Outcome:
    """Takes the mapping of a category away."""
    mappings = _mappings(store, request)
    mappings.unmap_attribute(request.origin, category_source(code))
    return store.keep(request, mappings)


@command
def map_field(store: FactStore, request: Request, *, key: str, attribute: str) -> Outcome:
    """Maps a business field to a Customer Engagement attribute (rule 4.2)."""
    if store.load(BusinessField, key) is None:
        raise FieldNotFoundError(f"Field {key} is not defined.")
    mappings = _mappings(store, request)
    mappings.map_attribute(request.origin, field_source(key), attribute)
    return store.keep(request, mappings)


@command
def unmap_field(store: FactStore, request: Request, *, key: str) -> Outcome:
    """Takes the mapping of a business field away."""
    mappings = _mappings(store, request)
    mappings.unmap_attribute(request.origin, field_source(key))
    return store.keep(request, mappings)


def _mappings(store: FactStore, request: Request) -> AttributeMappings:
    mappings = store.load(AttributeMappings, store.company) or AttributeMappings.new(store.company, store.company)
    mappings.expect(request.expected_versions)
    return mappings
