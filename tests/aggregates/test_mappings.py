"""`AttributeMappings`: which category is mapped to which Customer Engagement attribute."""

import pytest

from aggregates.setup.mappings import (
    AttributeMappings,
    AttributeNameError,
    AttributeTakenError,
    MappingNotFoundError,
    category_source,
)
from scenario import COMPANY, ORIGIN, attribute_mapped, attribute_unmapped, given, given_no, told


def test_a_category_is_mapped_to_an_attribute() -> None:  # rule 4.2
    given_no(AttributeMappings, COMPANY).when(lambda it: it.map_attribute(ORIGIN, "category:7", " age ")).then(
        attribute_mapped("category:7", "age")
    )


def test_a_category_can_be_mapped_to_another_attribute() -> None:  # rule 4.2
    given(attribute_mapped("category:7", "age")).when(
        lambda it: it.map_attribute(ORIGIN, "category:7", "age_group")
    ).then(attribute_mapped("category:7", "age_group"))


def test_mapping_again_what_is_mapped_so_records_nothing() -> None:  # rule 0.5
    given(attribute_mapped()).when(lambda it: it.map_attribute(ORIGIN, "category:7", "age")).then_nothing()


@pytest.mark.parametrize("attribute", ["", "1age", "age group", "x" * 61, "âge"])
def test_an_attribute_name_that_customer_engagement_cannot_have_is_refused(attribute: str) -> None:  # rule 4.2
    given_no(AttributeMappings, COMPANY).when(
        lambda it: it.map_attribute(ORIGIN, "category:7", attribute)
    ).then_refused(
        AttributeNameError,
        "The attribute must have 1 to 60 letters, digits, dots, hyphens or underscores, and start with a letter.",
        ("attribute",),
    )


def test_two_sources_cannot_share_an_attribute() -> None:  # rule 4.2
    given(attribute_mapped("category:7", "age")).when(
        lambda it: it.map_attribute(ORIGIN, "category:8", "age")
    ).then_refused(AttributeTakenError, "age is already mapped from category:7.", ("attribute",))


def test_a_mapping_is_taken_away() -> None:  # rule 4.2
    given(attribute_mapped()).when(lambda it: it.unmap_attribute(ORIGIN, "category:7")).then(attribute_unmapped())


def test_what_is_not_mapped_cannot_be_taken_away() -> None:  # rule 4.2
    given(attribute_mapped(), attribute_unmapped()).when(
        lambda it: it.unmap_attribute(ORIGIN, "category:7")
    ).then_refused(MappingNotFoundError, "category:7 is not mapped.")


def test_an_attribute_that_was_taken_away_is_free_again() -> None:  # rule 4.2
    given(attribute_mapped("category:7", "age"), attribute_unmapped("category:7", "age")).when(
        lambda it: it.map_attribute(ORIGIN, "category:8", "age")
    ).then(attribute_mapped("category:8", "age"))


def test_the_mappings_in_force_are_by_source() -> None:  # rule 4.2
    assert category_source(7) == "category:7"
    assert told(attribute_mapped("category:7", "age"), attribute_mapped("field:city", "city")).attributes == {
        "category:7": "age",
        "field:city": "city",
    }
