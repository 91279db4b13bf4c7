"""Terms of profiles, read and written once however many events have them.

Thousands of profiles are copies of one class, so their events hold the same terms, letter for letter. The mapper asks here: the same
stored bytes give the same (frozen) object, and the same object gives its bytes without being looked at again. Bounded; forgetting costs
only time.
"""

from typing import Any, Final

import orjson

from aggregates.profile_class.terms import Terms

MOST_KNOWN: Final = 1_000


class KnownTerms:
    """The terms that were used last. Safe to share between threads: at worst, two of them do the same work."""

    def __init__(self) -> None:
        self._by_bytes: dict[bytes, Terms] = {}
        self._by_object: dict[int, tuple[Terms, orjson.Fragment]] = {}

    def put_into(self, state: dict[str, Any]) -> None:
        """Replaces stored terms by known ones; terms that cannot be read stay, for the validation of the whole."""
        profile = state.get("profile")
        if isinstance(profile, dict) and isinstance(stored := profile.get("terms"), dict):
            profile["terms"] = self.read(stored)

    def read(self, stored: dict[str, Any]) -> Terms:
        """The terms in stored JSON. Raises `ValidationError`."""
        key = orjson.dumps(stored)
        terms = self._by_bytes.get(key)
        if terms is None:
            terms = Terms.model_validate(stored)
            if len(self._by_bytes) >= MOST_KNOWN:
                self._by_bytes.clear()
            self._by_bytes[key] = terms
        return terms

    def to_json(self, terms: Terms, write: Any) -> orjson.Fragment:
        """The stored JSON of terms; `write` is what `orjson` asks about parts that it does not know."""
        cached = self._by_object.get(id(terms))
        if cached is None:
            if len(self._by_object) >= MOST_KNOWN:
                self._by_object.clear()
            parts = {name: part for name, part in vars(terms).items() if part is not None}
            cached = terms, orjson.Fragment(orjson.dumps(parts, default=write))
            self._by_object[id(terms)] = cached  # which keeps the object, so that its id stays its own
        return cached[1]
