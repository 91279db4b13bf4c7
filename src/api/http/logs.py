"""The loggers of the API. The access log says who called, what, how it ended and how long it took.

Never in a log: a body, a path with its values, a query, a name, a token. The composition root (`cli`) sets logging up.
"""

from typing import Final

import structlog

ACCESS: Final = structlog.get_logger("dossier.access")
FAULTS: Final = structlog.get_logger("dossier.faults")
