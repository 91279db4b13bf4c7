"""Use cases of profile classes."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from aggregates.profile_class.profile_class import DEFAULT, ClassNotFoundError, ProfileClass
from aggregates.profile_class.propagation import Propagation, change_of, next_run, runs_of
from aggregates.use_case import FactStore, Outcome, Request, command

DEFAULT_COLLECTOR: Final = "DEFAULT"


@command
def define_class(
    store: FactStore,
    request: Request,
    *,
    name: str,
    description: str,
    active: bool = True,
    options: Mapping[str, Any] | None = None,
    amounts: Mapping[str, Any] | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> Outcome:
    """Sets a profile class up (rule 2.1)."""
    profile_class = store.load(ProfileClass, name.strip()) or ProfileClass.new(store.company, name.strip())
    profile_class.expect(request.expected_versions)
    profile_class.define(
        request.origin,
        name=name,
        description=description,
        active=active,
        options=options,
        amounts=amounts,
        attributes=attributes,
        today=request.today,
    )
    return store.keep(request, profile_class)


@command
def change_class(
    store: FactStore,
    request: Request,
    *,
    name: str,
    description: str | None = None,
    active: bool | None = None,
    options: Mapping[str, Any] | None = None,
    amounts: Mapping[str, Any] | None = None,
    attributes: Mapping[str, Any] | None = None,
    apply_to: str | None = None,
) -> Outcome:
    """Changes what is given of a class into a further version; `active=False` deactivates it (rules 2.1, 2.15, 2.19)."""
    profile_class = store.load(ProfileClass, name)
    if profile_class is None:
        raise ClassNotFoundError(f"Profile class {name} does not exist.")
    profile_class.expect(request.expected_versions)
    profile_class.change(
        request.origin,
        description=description,
        active=active,
        options=options,
        amounts=amounts,
        attributes=attributes,
        apply_to=apply_to,
        today=request.today,
    )
    return store.keep(request, profile_class)


@command
def found_company(store: FactStore, request: Request) -> Outcome:
    """Records what exists from the start: the class DEFAULT (rule 2.2). Records nothing where it exists already."""
    profile_class = store.load(ProfileClass, DEFAULT) or ProfileClass.new(store.company, DEFAULT)
    profile_class.expect(request.expected_versions)
    if not profile_class.version:
        options = {"collector": DEFAULT_COLLECTOR, "allow_discount": True}
        profile_class.define(
            request.origin, name=DEFAULT, description="What an account starts with", active=True, options=options
        )
    return store.keep(request, profile_class)


@command
def start_propagation(
    store: FactStore,
    request: Request,
    *,
    name: str,
    version: int,
    run_date: date | None = None,
    include_later: bool = False,
) -> Outcome:
    """Begins to apply a class version's change to existing profiles (rules 2.15-2.17). `jobs` does the work.

    Once a run has finished, a further one may begin: for what was left out, such as later-dated versions.
    """
    change = change_of(store.load(ProfileClass, name), name, version)
    run = next_run(runs_of(lambda key: store.load(Propagation, key), change), change)
    propagation = Propagation.new(store.company, Propagation.key(change.name, version, run))
    propagation.expect(request.expected_versions)
    propagation.start(request.origin, change, run_date or request.today, include_later=include_later, run=run)
    return store.keep(request, propagation)
