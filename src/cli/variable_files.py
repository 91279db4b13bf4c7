"""Secrets from files: `NAME_FILE` names a file that holds the value of the variable `NAME`, as container platforms provide them.

Part of `settings`. A line break at the end of the file does not belong to the value; everything else does.
"""

import os
from pathlib import Path
from typing import Any, Final

from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource

from cli.errors import SettingsError

VARIABLES: Final = (
    "DATABASE_URL",
    "DOSSIER_MASTER_KEY",
    "DOSSIER_SIGNING_KEY",
    "DOSSIER_TOKEN_SECRET",
    "CUSTOMER_ENGAGEMENT_TOKEN",
    "KAFKA_SASL_PASSWORD",
    "KAFKA_SSL_PASSWORD",
)
"""The variables that may hold a secret."""
LONGEST_BYTES: Final = 65_536


class VariableFiles(PydanticBaseSettingsSource):
    """The values of the variables whose files are named."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Not used: values are found by variable, not by field."""
        raise NotImplementedError

    def __call__(self) -> dict[str, Any]:
        """Returns the values by variable. Raises `SettingsError` naming every file that cannot be used."""
        values: dict[str, Any] = {}
        faults: list[str] = []
        for variable in VARIABLES:
            try:
                value = _value_of(variable)
            except SettingsError as error:
                faults.append(str(error))
            else:
                if value is not None:
                    values[variable] = value
        if faults:
            raise SettingsError(" ".join(faults))
        return values


def _value_of(variable: str) -> str | None:
    """Returns the content of the variable's file, `None` when it has none. Raises `SettingsError`."""
    name = f"{variable}_FILE"
    path = os.environ.get(name)
    if not path:
        return None
    if os.environ.get(variable):
        raise SettingsError(f"{variable} and {name} are both set; set one of them.")
    try:
        with Path(path).open("rb") as file:
            content = file.read(LONGEST_BYTES + 1)
        value = content.decode().removesuffix("\n").removesuffix("\r")
    except OSError as error:
        raise SettingsError(f"{name}: {path} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{name}: {path} is not UTF-8 text.") from None
    if not value or len(content) > LONGEST_BYTES:
        raise SettingsError(f"{name}: {path} must have 1 to {LONGEST_BYTES:,} bytes.")
    return value
