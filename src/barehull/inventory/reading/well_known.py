"""What well-known libraries and interpreters say of themselves in their machine code: the one table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WellKnown:
    """A library or an interpreter by the strings in it.

    A file has it when it holds each of `marks`, and `pattern`: its groups, joined by dots, are the version; without
    groups it tells none. `named` is the pattern of names under which a file is it, and not something else that has it
    inside. `ecosystem` is of its own advisories, "" where there are none, and `purl_name` how purls call it. `series`:
    the versions that count are those that begin with the number that its groups make (CPython's "3.13").
    """

    name: str
    pattern: bytes
    marks: tuple[bytes, ...]
    named: str = ""
    ecosystem: str = ""
    purl_name: str = ""
    series: bytes = b""


_SO = r"(?:-\w+)?\.so(?:\.[0-9.]+)?"  # auditwheel puts a hash between

TABLE = (
    WellKnown(
        "cpython",
        rb"(?<![\d.])(3\.(?:[6-9]|[1-9]\d)\.\d{1,2}(?:(?:a|b|rc)\d{1,2})?)\+?\0",
        (b"PYTHONHASHSEED", b"cpython-3"),
        r"(?:lib)?python3(?:\.\d+)?[a-z]*(?:\.so(?:\.[0-9.]+)?)?",
        "PSF",
        "python",
        series=rb"cpython-(3)(\d{1,2})(?!\d)",
    ),
    WellKnown(
        "node",
        rb"v(\d{1,3}\.\d{1,3}\.\d{1,3})\0",
        (b"NODE_OPTIONS\0", b"node:internal/"),
        r"node|nodejs|libnode\.so(?:\.[0-9.]+)?",
        "Node.js",
        "node",
    ),
    WellKnown(
        "openssl",
        rb"OpenSSL (\d\.\d{1,2}\.\d{1,2}[a-z]{0,2}(?:-(?:alpha|beta|dev|fips)\w*)?)[+\w]* +\d{1,2} [A-Z][a-z]{2} \d{4}",
        (b"OpenSSL ",),
        rf"libcrypto{_SO}",
    ),
    WellKnown("boringssl", rb"\0BoringSSL\0", (b"\0BoringSSL\0",)),
    WellKnown("libressl", rb"LibreSSL (\d\.\d{1,2}\.\d{1,2})", (b"LibreSSL ",)),
    WellKnown("mbedtls", rb"[Mm]bed TLS (\d\.\d{1,2}\.\d{1,2})", (b"bed TLS ",)),
    WellKnown(
        "zlib", rb"(?:in|de)flate (\d\.\d[\d.]{0,8}) Copyright \d{4}-\d{4} ", (b"flate ", b"Mark Adler"), rf"libz{_SO}"
    ),
    WellKnown("zlib-ng", rb"\0(\d\.\d\.\d)\.zlib-ng", (b".zlib-ng",), rf"libz(?:-ng)?{_SO}"),
    WellKnown("bzip2", rb"(1\.0\.\d), \d{1,2}-[A-Z][a-z]{2}-\d{4}", (b"1.0.",), rf"libbz2{_SO}"),
    WellKnown("sqlite", rb"(?<![\d.])(3\.[3-9]\d\.\d{1,2})\0", (b"SQLite format 3\0",), rf"libsqlite3{_SO}"),
    WellKnown("curl", rb"libcurl/(\d\.\d{1,2}\.\d{1,2})", (b"libcurl/",), rf"libcurl(?:-gnutls)?{_SO}"),
    WellKnown("expat", rb"expat_(\d\.\d{1,2}\.\d{1,2})\0", (b"expat_",), rf"libexpat{_SO}"),
    WellKnown(
        "libxml2",
        rb"(?<![\w.])(2)([01]\d)(\d\d)(?:-GIT[\w.-]{0,40})?\0",
        (b"xmlSAX2", b"XML_CATALOG_FILES"),
        rf"libxml2{_SO}",
    ),
    WellKnown(
        "libxslt",
        rb"(?<![\w.])(1)(01)(\d\d)(?:-GIT[\w.-]{0,40})?\0",
        (b"xsl:exclude-result-prefixes",),
        rf"libxslt{_SO}",
    ),
    WellKnown("libpng", rb"libpng version (1\.\d\.\d{1,2})", (b"libpng version ",), rf"libpng1\d{_SO}"),
    WellKnown(
        "libjpeg-turbo",
        rb"libjpeg-turbo version (\d\.\d{1,2}\.\d{1,2})",
        (b"libjpeg-turbo version ",),
        rf"libjpeg{_SO}",
    ),
    WellKnown("libtiff", rb"LIBTIFF, Version (\d\.\d{1,2}\.\d{1,2})", (b"LIBTIFF, Version ",), rf"libtiff{_SO}"),
    WellKnown("krb5", rb"krb5-(1\.\d{1,2}(?:\.\d{1,2})?)-final", (b"KRB5_BRAND: ",), rf"libkrb5{_SO}"),
    WellKnown("openblas", rb"OpenBLAS (\d\.\d{1,2}[\d.]{0,12}) ", (b"OpenBLAS ",), rf"lib(?:scipy_)?openblas\w*{_SO}"),
)
