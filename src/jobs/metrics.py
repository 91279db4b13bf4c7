"""The metrics of background work, for Prometheus. `dossier work` exposes them."""

from typing import Final

from prometheus_client import Counter, Gauge

PROFILES: Final = Counter("dossier_propagation_profiles", "Profiles that a propagation is done with", ["outcome"])
CONFLICTS: Final = Counter("dossier_propagation_conflicts", "Profiles changed by others meanwhile, and decided again")
WAITING: Final = Gauge("dossier_propagations_unfinished", "Propagations that were started and are not finished")
FAILED: Final = Gauge("dossier_propagations_failed", "Propagations that a fault keeps from getting on")
UPLOAD_ROWS: Final = Counter("dossier_upload_rows", "Rows of contact files that are done with", ["outcome"])
UPLOAD_CONFLICTS: Final = Counter(
    "dossier_upload_conflicts", "Chunks of rows changed by others meanwhile, and decided again"
)
UPLOADS_WAITING: Final = Gauge(
    "dossier_uploads_unfinished", "Contact files that are here whole and not read to their end"
)
UPLOADS_FAILED: Final = Gauge("dossier_uploads_failed", "Contact files that a fault keeps from getting on")
KEYS_FORGOTTEN: Final = Counter("dossier_idempotency_keys_forgotten", "Idempotency keys that were old enough")
