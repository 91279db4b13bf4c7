"""The metrics of background work, for Prometheus. `dossier work` exposes them."""

from typing import Final

from prometheus_client import Counter, Gauge

PROPAGATION_PROFILES: Final = Counter("dossier_propagation_profiles", "Profiles processed by propagations", ["outcome"])
PROPAGATION_CONFLICTS: Final = Counter(
    "dossier_propagation_conflicts", "Profiles decided again because something else changed them"
)
PROPAGATIONS_WAITING: Final = Gauge(
    "dossier_propagations_unfinished", "Propagations that have started and are not finished"
)
PROPAGATIONS_FAILED: Final = Gauge("dossier_propagations_failed", "Propagations that have failed and will be retried")
UPLOAD_ROWS: Final = Counter("dossier_upload_rows", "Rows of contact files that are processed", ["outcome"])
UPLOAD_CONFLICTS: Final = Counter(
    "dossier_upload_conflicts", "Chunks of rows decided again because something else changed a customer"
)
UPLOADS_WAITING: Final = Gauge(
    "dossier_uploads_unfinished", "Contact files that are received and not processed to the end"
)
UPLOADS_FAILED: Final = Gauge("dossier_uploads_failed", "Contact files that have failed and will be retried")
KEYS_FORGOTTEN: Final = Counter("dossier_idempotency_keys_forgotten", "Idempotency keys deleted because of their age")
TREE_LAG: Final = Gauge("dossier_tree_lag_events", "Events that are not in the tree over the log yet")
SIGNED_POSITION: Final = Gauge(
    "dossier_tree_signed_position", "Position of the last event under the newest head signed here"
)
