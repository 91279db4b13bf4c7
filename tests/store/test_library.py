"""The log implements the library's interfaces: an ordinary `eventsourcing` application works on it."""

from collections.abc import Callable

from eventsourcing.persistence import InfrastructureFactory

from aggregates.setup.category import ProfileCategory
from conftest import environment
from store.application import Dossier
from store.log import Factory, Log

Category = Callable[..., ProfileCategory]


def test_the_library_makes_the_log_from_the_environment(postgres_url: str, schema: str) -> None:
    factory = InfrastructureFactory.construct({**environment(postgres_url, schema), "PERSISTENCE_MODULE": "store.log"})
    assert isinstance(factory, Factory)
    assert isinstance(factory.application_recorder(), Log)
    factory.close()


def test_the_librarys_save_and_repository_work(dossier: Dossier, category: Category) -> None:
    made = category("1", changes=2)
    recordings = dossier.save(made)  # type: ignore[arg-type]
    found: ProfileCategory = dossier.repository.get(made.id)  # type: ignore[type-var,assignment]
    assert [recording.notification.id for recording in recordings] == [1, 2, 3]
    assert (found.version, found.position) == (3, 2)


def test_an_aggregate_can_be_had_at_an_earlier_version(dossier: Dossier, category: Category) -> None:
    made = category("1", changes=5)
    dossier.put(made.pending)
    found: ProfileCategory = dossier.repository.get(made.id, version=3)  # type: ignore[type-var,assignment]
    assert (found.version, found.position) == (3, 2)


def test_notifications_come_in_pages_and_by_topic(dossier: Dossier, category: Category) -> None:
    dossier.put(category("1", changes=4).pending)
    log = dossier.log_of_facts
    assert [event.id for event in log.select_notifications(2, 2)] == [2, 3]
    assert [event.id for event in log.select_notifications(2, 10, inclusive_of_start=False)] == [3, 4, 5]
    assert [event.id for event in log.select_notifications(1, 10, stop=3)] == [1, 2, 3]
    assert [event.id for event in log.select_notifications(None, 10, topics=["category.defined"])] == [1]


def test_events_of_an_aggregate_come_in_either_order(dossier: Dossier, category: Category) -> None:
    made = category("1", changes=4)
    dossier.put(made.pending)
    log = dossier.log_of_facts
    assert [event.originator_version for event in log.select_events(made.id, gt=1, lte=4)] == [2, 3, 4]
    assert [event.originator_version for event in log.select_events(made.id, desc=True, limit=2)] == [5, 4]
