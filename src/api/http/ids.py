"""Random ids (UUID version 4) from a supply of random bytes: the system is asked for a block of them once in a few hundred ids.

`uuid.uuid4` asks it for each, and lets another thread run meanwhile. A process that is forked makes a supply of its own.
"""

import os
from typing import Final
from uuid import UUID

_AT_A_TIME: Final = 256
_BYTES: Final = 16
_RANDOM_BITS: Final = ~(0xF000_C000 << 48) & ((1 << 128) - 1)
_VERSION_4: Final = 0x4000_8000 << 48
_supply: list[bytes] = []
os.register_at_fork(after_in_child=_supply.clear)


def new_id() -> UUID:
    """Returns a random id that nobody else has. Called from any thread."""
    try:
        random = _supply.pop()
    except IndexError:
        block = os.urandom(_AT_A_TIME * _BYTES)
        random = block[:_BYTES]
        _supply.extend(block[start : start + _BYTES] for start in range(_BYTES, len(block), _BYTES))
    return UUID(int=int.from_bytes(random) & _RANDOM_BITS | _VERSION_4)
