"""Bearer tokens: who is calling, in which roles, for which company. Tokens are JWTs signed with HS256 and the company's secret.

Claims: `sub` (who), `role` (one) or `roles` (several), `company`, `exp`. Verified tokens are remembered for `REMEMBERED_S`
seconds, but never longer than they are valid. Nothing in the body of a request names the caller.
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
    """The token is missing, not valid or expired."""


class OtherCompanyError(ForbiddenError):
    """The token belongs to another company."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller and its roles; `expires_at` is when its token expires, in seconds since 1970."""

    actor: str
    roles: frozenset[Role]
    expires_at: int


def issue_token(secret: str, sub: str, role: Role, company: str, lifetime: timedelta) -> str:
    """Returns a token that expires after `lifetime`. Used by the command line and by tests."""
    claims = {"sub": sub, "role": role.value, "company": company, "exp": datetime.now(UTC) + lifetime}
    return jwt.encode(claims, secret, algorithm=ALGORITHM)


class Tokens:
    """Verifies the tokens of one company. Used in the event loop only, so it needs no lock."""

    def __init__(self, secret: str, company: str) -> None:
        self._secret = secret
        self._company = company
        self._remembered: dict[str, tuple[float, Caller]] = {}

    def caller(self, authorization: str | None) -> Caller:
        """Returns the caller named by an Authorization header.

        Raises:
            TokenError: the token is missing, not valid or expired.
            OtherCompanyError: the token is valid, but for another company.
        """
        if not authorization:
            raise TokenError("A bearer token is required.")
        remembered = self._remembered.get(authorization)
        if remembered is not None and remembered[0] > time.monotonic():
            return remembered[1]
        claims = self._claims(authorization)
        caller = self._caller(claims)
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        lasts = min(REMEMBERED_S, caller.expires_at - time.time())
        self._remembered[authorization] = (time.monotonic() + lasts, caller)
        return caller

    def _claims(self, authorization: str) -> dict[str, Any]:
        if len(authorization) > LONGEST_TOKEN or not authorization.lower().startswith(_SCHEME):
            raise TokenError("A bearer token is required.")
        token = authorization[len(_SCHEME) :].strip()
        try:
            claims: dict[str, Any] = jwt.decode(
                token, self._secret, algorithms=[ALGORITHM], options={"require": ["exp", "sub"]}
            )
        except jwt.ExpiredSignatureError:
            raise TokenError("The token has expired.") from None
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            raise TokenError("The token is not valid.") from None
        return claims

    def _caller(self, claims: dict[str, Any]) -> Caller:
        names = claims.get("roles", [claims.get("role")])
        try:
            actor = texts.text(claims["sub"], field="sub", label="The subject", longest=LONGEST_ACTOR)
            roles = frozenset(Role(name) for name in names)
        except (DomainError, ValueError, TypeError):
            raise TokenError("The token has no subject, or a role that is not known here.") from None
        if claims.get("company") != self._company:
            raise OtherCompanyError("The token belongs to another company.")
        return Caller(actor, roles, int(claims["exp"]))
