"""Bearer tokens: who is calling, in which roles, for which company. Tokens are JWTs signed with HS256 by the company's secret.

Claims: `sub` (who), `role` (one) or `roles` (several), `company`, `exp`. Verified tokens are remembered for `REMEMBERED_S`
seconds, never beyond their own end. Nothing in a request's body ever says who is calling.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import jwt

from aggregates import texts
from aggregates.errors import DomainError, ForbiddenError
from aggregates.fact import Role

ALGORITHM: Final = "HS256"
LONGEST_TOKEN: Final = 8_192
"""Characters of an Authorization header."""
LONGEST_ACTOR: Final = 100
REMEMBERED_S: Final = 5.0
MOST_REMEMBERED: Final = 10_000
_SCHEME: Final = "bearer "


class TokenError(DomainError):
    """There is no token, or it is not one of ours, or it has ended."""


class OtherCompanyError(ForbiddenError):
    """The token belongs to another company."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling, in which roles, and until when: `expires_at` is in seconds since 1970."""

    actor: str
    roles: frozenset[Role]
    expires_at: int


def issue_token(secret: str, sub: str, role: Role, company: str, lifetime: timedelta) -> str:
    """A token for the command line and for tests; it ends after `lifetime`."""
    claims = {"sub": sub, "role": role.value, "company": company, "exp": datetime.now(UTC) + lifetime}
    return jwt.encode(claims, secret, algorithm=ALGORITHM)


class Tokens:
    """Verifies tokens of one company. Used by the event loop only, so it needs no lock."""

    def __init__(self, secret: str, company: str) -> None:
        self._secret = secret
        self._company = company
        self._remembered: dict[str, tuple[float, Caller]] = {}

    def caller(self, authorization: str | None) -> Caller:
        """The caller that an Authorization header names.

        Raises:
            TokenError: no token, or one that is not valid (any more).
            OtherCompanyError: a valid token of another company.
        """
        if not authorization:
            raise TokenError("A bearer token is needed.")
        known = self._remembered.get(authorization)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        claims = self._claims(authorization)
        caller = self._caller(claims)
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        lasts = min(REMEMBERED_S, caller.expires_at - time.time())
        self._remembered[authorization] = (time.monotonic() + lasts, caller)
        return caller

    def _claims(self, authorization: str) -> dict[str, Any]:
        if len(authorization) > LONGEST_TOKEN or not authorization.lower().startswith(_SCHEME):
            raise TokenError("A bearer token is needed.")
        token = authorization[len(_SCHEME) :].strip()
        try:
            claims: dict[str, Any] = jwt.decode(
                token, self._secret, algorithms=[ALGORITHM], options={"require": ["exp", "sub"]}
            )
        except jwt.ExpiredSignatureError:
            raise TokenError("The token has ended.") from None
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            raise TokenError("The token is not valid.") from None
        return claims

    def _caller(self, claims: dict[str, Any]) -> Caller:
        named = claims.get("roles", [claims.get("role")])
        try:
            actor = texts.text(claims["sub"], field="sub", label="The subject", longest=LONGEST_ACTOR)
            roles = frozenset(Role(role) for role in named)
        except (DomainError, ValueError, TypeError):
            raise TokenError("The token names no role that is known here, or no subject.") from None
        if claims.get("company") != self._company:
            raise OtherCompanyError("The token belongs to another company.")
        return Caller(actor, roles, int(claims["exp"]))
