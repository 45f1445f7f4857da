"""Official images: which names are theirs, and what their tags say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.catalog.catalog import Catalog, parse_name
from barehull.catalog.model import ImageName

# reference -> language, product, version, system, system's version, builds
TAGS = {
    "golang:1.21": ("go", "go", "1.21", "debian", "12", True),
    "golang:1.21.3": ("go", "go", "1.21.3", "debian", "", True),
    "golang:1.21.3-alpine3.18": ("go", "go", "1.21.3", "alpine", "3.18", True),
    "golang:1.13-alpine": ("go", "go", "1.13", "alpine", "3.12", True),
    "golang:1": ("go", "go", "1", "debian", "", True),
    "golang": ("go", "go", "", "debian", "", True),
    "golang:alpine": ("go", "go", "", "alpine", "", True),
    "golang:bookworm": ("go", "go", "", "debian", "12", True),
    "golang:1.22rc1-bullseye": ("go", "go", "1.22", "debian", "11", True),
    "golang:1.20-nanoserver-ltsc2022": ("go", "go", "1.20", "windows", "", True),
    "golang:tip-20260815": ("go", "go", "", "debian", "", True),
    "python:3.11-slim-bookworm": ("python", "python", "3.11", "debian", "12", False),
    "python:3.11": ("python", "python", "3.11", "debian", "13", True),
    "python:3.7-slim": ("python", "python", "3.7", "debian", "12", False),
    "python:3.10.4-alpine": ("python", "python", "3.10.4", "alpine", "", False),
    "python:3.15.0rc1": ("python", "python", "3.15.0", "debian", "", True),
    "python:latest": ("python", "python", "", "debian", "", True),
    "node:16.20.2-alpine": ("node", "node", "16.20.2", "alpine", "", False),
    "node:16-alpine": ("node", "node", "16", "alpine", "3.18", False),
    "node:18-bullseye-slim": ("node", "node", "18", "debian", "11", False),
    "node:lts": ("node", "node", "", "debian", "", True),
    "node:lts-alpine3.20": ("node", "node", "", "alpine", "3.20", False),
    "node:krypton-slim": ("node", "node", "24", "debian", "12", False),
    "node:lts-iron": ("node", "node", "20", "debian", "12", True),
    "eclipse-temurin:17.0.9_9-jdk": ("java", "java", "17.0.9", "ubuntu", "", True),
    "eclipse-temurin:8u392-b08-jre-alpine": ("java", "java", "8", "alpine", "", False),
    "eclipse-temurin:21-jdk-alpine-3.21": ("java", "java", "21", "alpine", "3.21", True),
    "eclipse-temurin:21-jdk-ubi9-minimal": ("java", "java", "21", "rhel", "9", True),
    "openjdk:11-jre-slim-bullseye": ("java", "java", "11", "debian", "11", False),
    "maven:3.9-eclipse-temurin-17-alpine": ("java", "java", "17", "alpine", "", True),
    "maven:3.6.3-jdk-8": ("java", "java", "8", "", "", True),
    "maven:3.9": ("java", "java", "", "", "", True),
    "gradle:8.5.0-jdk17": ("java", "java", "17", "ubuntu", "", True),
    "amazoncorretto:17-al2023-headless": ("java", "corretto", "17", "amazonlinux", "2023", False),
    "ibm-semeru-runtimes:open-17.0.9_9-jdk": ("java", "java", "17.0.9", "ubuntu", "", True),
    "ibmjava:8-sdk": ("java", "java", "8", "", "", True),
    "rust:1.70-slim": ("rust", "rust", "1.70", "debian", "11", True),
    "mcr.microsoft.com/dotnet/sdk:8.0": ("dotnet", "dotnet", "8.0", "", "", True),
    "mcr.microsoft.com/dotnet/aspnet:8.0-alpine3.19": ("dotnet", "dotnet", "8.0", "alpine", "3.19", False),
    "microsoft/dotnet:2.1-sdk": ("dotnet", "dotnet", "2.1", "", "", True),
    "ruby:3.2-alpine": ("ruby", "ruby", "3.2", "alpine", "3.23", False),
    "php:8.2-fpm": ("php", "php", "8.2", "debian", "13", True),
    "composer:2": ("php", "composer", "", "alpine", "", True),
    "elixir:1.15-otp-26-alpine": ("elixir", "elixir", "1.15", "alpine", "", True),
    "elixir:otp-26": ("elixir", "elixir", "", "debian", "", True),
    "gcc:13.2": ("cpp", "cpp", "13.2", "debian", "", True),
    "swift:5.9-slim": ("swift", "swift", "5.9", "ubuntu", "22.04", False),
    "debian:12.4-slim": ("", "debian", "12.4", "debian", "12.4", False),
    "debian:bookworm-20240101-slim": ("", "debian", "12", "debian", "12", False),
    "debian:stable-slim": ("", "debian", "", "debian", "", False),
    "ubuntu:jammy-20240111": ("", "ubuntu", "22.04", "ubuntu", "22.04", False),
    "alpine:3.15": ("", "alpine", "3.15", "alpine", "3.15", False),
    "alpine:20240329": ("", "alpine", "", "alpine", "", False),
    "centos:centos7": ("", "centos", "7", "centos", "7", False),
    "quay.io/centos/centos:stream9": ("", "centos-stream", "9", "centos-stream", "9", False),
    "registry.access.redhat.com/ubi8/ubi-minimal:8.9-1029": ("", "rhel", "8", "rhel", "8", False),
    "registry.access.redhat.com/ubi9": ("", "rhel", "9", "rhel", "9", False),
    "amazonlinux:2.0.20240109.0": ("", "amazonlinux", "2.0.20240109.0", "amazonlinux", "2.0.20240109.0", False),
    "nginx:1.25-alpine": ("", "nginx", "1.25", "alpine", "3.19", False),
    "buildpack-deps:bookworm": ("", "debian", "12", "debian", "12", True),
    "buildpack-deps:bookworm-curl": ("", "debian", "12", "debian", "12", False),
}


@pytest.mark.parametrize("reference", TAGS)
def test_a_tag_says_version_and_system(reference: str, catalog: Catalog) -> None:
    found = catalog.official(parse_name(reference))
    assert found is not None
    said = (found.language, found.product, found.version, found.system, found.system_version, found.builds)
    assert said == TAGS[reference]


@pytest.mark.parametrize(
    "name",
    [
        "golang",
        "library/golang",
        "docker.io/golang",
        "docker.io/library/golang",
        "index.docker.io/library/golang",
        "registry-1.docker.io/library/golang",
        "registry.hub.docker.com/library/golang",
        "public.ecr.aws/docker/library/golang",
        "mirror.gcr.io/library/golang",
        "arm64v8/golang",
        "docker.io/amd64/golang",
    ],
)
def test_the_library_is_known_in_all_its_spellings(name: str, catalog: Catalog) -> None:
    found = catalog.official(parse_name(f"{name}:1.22"))
    assert found is not None
    assert (found.language, found.version) == ("go", "1.22")


@pytest.mark.parametrize(
    "name",
    [
        "circleci/golang",
        "bitnami/golang",
        "cimg/go",
        "golangci/golangci-lint",
        "gcr.io/golang",
        "quay.io/library/golang",
        "mcr.microsoft.com/oss/go/microsoft/golang",
        "registry.access.redhat.com/ubi8/go-toolset",
        "registry.access.redhat.com/ubi9/python-311",
        "registry.access.redhat.com/ubi9/nodejs-20",
        "public.ecr.aws/docker/library/x/golang",
        "golang/golang",
        "tensorflow/tensorflow",
        "gcr.io/distroless/static",
    ],
)
def test_images_of_others_are_not_official(name: str, catalog: Catalog) -> None:
    assert catalog.official(parse_name(name)) is None


def test_images_that_run_as_another_user_say_so(catalog: Catalog) -> None:
    users = {
        "nginxinc/nginx-unprivileged:1.25": "101",
        "nginx:1.25": "",
        "mcr.microsoft.com/dotnet/aspnet:8.0-jammy-chiseled": "1654",
        "bitnami/redis": "1001",
        "registry.access.redhat.com/ubi9/python-311:1": "1001",
        "cgr.dev/chainguard/static": "65532",
        "gcr.io/distroless/static:nonroot": "65532",
        "gcr.io/distroless/static": "",
        "example.com/app": None,
    }
    assert {name: catalog.user(parse_name(name)) for name in users} == users


def test_minimal_images_of_others_say_what_they_serve(catalog: Catalog) -> None:
    assert catalog.minimal(parse_name("cgr.dev/chainguard/python:latest")) == ("python",)
    assert catalog.minimal(parse_name("mcr.microsoft.com/dotnet/runtime:8.0-jammy-chiseled")) == ("dotnet",)
    for name in ("cgr.dev/chainguard/python:latest-dev", "mcr.microsoft.com/dotnet/runtime:8.0", "alpine"):
        assert catalog.minimal(parse_name(name)) == ()


WORDS = st.sampled_from(
    [
        "1.21",
        "3",
        "alpine",
        "alpine3.20",
        "slim",
        "bookworm",
        "jdk",
        "jdk17",
        "temurin",
        "lts",
        "al",
        "v1",
        "",
        ".",
        "²",
        "9" * 5000,
    ]
)


@given(
    name=st.sampled_from(["golang", "maven", "debian", "node", "ibm-semeru-runtimes", "elixir"]),
    tag=st.one_of(st.lists(WORDS).map("-".join), st.text()),
)
def test_no_tag_crashes_it(name: str, tag: str, catalog: Catalog) -> None:
    assert catalog.official(ImageName("docker.io", f"library/{name}", tag)) is not None
