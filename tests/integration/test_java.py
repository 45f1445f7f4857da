"""Archives of Maven Central, beside Syft: all that it finds, and where the groups differ ours are Maven's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from packageurl import PackageURL

from barehull.inventory.catalogue import Catalogue
from barehull.inventory.cataloguers import java
from barehull.inventory.reading.java_groups import ROWS, group_of
from barehull.oci.model import Entry
from barehull.oci.rootfs import Rootfs

from .test_version_orders import maven_central

SYFT = Path(sys.executable).parent / "syft"
# One for each row of the table, and some that tell their coordinates themselves.
COORDINATES = (
    """
com.google.guava:guava:31.0-jre com.graphql-java:graphql-java:17.0 com.h2database:h2:1.4.200 com.mchange:c3p0:0.9.5.3
com.mysql:mysql-connector-j:8.0.33 com.squareup.moshi:moshi:1.12.0 com.squareup.okhttp3:okhttp:4.9.1
com.squareup.okio:okio-jvm:3.0.0 com.squareup.retrofit2:retrofit:2.9.0 dom4j:dom4j:1.6.1
io.grpc:grpc-netty:1.42.0 io.micrometer:micrometer-core:1.8.0 io.micronaut:micronaut-core:3.0.0
io.opentelemetry:opentelemetry-api:1.9.0 io.projectreactor.netty:reactor-netty-core:1.0.10
io.projectreactor:reactor-core:3.4.10 io.reactivex.rxjava2:rxjava:2.2.21 io.reactivex.rxjava3:rxjava:3.1.0
javax.servlet:jstl:1.2 junit:junit:4.12 mysql:mysql-connector-java:8.0.20 net.java.dev.jna:jna:5.9.0
org.apache.ant:ant:1.10.8 org.apache.commons:commons-text:1.9 org.apache.groovy:groovy:4.0.1
org.apache.kafka:kafka-clients:3.0.0 org.apache.logging.log4j:log4j-core:2.14.1 org.apache.lucene:lucene-core:9.0.0
org.apache.poi:poi:5.0.0 org.apache.solr:solr-core:8.8.0 org.apache.tomcat.embed:tomcat-embed-core:9.0.50
org.apache.tomcat:tomcat-catalina:9.0.50 org.apache.velocity:velocity:1.7 org.apache.xmlbeans:xmlbeans:3.1.0
org.bouncycastle:bcprov-jdk15on:1.68 org.codehaus.groovy:groovy:3.0.9 org.dom4j:dom4j:2.1.1
org.elasticsearch:elasticsearch:7.15.0 org.hibernate.orm:hibernate-core:6.1.0.Final
org.hibernate:hibernate-core:5.6.0.Final org.jetbrains.kotlin:kotlin-stdlib:1.5.0
org.jetbrains.kotlinx:kotlinx-coroutines-core-jvm:1.6.0 org.mozilla:rhino:1.7.12 org.opensearch:opensearch:2.0.0
org.postgresql:postgresql:42.2.5 org.scala-lang:scala-library:2.13.5 org.springframework.amqp:spring-amqp:2.4.0
org.springframework.amqp:spring-rabbit:2.4.0 org.springframework.boot:spring-boot:2.7.0
org.springframework.graphql:spring-graphql:1.0.0 org.springframework.integration:spring-integration-core:5.5.0
org.springframework.kafka:spring-kafka:2.8.0 org.springframework.ldap:spring-ldap-core:2.3.4.RELEASE
org.springframework.security:spring-security-core:5.6.0 org.springframework.session:spring-session-core:2.6.0
xalan:xalan:2.7.2 xerces:xercesImpl:2.12.0
""".split()
    + [
        f"org.springframework:spring-{name}:5.3.20"
        for name in "aop aspects beans context context-support core expression jcl jdbc jms messaging orm oxm r2dbc "
        "test tx web webflux webmvc websocket".split()
    ]
)
# What is shaded in some of them, and tells its coordinates.
SHADED = {
    "com.google.guava:guava:30.0-jre",
    "com.ongres.scram:client:1.0.0-beta.2",
    "com.ongres.scram:common:1.0.0-beta.2",
}


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all of them."""
    folder = tmp_path_factory.mktemp("jars")
    with httpx.Client(follow_redirects=True, timeout=120) as client, ThreadPoolExecutor(8) as pool:

        def fetch(coordinates: str) -> None:
            group, artifact, version = coordinates.split(":")
            name = f"{artifact}-{version}.jar"
            url = f"{maven_central()}/{group.replace('.', '/')}/{artifact}/{version}/{name}"
            target = folder / group if artifact == "dom4j" else folder  # two groups have an artifact of this name
            target.mkdir(exist_ok=True)
            (target / name).write_bytes(client.get(url).raise_for_status().content)

        list(pool.map(fetch, COORDINATES))
    return folder


def every(archives: Path) -> dict[str, Path]:
    return {path.relative_to(archives).as_posix(): path for path in archives.rglob("*.jar")}


def catalogued(files: dict[str, Path]) -> Catalogue:
    with Rootfs.of_entries([Entry(name, "file", content=path.read_bytes()) for name, path in files.items()]) as rootfs:
        return java.catalogue(rootfs)


def by_syft(folder: Path) -> set[tuple[str, str]]:
    """Artifacts and versions; its groups are guesses where the archive does not tell."""
    said = subprocess.run(
        [SYFT, "scan", "-q", f"dir:{folder}", "-o", "json"],
        capture_output=True,
        check=True,
        env=os.environ | {"SYFT_CHECK_FOR_APP_UPDATE": "false"},
        timeout=300,
    ).stdout
    purls = [PackageURL.from_string(it["purl"]) for it in json.loads(said)["artifacts"] if it["type"] == "java-archive"]
    return {(purl.name, purl.version or "") for purl in purls}


def test_each_has_its_coordinates_of_maven(archives: Path) -> None:
    found = catalogued(every(archives))
    names = {f"{it.name}:{it.version}" for it in found.components}
    assert set(COORDINATES) - names == set()
    assert names - set(COORDINATES) == SHADED
    assert found.gaps == ()
    assert set(found.identified) == set(every(archives))


def test_no_row_of_the_table_is_untried() -> None:
    tried = [coordinates.split(":") for coordinates in COORDINATES]
    for row in ROWS:
        hits = [
            1 for group, artifact, version in tried if group == row.group and group_of(artifact, version, [row.folder])
        ]
        assert hits, row


def test_syft_finds_nothing_that_we_miss(archives: Path) -> None:
    ours = {(it.name.partition(":")[2], it.version) for it in catalogued(every(archives)).components}
    assert by_syft(archives) - ours == set()


def test_a_program_of_spring_boot_has_all_that_is_nested_in_it(archives: Path, tmp_path: Path) -> None:
    program = tmp_path / "run.jar"
    nested = [*sorted(archives.glob("spring-*.jar")), archives / "log4j-core-2.14.1.jar"]
    with zipfile.ZipFile(program, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\nMain-Class: org.example.Main\n")
        for path in nested:
            archive.write(path, f"BOOT-INF/lib/{path.name}")
    script = tmp_path / "run"
    script.write_bytes(b"#!/bin/bash\nexec java -jar $0\n" + program.read_bytes())
    script.chmod(0o755)
    plain = {it.purl for it in catalogued({path.name: path for path in nested}).components}
    assert {it.purl for it in catalogued({"run.jar": program}).components} == plain
    with Rootfs.of_entries([Entry("app/run", "file", 0o755, content=script.read_bytes())]) as rootfs:
        assert {it.purl for it in java.catalogue(rootfs).components} == plain
