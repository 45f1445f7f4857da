"""Who we are to a registry: challenges read strictly, Basic, and tokens (Docker's token specification).

A secret goes to the registry itself, and to the token server that it names over HTTPS; to nobody else.
"""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from barehull.core.errors import IncompleteError, InputError
from barehull.oci.credentials import Credentials, find_credentials
from barehull.oci.manifest import brief, parse_json
from barehull.oci.registry_name import Name

if TYPE_CHECKING:
    from barehull.oci.registry_answer import Answer

_MAX_CHALLENGE = 8 << 10
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_PARAM = re.compile(
    r"""([A-Za-z0-9!#$%&'*+.^_`|~-]+)[ \t]*=[ \t]*(?:([A-Za-z0-9!#$%&'*+.^_`|~-]+)|"((?:[^"\\]|\\.)*)")"""
)
_SPACE = re.compile(r"[ \t]*")
_BEARER = re.compile(r"[\x21-\x7e]{1,65536}")
_ODD = "The registry, or a proxy on the way, does not follow the protocol: ask who runs it."


class DeniedError(IncompleteError):
    """The registry wants credentials, or does not let these do it."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to authenticate, as WWW-Authenticate offers it; names in lower case."""

    scheme: str
    parameters: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        """A parameter's value, or ""."""
        return dict(self.parameters).get(name, "")


def parse_challenges(header: str) -> list[Challenge]:
    """The challenges of a WWW-Authenticate header (RFC 9110, 11.6.1). InputError for what is not one."""
    found: list[Challenge] = []
    if len(header) > _MAX_CHALLENGE:
        raise InputError("the registry's WWW-Authenticate header is too long", advice=_ODD)
    parameters: list[tuple[str, str]] | None = None
    at, after_comma = 0, True
    while (at := _skip(header, at)) < len(header):
        if header[at] == ",":
            at, after_comma = at + 1, True
            continue
        if parameters is not None and (after_comma or not parameters) and (match := _PARAM.match(header, at)):
            name = match[1].lower()
            if name in dict(parameters):
                raise _not_one(header)
            parameters.append((name, match[2] if match[2] is not None else re.sub(r"\\(.)", r"\1", match[3])))
            found[-1] = Challenge(found[-1].scheme, tuple(parameters))
        elif after_comma and (match := _TOKEN.match(header, at)):
            parameters = []
            found.append(Challenge(match[0].lower()))
        else:
            raise _not_one(header)
        at, after_comma = match.end(), False
    return found


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _not_one(header: str) -> InputError:
    return InputError(f"the registry's WWW-Authenticate header cannot be read: {brief(header)!r}", advice=_ODD)


class Authority:
    """The Authorization header for one registry, renewed on demand; safe to use from several threads.

    `ask(method, url, headers, content)` speaks to a token server: one exchange, without redirects.
    """

    def __init__(self, name: Name, scopes: tuple[str, ...], ask: Callable[..., Answer]) -> None:
        self._name = name
        self._scopes = scopes
        self._ask = ask
        self._lock = threading.Lock()
        self._looked = False
        self._credentials: Credentials | None = None
        self.header = ""

    def renew(self, challenges: str, used: str) -> None:
        """Take a new header, after `used` was answered with 401 and `challenges`.

        Errors: DeniedError where there is nothing better to send; those of reading credentials.
        """
        with self._lock:
            if self.header != used:
                return  # another thread was quicker
            offered = {it.scheme: it for it in reversed(parse_challenges(challenges))}
            if "bearer" in offered:
                header = self._bearer(offered["bearer"])
            elif "basic" in offered:
                header = self._basic()
            else:
                raise self.denied("the registry answered 401 and offers no way to authenticate that barehull knows")
            if header == used:
                raise self.denied("the registry does not accept the credentials")
            self.header = header

    def denied(self, what: str) -> DeniedError:
        """The error that names what to log in to."""
        registry = self._name.registry
        return DeniedError(
            f"{self._name}: {what}",
            advice=f"Log in with `podman login {registry}` or `docker login {registry}` as someone who may do this, "
            "and check the image's name: some registries answer so for names that do not exist, too.",
        )

    def _known(self) -> Credentials | None:
        if not self._looked:
            self._credentials = find_credentials(self._name.registry, self._name.repository)
            self._looked = True
        return self._credentials

    def _basic(self) -> str:
        known = self._known()
        if known is None or not known.user:
            raise self.denied("the registry wants a user name and a password, and none are known")
        return _basic_header(known)

    def _bearer(self, challenge: Challenge) -> str:
        known = self._known()
        if known is not None and known.bearer:
            return f"Bearer {known.bearer}"
        realm = self._realm(challenge.get("realm"))
        query = [*parse_qsl(urlsplit(realm).query), *([("service", s)] if (s := challenge.get("service")) else [])]
        query += [("scope", scope) for scope in self._scopes]
        address = urlsplit(realm)._replace(query="", fragment="").geturl()
        if known is not None and known.identity:
            form = [*query, ("grant_type", "refresh_token"), ("client_id", "barehull")]
            form = [(key, value) for key, value in form if key != "scope"] + [("scope", " ".join(self._scopes))]
            body = urlencode([*form, ("refresh_token", known.identity)]).encode()
            answer = self._ask("POST", address, {"Content-Type": "application/x-www-form-urlencoded"}, body)
        else:
            headers = {"Authorization": _basic_header(known)} if known is not None and known.user else {}
            answer = self._ask("GET", f"{address}?{urlencode(query)}", headers, b"")
        return f"Bearer {self._token(answer)}"

    def _realm(self, realm: str) -> str:
        """The token server's address: over HTTPS, or on this machine where the registry is on it."""
        try:
            parts = urlsplit(realm)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            host, port = "", None
        odd = not host or port == 0 or "@" in realm or not realm.isprintable()
        if odd or not self._name.may_send_to(parts.scheme, host):
            raise InputError(
                f"{self._name}: the registry names the token server {brief(repr(realm))}, which is not an address over "
                "HTTPS",
                advice="Nothing was sent there. Ask who runs the registry.",
            )
        return realm

    def _token(self, answer: Answer) -> str:
        if answer.status in (400, 401, 403):
            raise self.denied(f"the token server answered {answer.status}")
        if answer.status != 200:
            raise IncompleteError(f"{self._name}: the token server answered {answer.status}", advice=_ODD)
        value = parse_json(answer.body, "the token server's answer")
        token = value.get("token") or value.get("access_token")
        if not isinstance(token, str) or not _BEARER.fullmatch(token):
            raise InputError(f"{self._name}: the token server's answer has no token", advice=_ODD)
        return token


def _basic_header(known: Credentials) -> str:
    return "Basic " + base64.b64encode(f"{known.user}:{known.password}".encode()).decode()
