"""An image from local blobs to a registry: what is there is not sent, and the manifest comes last."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from barehull.core.errors import BarehullError, IncompleteError, InputError, IntegrityError, UsageError
from barehull.core.progress import Progress
from barehull.files import reading
from barehull.net import NotFoundError
from barehull.oci.manifest import parse_json, read_bounded
from barehull.oci.model import CONFIG, MANIFEST, Blobs, Image, Layer
from barehull.oci.registry_answer import Answer, TransientError
from barehull.oci.registry_auth import DeniedError
from barehull.oci.registry_http import Session
from barehull.oci.registry_pull import each_at_once, resolve

CHUNK = 64 << 20  # bytes in one request: most layers go in one, as all registries know it
_PIECE = 1 << 18
_WORKERS = 6  # as skopeo: each blob waits for four answers
_ADVICE = "Run it again: what the registry has already is not sent again. If it stays so, ask who runs the registry."
_RANGE = re.compile(r"(?:bytes=)?0-(\d{1,18})")


class _LostError(IncompleteError):
    """The registry knows the upload no longer, or holds something else than was sent: it begins anew."""


def push(
    session: Session, image: Image, progress: Progress, *, mounts: Mapping[str, str] | None = None, chunk: int = CHUNK
) -> str:
    """Send the image to where the session's name says; return its digest, as the registry confirms it.

    `mounts` has, by digest, the repository of the same registry that has the layer already.
    """
    name = session.name
    if name.digest not in ("", image.digest):
        raise UsageError(f"{name} is not the name of the image {image.digest}", advice="Name a tag.")
    with reading(Path(image.digest)):
        body = read_bounded(image.blobs.path(image.digest))
        value = parse_json(body, image.digest)
    config = value["config"]
    blobs = {layer.digest: layer for layer in image.layers}
    blobs[config["digest"]] = Layer(config["digest"], "", config["size"], media_type=CONFIG)
    progress(f"pushing {len(image.layers)} layers, {image.compressed_size / 1e6:.1f} MB, to {name}")
    upload = Uploads(session, image.blobs, mounts or {}, chunk)
    each_at_once(session, sorted(blobs.values(), key=lambda it: -it.size), upload.ensure, _WORKERS)
    # The tag where there is one; the digest says only which image it must be.
    reference = name.tag or name.digest or "latest"
    answer = put_manifest(session, reference, body, str(value.get("mediaType") or MANIFEST))
    if "docker-content-digest" not in answer.headers and (said := resolve(session)) != image.digest:
        raise _other(session, said, image.digest)
    return image.digest


def put_manifest(session: Session, reference: str, body: bytes, kind: str) -> Answer:
    """Push a manifest or index of the media type `kind` to a tag or digest; what the registry answers.

    Errors: those of `Session.ask`; IntegrityError when the registry says that it has another.
    """
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    url = session.address(f"manifests/{reference}")
    headers = {"Content-Type": kind, "Content-Length": str(len(body))}

    def put() -> Answer:
        return session.ask("PUT", url, allowed=(201,), headers=headers, content=lambda: (body,))

    answer = session.retried(put)
    if (said := answer.headers.get("docker-content-digest", digest)) != digest:
        raise _other(session, said, digest)
    return answer


def _other(session: Session, said: str, digest: str) -> IntegrityError:
    return IntegrityError(f"{session.name}: the registry has {said[:200]!r} where {digest} was pushed", advice=_ADVICE)


class Uploads:
    """Sends blobs to the session's repository. `mounts` has, by digest, another one that has the blob."""

    def __init__(self, session: Session, blobs: Blobs, mounts: Mapping[str, str], chunk: int) -> None:
        self._session = session
        self._blobs = blobs
        self._mounts = mounts
        self._chunk = chunk

    def ensure(self, blob: Layer) -> None:
        """Have the registry hold the blob; taken up where it broke, as often as the session's patience allows."""
        path = self._blobs.path(blob.digest)
        with reading(path):
            size = path.stat().st_size
        if size != blob.size:
            raise IntegrityError(
                f"{blob.digest} has {size} bytes, not the {blob.size} of its manifest",
                advice="The image is damaged: build it again.",
            )
        if self._is_there(blob.digest):
            return
        where = ""
        for number in range(1, self._session.patience.attempts + 1):
            try:
                if number > 1 and self._is_there(blob.digest):  # the answer was lost, not the blob
                    return
                where, offset = self._state(where) if where else ("", 0)
                if not where and not (where := self._begin(blob.digest, mount=number == 1)):
                    return
                while offset < size:
                    where, offset = self._patch(where, path, offset, size)
                self._finish(where, blob.digest)
                return
            except (TransientError, _LostError) as error:
                where = where if isinstance(error, TransientError) else ""
                if number == self._session.patience.attempts:
                    raise
                self._session.rest(number, error if isinstance(error, TransientError) else _again(error))

    def _is_there(self, digest: str) -> bool:
        url = self._session.address(f"blobs/{digest}")
        ask = self._session.retried(lambda: self._session.ask("HEAD", url, allowed=(200, 404)))
        return ask.status == 200

    def _begin(self, digest: str, *, mount: bool) -> str:
        """The address of a new upload, or "" where the blob was mounted from another repository instead."""
        url = self._session.address("blobs/uploads/")
        if mount and digest in self._mounts:
            try:
                query = f"?mount={quote(digest, safe='')}&from={quote(self._mounts[digest], safe='')}"
                answer = self._session.ask("POST", url + query, allowed=(201, 202), headers={"Content-Length": "0"})
                return "" if answer.status == 201 else self._location(answer)
            except (DeniedError, NotFoundError):  # of the other repository: the blob is sent instead
                pass
        return self._location(self._session.ask("POST", url, allowed=(202,), headers={"Content-Length": "0"}))

    def _state(self, where: str) -> tuple[str, int]:
        """The address of an upload that broke and how much of it the registry has; ("", 0) where it begins anew."""
        try:
            answer = self._session.ask("GET", where, allowed=(204,))
        except TransientError:
            raise
        except BarehullError:  # forgotten, or confused about where it is
            return "", 0
        match = _RANGE.fullmatch(answer.headers.get("range", ""))
        if not match or match[1] == "0":  # some write "0-0" for nothing
            return "", 0
        return self._location(answer, where), int(match[1]) + 1

    def _patch(self, where: str, path: Path, offset: int, size: int) -> tuple[str, int]:
        end = min(size, offset + self._chunk)
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(end - offset)}
        if end - offset < size:  # a whole blob goes as a stream, as others send it
            headers["Content-Range"] = f"{offset}-{end - 1}"
        # 202 by the specification; go-containerregistry's registry says 204.
        answer = self._upload("PATCH", where, headers, path, (offset, end), (202, 204))
        match = _RANGE.fullmatch(answer.headers.get("range", ""))
        reached = int(match[1]) + 1 if match else end
        if not offset < reached <= end:
            raise _LostError(f"{self._session.name}: the registry took {reached} bytes of {end}", advice=_ADVICE)
        return self._location(answer, where), reached

    def _finish(self, where: str, digest: str) -> None:
        url = f"{where}{'&' if '?' in where else '?'}digest={quote(digest, safe='')}"
        answer = self._upload("PUT", url, {"Content-Length": "0"}, None, (0, 0), (201,))
        if answer.headers.get("docker-content-digest", digest) != digest:
            raise IntegrityError(f"{self._session.name}: the registry has other bytes as {digest}", advice=_ADVICE)

    def _upload(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        path: Path | None,
        span: tuple[int, int],
        done: tuple[int, ...],
    ) -> Answer:
        content = None if path is None else lambda: self._bytes(path, *span)
        answer = self._session.ask(method, url, allowed=(*done, 400, 404, 416), headers=headers, content=content)
        if answer.status not in done:
            what = f"{self._session.name}: an upload was answered with {answer.status}"
            raise _LostError(what, advice=_ADVICE)
        return answer

    def _location(self, answer: Answer, where: str = "") -> str:
        location = answer.headers.get("location", "")
        return self._session.target(answer.url, location) if location or not where else where

    def _bytes(self, path: Path, start: int, end: int) -> Iterator[bytes]:
        with reading(path), path.open("rb") as file:
            file.seek(start)
            while start < end:
                piece = file.read(min(_PIECE, end - start))
                if not piece:
                    raise InputError(f"{path} became shorter while it was sent", advice="Run it again.")
                if self._session.stopped:
                    raise TransientError(f"{self._session.name}: the upload was stopped", advice=_ADVICE)
                start += len(piece)
                yield piece


def _again(error: IncompleteError) -> TransientError:
    return TransientError(error.what, advice=error.advice)
