"""Bytes by address: HTTP on kept-alive connections with retries, `file:` URLs, and plain folders.

Nothing here is trusted: every read has a limit, and whoever asks for a file by hash gets those bytes or an error.
"""

from __future__ import annotations

import base64
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from barehull.core.errors import IncompleteError, InputError, IntegrityError, UsageError
from barehull.core.progress import Progress, silent
from barehull.files import Store

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

_CHUNK = 1 << 18
_SLOWEST = 16 << 10  # bytes a second; a server that drips more slowly is given up
_ADVICE = (
    "Check the network, or name a mirror or a folder that has the files, with --mirror (for Debian's packages also the "
    "environment variable BAREHULL_MIRROR). What there was before is kept."
)
_MANGLED = (
    "The server, or a proxy on the way, changes or mixes up files. Try again in some minutes, or use another mirror."
)


class NotFoundError(IncompleteError):
    """The server or the folder answered, and has no such file."""


class _TransientError(IncompleteError):
    """A failure that may pass: worth another attempt."""


@dataclass(frozen=True, slots=True)
class Want:
    """A file to be had: its address, SHA-256 in hex, size in bytes, and its name for people."""

    url: str
    sha256: str
    size: int
    what: str


@dataclass(frozen=True, slots=True)
class Edition:
    """What tells two editions of a file at one address apart: its ETag and its Last-Modified, as the server says."""

    etag: str = ""
    modified: str = ""


class Fetcher:
    """Fetches over one pool of connections; a context manager, safe to use from several threads.

    `attempts` is how often a transient failure (5xx, 429, a reset, a timeout) is tried in all, `pause` the seconds
    before the second try, doubled for each further one, `timeout` the seconds without a byte.
    """

    def __init__(self, *, attempts: int = 3, pause: float = 0.3, timeout: float = 30.0) -> None:
        self._attempts = attempts
        self._pause = pause
        self._timeout = timeout
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closed.set()
        if self._client is not None:
            self._client.close()

    def fetch(self, url: str, *, limit: int) -> bytes:
        """The bytes at `url`, at most `limit` of them.

        Errors: NotFoundError, IncompleteError (no network), IntegrityError (longer than `limit`), UsageError (no such
        kind of address).
        """
        return self._retried(lambda: b"".join(self._chunks(url, limit)))

    def renew(self, url: str, path: Path, *, limit: int, known: Edition | None = None) -> Edition | None:
        """Write what is at `url` to `path`, at most `limit` bytes, and say which edition it is; None: it is `known`.

        A digest that the server gives with it (RFC 9530, or Google's storage) is checked. Errors: those of `fetch`;
        IntegrityError also for a digest that does not fit.
        """
        return self._retried(lambda: self._renew(url, path, limit, known))

    def _renew(self, url: str, path: Path, limit: int, known: Edition | None) -> Edition | None:
        said = _local_edition(url) if _is_local(url) else {}
        if known and said.get("etag") == known.etag:
            return None
        conditions = {"If-None-Match": known.etag, "If-Modified-Since": known.modified} if known else {}
        headers = {name: value for name, value in conditions.items() if value}
        hashes = [hashlib.sha256(), hashlib.md5(usedforsecurity=False)]
        with path.open("wb") as file:
            for chunk in self._chunks(url, limit, headers, said):
                file.write(chunk)
                for one in hashes:
                    one.update(chunk)
        if said.get(":status") == "304":
            return None
        _check_digests(url, said, *(one.digest() for one in hashes))
        return Edition(said.get("etag", ""), said.get("last-modified", ""))

    def download(self, url: str, store: Store, *, sha256: str, size: int) -> Path:
        """The file with that SHA-256 and size, from the store or else from `url` into the store.

        Errors: those of `fetch`; IntegrityError when other bytes come than were promised.
        """
        kept = store.get(sha256)
        if kept is not None:
            return kept
        self._retried(lambda: store.put(self._exactly(url, size), expected=sha256, what=shown(url)))
        return store.path(f"sha256:{sha256}")

    def receive(self, url: str, store: Store, *, sha256: str, limit: int) -> None:
        """Bring the file with that SHA-256, of at most `limit` bytes, from `url` into the store.

        Errors: those of `fetch`; IntegrityError when other bytes come than were promised.
        """
        self._retried(lambda: store.put(self._chunks(url, limit), expected=sha256, what=shown(url)))

    def download_all(
        self, wants: Sequence[Want], store: Store, *, workers: int = 8, progress: Progress = silent
    ) -> dict[str, Path]:
        """All files wanted, by SHA-256, `workers` at a time. The first error ends the whole; what came is kept."""
        missing = {want.sha256: want for want in wants if store.get(want.sha256) is None}
        if missing:
            megabytes = sum(want.size for want in missing.values()) / 1e6
            what = next(iter(missing.values())).what if len(missing) == 1 else f"{len(missing)} files"
            progress(f"fetching {what}, {megabytes:.1f} MB")
        stop = threading.Event()

        def one(want: Want) -> None:
            if not stop.is_set():
                self.download(want.url, store, sha256=want.sha256, size=want.size)

        with ThreadPoolExecutor(workers) as pool:
            try:
                # Large files first: the last one to finish decides how long it takes.
                for _ in pool.map(one, sorted(missing.values(), key=lambda want: -want.size)):
                    pass
            except Exception:
                stop.set()
                raise
            except BaseException:  # an interrupt: what is under way ends at its next bytes
                stop.set()
                self._closed.set()
                raise
        return {want.sha256: store.path(f"sha256:{want.sha256}") for want in wants}

    def _retried(self, attempt: Callable[[], T]) -> T:
        for number in range(1, self._attempts):
            try:
                return attempt()
            except _TransientError:
                time.sleep(self._pause * 2 ** (number - 1))
        return attempt()

    def _exactly(self, url: str, size: int) -> Iterator[bytes]:
        seen = 0
        for chunk in self._chunks(url, size):
            seen += len(chunk)
            yield chunk
        if seen != size:
            raise IntegrityError(f"{shown(url)} has {seen} bytes where {size} were promised", advice=_MANGLED)

    def _chunks(
        self, url: str, limit: int, headers: Mapping[str, str] | None = None, said: dict[str, str] | None = None
    ) -> Iterator[bytes]:
        seen = 0
        late = time.monotonic() + self._timeout + limit / _SLOWEST
        for chunk in _read(url) if _is_local(url) else self._receive(url, headers or {}, said):
            seen += len(chunk)
            if seen > limit:
                raise IntegrityError(f"{shown(url)} is longer than the {limit} bytes allowed", advice=_MANGLED)
            if self._closed.is_set() or time.monotonic() > late:
                raise IncompleteError(f"{shown(url)} was given up after {seen} bytes", advice=_ADVICE)
            yield chunk

    def _receive(self, url: str, headers: Mapping[str, str], said: dict[str, str] | None) -> Iterator[bytes]:
        import httpx  # 150 ms: not spent when everything is in the store

        try:
            with self._connected().stream("GET", url, headers=headers) as response:
                if said is not None:
                    said.update(response.headers, **{":status": str(response.status_code)})
                if headers and response.status_code == 304:
                    return
                _refuse_status(url, response.status_code)
                # Raw: hashes are over the bytes as the archive has them, whatever encoding a proxy announces.
                # As they come: gathered into bigger pieces, a drip would not be noticed.
                yield from response.iter_raw()
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise UsageError(
                f"{shown(url)} is not an address: {error}", advice="Give an http(s) URL or a folder."
            ) from error
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
            raise _TransientError(f"{shown(url)} cannot be fetched: {reason}", advice=_ADVICE) from error
        except httpx.HTTPError as error:
            raise IncompleteError(f"{shown(url)} cannot be fetched: {error}", advice=_ADVICE) from error

    def _connected(self) -> httpx.Client:
        import httpx

        with self._lock:
            if self._client is None:
                self._client = httpx.Client(
                    timeout=self._timeout,
                    follow_redirects=True,
                    headers={"User-Agent": "barehull", "Accept-Encoding": "identity"},
                    limits=httpx.Limits(max_connections=16, max_keepalive_connections=16),
                )
            return self._client


