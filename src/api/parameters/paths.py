"""Parameters in paths, checked before anything else: a number that cannot exist is refused, never looked up."""

from typing import Annotated

from fastapi import Path

from api.parameters.shapes import (
    AccountNumber,
    AlternateNumber,
    CategoryCode,
    ClassKey,
    ClassVersion,
    CustomerNumber,
    FieldKey,
    InteractionId,
    Mapped,
    ResponseCode,
    SiteNumber,
)
from api.parameters.spellings import Id

CATEGORY = Annotated[CategoryCode, Path(description="Category code, 1 to 999.")]
RESPONSE = Annotated[ResponseCode, Path(description="Response code, 1 to 5 letters or digits.")]
NUMBER = Annotated[CustomerNumber, Path(description="Customer number.")]
ALTERNATE_NUMBER = Annotated[AlternateNumber, Path(description="Alternate number.")]
CONTROL = Annotated[str, Path(max_length=40, description="Code of a system control, such as K87.")]
MAPPED = Annotated[Mapped, Path(description="What is mapped: `category:<code>` or `field:<key>`.")]
EVENT = Annotated[Id, Path(description="Id of the event that could not be sent.")]
PROJECTION = Annotated[str, Path(max_length=50, description="Name of a read model.")]
ACCOUNT = Annotated[AccountNumber, Path(description="Account number.")]
SITE = Annotated[SiteNumber, Path(description="Number of a site within its account.")]
CLASS = Annotated[ClassKey, Path(description="Name of a profile class, whatever its case.")]
CLASS_VERSION = Annotated[ClassVersion, Path(description="Number of a class version, from 1.")]
FIELD = Annotated[FieldKey, Path(description="Key of a business field.")]
INTERACTION = Annotated[InteractionId, Path(description="Id of an interaction.")]
