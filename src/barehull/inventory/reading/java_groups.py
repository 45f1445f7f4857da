"""Maven's groups of artifacts whose archives do not tell them: those that Gradle or Ant built leave META-INF/maven out.

A row counts only where the archive has classes in the row's folder; the first one that fits is taken. Each row is tried
on the real archive in `tests/integration/test_java.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Row:
    """Artifacts (a pattern) with classes in `folder` are of `group`, from the major version `since` on."""

    artifact: str
    folder: str
    group: str
    since: int = 0


ROWS = (
    Row("spring-boot*", "org/springframework/boot/", "org.springframework.boot"),
    Row("spring-security-*", "org/springframework/security/", "org.springframework.security"),
    Row("spring-kafka*", "org/springframework/kafka/", "org.springframework.kafka"),
    Row("spring-amqp", "org/springframework/amqp/", "org.springframework.amqp"),
    Row("spring-rabbit*", "org/springframework/amqp/", "org.springframework.amqp"),
    Row("spring-integration-*", "org/springframework/integration/", "org.springframework.integration"),
    Row("spring-session-*", "org/springframework/session/", "org.springframework.session"),
    Row("spring-ldap-*", "org/springframework/ldap/", "org.springframework.ldap"),
    Row("spring-graphql*", "org/springframework/graphql/", "org.springframework.graphql"),
    *(
        Row(f"spring-{name}", f"org/springframework/{folder}", "org.springframework")
        for name, folder in (
            ("aop", "aop/"), ("aspects", ""), ("beans", "beans/"), ("context", "context/"),
            ("context-support", ""), ("core", "core/"), ("expression", "expression/"),
            ("jdbc", "jdbc/"), ("jms", "jms/"), ("messaging", "messaging/"), ("orm", "orm/"), ("oxm", "oxm/"),
            ("r2dbc", "r2dbc/"), ("test", ""), ("tx", ""), ("web", "web/"), ("webflux", "web/"),
            ("webmvc", "web/"), ("websocket", "web/"),
        )
    ),
    Row("spring-jcl", "org/apache/commons/", "org.springframework"),
    Row("kotlin-*", "kotlin/", "org.jetbrains.kotlin"),
    Row("kotlinx-*", "kotlinx/", "org.jetbrains.kotlinx"),
    Row("okhttp*", "okhttp3/", "com.squareup.okhttp3"),
    Row("okio*", "okio/", "com.squareup.okio"),
    Row("retrofit", "retrofit2/", "com.squareup.retrofit2"),
    Row("moshi*", "com/squareup/moshi/", "com.squareup.moshi"),
    Row("reactor-netty*", "reactor/netty/", "io.projectreactor.netty"),
    Row("reactor-*", "reactor/", "io.projectreactor"),
    Row("micrometer-*", "io/micrometer/", "io.micrometer"),
    Row("micronaut-*", "io/micronaut/", "io.micronaut"),
    Row("hibernate-core", "org/hibernate/", "org.hibernate.orm", since=6),
    Row("hibernate-core", "org/hibernate/", "org.hibernate"),
    Row("groovy*", "groovy/", "org.apache.groovy", since=4),
    Row("groovy*", "groovy/", "org.codehaus.groovy"),
    Row("grpc-*", "io/grpc/", "io.grpc"),
    Row("opentelemetry-*", "io/opentelemetry/", "io.opentelemetry"),
    Row("kafka-clients", "org/apache/kafka/", "org.apache.kafka"),
    Row("lucene-*", "org/apache/lucene/", "org.apache.lucene"),
    Row("solr-*", "org/apache/solr/", "org.apache.solr"),
    Row("elasticsearch", "org/elasticsearch/", "org.elasticsearch"),
    Row("opensearch", "org/opensearch/", "org.opensearch"),
    Row("rxjava", "io/reactivex/rxjava3/", "io.reactivex.rxjava3"),
    Row("rxjava", "io/reactivex/", "io.reactivex.rxjava2"),
    Row("bc*-jdk*", "org/bouncycastle/", "org.bouncycastle"),
    Row("dom4j", "org/dom4j/", "org.dom4j", since=2),
    Row("dom4j", "org/dom4j/", "dom4j"),
    Row("h2", "org/h2/", "com.h2database"),
    Row("postgresql", "org/postgresql/", "org.postgresql"),
    Row("mysql-connector-java", "com/mysql/", "mysql"),
    Row("mysql-connector-j", "com/mysql/", "com.mysql"),
    Row("tomcat-embed-*", "org/apache/", "org.apache.tomcat.embed"),
    Row("tomcat-*", "org/apache/", "org.apache.tomcat"),
    Row("xercesImpl", "org/apache/xerces/", "xerces"),
    Row("xalan", "org/apache/xalan/", "xalan"),
    Row("poi*", "org/apache/poi/", "org.apache.poi"),
    Row("xmlbeans", "org/apache/xmlbeans/", "org.apache.xmlbeans"),
    Row("velocity", "org/apache/velocity/", "org.apache.velocity"),
    Row("ant", "org/apache/tools/", "org.apache.ant"),
    Row("jna*", "com/sun/jna/", "net.java.dev.jna"),
    Row("rhino", "org/mozilla/javascript/", "org.mozilla"),
    Row("scala-*", "scala/", "org.scala-lang"),
    Row("c3p0", "com/mchange/v2/", "com.mchange"),
    Row("graphql-java", "graphql/", "com.graphql-java"),
    Row("jstl", "javax/servlet/jsp/", "javax.servlet"),
    Row("junit", "org/junit/", "junit"),
)  # fmt: skip


def group_of(artifact: str, version: str, folders: Iterable[str]) -> str:
    """The group of an artifact whose archive has classes in `folders`; "" where it is not known."""
    match = re.match(r"\d{1,9}", version)
    major = int(match[0]) if match else 0
    held = tuple(folders)
    for row in ROWS:
        named = fnmatchcase(artifact, row.artifact) and major >= row.since
        if named and any(folder.startswith(row.folder) for folder in held):
            return row.group
    return ""