def join(base: str, path: str) -> str:
    """The address of the relative `path` beneath `base`, a URL or a folder. A path that climbs out is an InputError."""
    if any(part in ("", ".", "..") for part in path.split("/")):
        raise InputError(
            f"{path!r} is not a path inside an archive", advice="Make the lock again: this one is damaged."
        )
    return f"{base.rstrip('/')}/{quote(path, safe='/+~') if '://' in base or base.startswith('file:') else path}"


def shown(url: str) -> str:
    """The address as it may be printed: without user name and password."""
    if "@" not in url or "://" not in url:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _is_local(url: str) -> bool:
    return url.startswith("file:") or "://" not in url


def _local_edition(url: str) -> dict[str, str]:
    try:
        status = os.stat(_local_path(url))
    except OSError:
        return {}  # reading it says why
    return {"etag": f"{status.st_size}-{status.st_mtime_ns}"}


def _check_digests(url: str, said: Mapping[str, str], sha256: bytes, md5: bytes) -> None:
    """Compare with the server's digests: `sha-256=:BASE64:` (RFC 9530), `md5=BASE64` (Google's storage)."""
    given = {"content-digest": ("sha-256=:", ":", sha256), "x-goog-hash": ("md5=", "", md5)}
    for header, (prefix, suffix, digest) in given.items():
        for part in map(str.strip, said.get(header, "").split(",")):
            fits = part.removeprefix(prefix).removesuffix(suffix) == base64.b64encode(digest).decode()
            if part.startswith(prefix) and not fits:
                raise IntegrityError(f"{shown(url)} is not what its server's {header} says", advice=_MANGLED)


def _local_path(url: str) -> Path:
    return Path(unquote(urlsplit(url).path) if url.startswith("file:") else url)


def _read(url: str) -> Iterator[bytes]:
    path = _local_path(url)
    try:
        if not path.is_file():  # a pipe or a device could block or never end
            raise NotFoundError(f"there is no file {path}", advice=_ADVICE)
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except OSError as error:
        raise IncompleteError(f"{path} cannot be read: {error.strerror}", advice=_ADVICE) from error


def _refuse_status(url: str, status: int) -> None:
    what = f"{shown(url)} cannot be fetched: the server answered {status}"
    if status in (404, 410):
        raise NotFoundError(what, advice=_ADVICE)
    if status == 429 or status >= 500:
        raise _TransientError(what, advice=_ADVICE)
    if status != 200:
        raise IncompleteError(what, advice=_ADVICE)
