"""The uploads and propagations that are not over, as `dossier status` shows them (rules 2.17, 3.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cli.output import show
from jobs.propagation import progress as states
from jobs.propagation.progress import PropagationRead
from jobs.upload import progress as upload_states
from jobs.upload.progress import UploadRead
from store.application import Dossier

MOST_LISTED: Final = 50
"""The most jobs of a kind that are listed, the oldest first."""
_UPLOAD: Final = ("upload", "state", "file", "rows", "of the file", "refused rows", "why it makes no progress")
_PROPAGATION: Final = ("profile class", "version", "state", "done", "profiles", "why it makes no progress")


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs that are not over, and how many more there are than are listed."""

    uploads: Sequence[UploadRead]
    propagations: Sequence[PropagationRead]
    uploads_left_off: int
    propagations_left_off: int


def unfinished_jobs(dossier: Dossier) -> Jobs:
    """Returns the uploads and propagations that are not over."""
    uploads, more_uploads = upload_states.unfinished(dossier, MOST_LISTED)
    propagations, more_propagations = states.unfinished(dossier, MOST_LISTED)
    return Jobs(uploads, propagations, more_uploads, more_propagations)


def print_jobs(jobs: Jobs) -> None:
    """Prints a table of each kind of which there is any, with why a job makes no progress."""
    if jobs.uploads:
        title = _title("Uploads", jobs.uploads, jobs.uploads_left_off)
        show.table(_UPLOAD, map(_upload, jobs.uploads), title=title)
    if jobs.propagations:
        title = _title("Propagations", jobs.propagations, jobs.propagations_left_off)
        show.table(_PROPAGATION, map(_propagation, jobs.propagations), title=title)


def _title(kind: str, listed: Sequence[object], left_off: int) -> str:
    more = f", the oldest {len(listed)} of them" if left_off else ""
    return f"{kind} under way: {len(listed) + left_off}{more}"


def _upload(upload: UploadRead) -> Sequence[object]:
    done = f"{upload.percent} %"
    return (upload.upload, upload.state, upload.file, f"{upload.rows:,}", done, f"{upload.failed:,}", upload.error)


def _propagation(job: PropagationRead) -> Sequence[object]:
    return (job.profile_class, job.version, job.state, job.done, job.profiles, job.error)
