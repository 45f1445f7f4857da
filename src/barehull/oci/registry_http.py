"""Requests to one registry: authentication, redirects, retries with backoff, and bounds on all that comes back."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import urljoin, urlsplit

from barehull.core.errors import BarehullError, IncompleteError, InputError, IntegrityError
from barehull.net import NotFoundError, shown
from barehull.oci.manifest import MAX_JSON, brief
from barehull.oci.registry_answer import ADVICE, Answer, Patience, TransientError, is_transient, reason, transient
from barehull.oci.registry_auth import Authority
from barehull.oci.registry_name import Name

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
Content = Callable[[], Iterable[bytes]]

_SLOWEST = 16 << 10  # bytes a second; a registry that drips more slowly is given up
_LONGEST_WAIT = 60.0  # seconds that a registry may ask us to wait
_MAX_HOPS = 5
_MAX_RENEWALS = 2  # of the token, for one request
_MAX_ADDRESS = 16 << 10
_PROGRESS = 1 << 20  # bytes after which a failure is a new one
_REDIRECTS = (301, 302, 303, 307, 308)
_LIES = "The registry, or a proxy on the way, changes or mixes up content. Try again later, or tell who runs it."


class Session:
    """One registry, over kept-alive connections; a context manager, safe to use from several threads."""

    def __init__(self, name: Name, *, scopes: tuple[str, ...], patience: Patience) -> None:
        self.name = name
        self.patience = patience
        self._auth = Authority(name, scopes, self._ask_token_server)
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
        if self._client is not None:
            self._client.close()

    def stop(self) -> None:
        """End what other threads have under way at their next bytes."""
        self._closed.set()

    @property
    def stopped(self) -> bool:
        """Whether everything under way is to end."""
        return self._closed.is_set()

    def address(self, path: str) -> str:
        """The address of `path` below the repository, e.g. "blobs/sha256:..."."""
        return f"{self.name.base}/v2/{self.name.repository}/{path}"

    def retried(self, attempt: Callable[[], T]) -> T:
        """What `attempt` returns, tried again after transient failures."""
        for number in range(1, self.patience.attempts):
            try:
                return attempt()
            except TransientError as error:
                self.rest(number, error)
        return attempt()

    def rest(self, number: int, error: TransientError) -> None:
        """Wait after the failed attempt `number` (from 1), as long as the registry asked; raise where that is long."""
        if error.after > _LONGEST_WAIT:
            raise IncompleteError(
                error.what, advice=f"The registry asks to wait for {error.after:.0f} s. Try again then, or log in."
            ) from error
        if self._closed.wait(max(self.patience.pause * 2 ** (number - 1), error.after)):
            raise error

    def ask(self, method: str, url: str, *, allowed: tuple[int, ...] = (200,), headers: Mapping[str, str] | None = None,
            content: Content | None = None, limit: int = MAX_JSON) -> Answer:  # fmt: skip
        """One attempt. Errors: TransientError; NotFoundError, DeniedError and so on for a status not in `allowed`."""
        with self.exchange(method, url, headers or {}, content) as response:
            small = response.status_code not in allowed
            body = b"".join(self.chunks(response, MAX_JSON if small else limit))
            answer = Answer(response.status_code, str(response.url), dict(response.headers), body)
        if small:
            raise self.refused(answer)
        return answer

    def blob(self, digest: str, size: int) -> Iterator[bytes]:
        """The bytes of a blob, `size` of them, taken up again where a connection broke. Whoever keeps them hashes them.

        Errors: those of `ask`; IntegrityError when the size is another.
        """
        seen, failures, mark = 0, 0, 0
        while True:
            try:
                for chunk in self._piece(digest, seen, size):
                    seen += len(chunk)
                    yield chunk
                return
            except TransientError as error:
                failures = 1 if seen - mark > _PROGRESS else failures + 1
                mark = seen
                if failures >= self.patience.attempts:
                    raise
                self.rest(failures, error)

    def _piece(self, digest: str, start: int, size: int) -> Iterator[bytes]:
        headers = {"Range": f"bytes={start}-"} if start else {}
        with self.exchange("GET", self.address(f"blobs/{digest}"), headers, None) as response:
            status = response.status_code
            if status not in (200, 206):
                body = b"".join(self.chunks(response, MAX_JSON))
                raise self.refused(Answer(status, str(response.url), dict(response.headers), body))
            skip = start if status == 200 else 0  # a registry need not know ranges
            promised = response.headers.get("content-length", "")
            ranged = response.headers.get("content-range", "")
            lies = status == 206 and not re.match(rf"bytes {start}-\d+/(?:{size}|\*)$", ranged)
            if lies or (promised.isdecimal() and int(promised) != size - start + skip):
                raise IntegrityError(
                    f"{self.name}: {digest} has another size at the registry than the {size} bytes promised",
                    advice=_LIES,
                )
            left = size - start
            for chunk in self.chunks(response, left + skip):
                kept, skip = chunk[skip:], max(0, skip - len(chunk))
                left -= len(kept)
                yield kept
            if left:
                raise TransientError(f"{self.name}: {digest} ended {left} bytes too early", advice=ADVICE)

    def chunks(self, response: httpx.Response, limit: int) -> Iterator[bytes]:
        """The bytes of an answer, raw, at most `limit`, and not slower than a drip."""
        seen = 0
        late = time.monotonic() + self.patience.timeout + limit / _SLOWEST
        for chunk in response.iter_raw():
            seen += len(chunk)
            if seen > limit:
                what = f"{self.name}: an answer is longer than the {limit} bytes that it may have"
                raise IntegrityError(what, advice=_LIES)
            if self._closed.is_set() or time.monotonic() > late:
                raise TransientError(f"{self.name}: an answer was given up after {seen} bytes", advice=ADVICE)
            yield chunk

    @contextlib.contextmanager
    def exchange(
        self, method: str, url: str, headers: Mapping[str, str], content: Content | None
    ) -> Iterator[httpx.Response]:
        """The answer to one request, behind redirects (of GET and HEAD) and challenges.

        Errors: TransientError, and those of authentication.
        """
        hops = renewals = 0
        while True:
            own = _origin(url) == _origin(self.name.base)
            used = self._auth.header
            sent = {**headers, **({"Authorization": used} if own and used else {})}
            with self._open(method, url, sent, content) as response:
                status = response.status_code
                challenge = response.headers.get("www-authenticate", "")
                location = response.headers.get("location", "")
                refused = status == 401 and own and renewals < _MAX_RENEWALS
                if not refused and (status not in _REDIRECTS or method not in ("GET", "HEAD")):
                    yield response
                    return
            if refused:
                renewals += 1
                self._auth.renew(challenge, used)
                continue
            hops += 1
            if hops > _MAX_HOPS:
                raise IncompleteError(f"{self.name}: the registry redirects without end", advice=_LIES)
            url = self.target(url, location)

    def target(self, url: str, location: str) -> str:
        """The address that a Location header of the answer at `url` names. InputError for one that is not safe."""
        safe = 0 < len(location) <= _MAX_ADDRESS and location.isascii() and location.isprintable()
        try:
            found = urljoin(url, location) if safe else ""
            parts = urlsplit(found)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            host, parts = "", urlsplit("")
        if not host or "@" in parts.netloc or not self.name.may_send_to(parts.scheme, host):
            raise InputError(
                f"{self.name}: the registry sends us to {brief(repr(location))}, which is not an address over HTTPS",
                advice="Nothing was sent there. Ask who runs the registry.",
            )
        return found

    @contextlib.contextmanager
    def _open(
        self, method: str, url: str, headers: Mapping[str, str], content: Content | None
    ) -> Iterator[httpx.Response]:
        import httpx  # 150 ms: only spent where a registry is spoken to

        host = urlsplit(url).netloc
        try:
            body = content() if content is not None else None
            with self._connected().stream(method, url, headers=dict(headers), content=body) as response:
                yield response
        except httpx.InvalidURL as error:
            raise InputError(f"{self.name}: {brief(repr(url))} is not an address", advice=_LIES) from error
        except httpx.TransportError as error:
            why = brief(str(error)) or type(error).__name__
            raise TransientError(f"{self.name}: {host} cannot be reached: {why}", advice=ADVICE) from error
        except (httpx.HTTPError, httpx.StreamError, UnicodeError) as error:
            raise IncompleteError(f"{self.name}: {host}: {brief(repr(error))}", advice=ADVICE) from error

    def _ask_token_server(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        def once() -> Answer:
            with self._open(method, url, headers, (lambda: (body,)) if body else None) as response:
                data = b"".join(self.chunks(response, MAX_JSON))
                answer = Answer(response.status_code, url, dict(response.headers), data)
            if is_transient(answer.status):
                raise transient(f"{self.name}: the token server answered {answer.status}", answer)
            return answer

        return self.retried(once)

    def refused(self, answer: Answer) -> BarehullError:
        """The error of an answer that is not what was asked for."""
        address = urlsplit(shown(answer.url))  # without its query: that can hold a signature
        what = f"{address.netloc}{address.path} was answered with {answer.status}{reason(answer.body)}"
        if answer.status in (401, 403):
            return self._auth.denied(what)
        what = f"{self.name}: {brief(what)}"
        if is_transient(answer.status):
            return transient(what, answer)
        if answer.status == 404:
            return NotFoundError(what, advice="Check the image's name and tag, and that you may see it.")
        if answer.status == 416:
            return IntegrityError(f"{what}: it has fewer bytes than promised", advice=_LIES)
        return IncompleteError(what, advice="Ask who runs the registry, if the message does not say what is wrong.")

    def _connected(self) -> httpx.Client:
        import httpx

        with self._lock:
            if self._client is None:
                self._client = httpx.Client(
                    timeout=self.patience.timeout,
                    headers={"User-Agent": "barehull", "Accept-Encoding": "identity"},
                    trust_env=not self.name.is_here,  # no proxy stands before this machine itself
                    limits=httpx.Limits(max_connections=16, max_keepalive_connections=16),
                )
            return self._client


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)
