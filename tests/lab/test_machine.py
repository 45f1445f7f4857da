from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from barehull.debian.mirror import Mirror
from lab import machine
from lab.machine import Machine, this_machine

MIRROR = Mirror("http://mirror.example.com/debian", "http://mirror.example.com/debian-security")
PEM = "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----"


def test_what_is_configured_goes_into_files() -> None:
    files = replace(
        Machine("amd64", MIRROR),
        certificates=(PEM.format("QUFB"),),
        pip=(("index-url", "https://pypi.example.com/simple"),),
        npm_registry="https://npm.example.com/",
    ).files("trixie")
    assert (
        "URIs: http://mirror.example.com/debian-security\nSuites: trixie-security\n"
        in (files["etc/apt/sources.list.d/debian.sources"])
    )
    assert "index-url = https://pypi.example.com/simple\n" in files["etc/pip.conf"]
    assert files["usr/local/etc/npmrc"].endswith("registry=https://npm.example.com/\n")
    assert files["usr/local/share/ca-certificates/machine-1.crt"] == PEM.format("QUFB") + "\n"


def test_only_what_debian_does_not_trust_is_the_machines_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    debians, own = PEM.format("QUFB"), PEM.format("QkJC")
    (tmp_path / "debian" / "mozilla").mkdir(parents=True)
    (tmp_path / "debian" / "mozilla" / "a.crt").write_text(debians)
    (tmp_path / "bundle").write_text(f"{debians}\n# ours\n{own}\n{own}\n")
    monkeypatch.setattr(machine, "_DEBIANS_OWN", str(tmp_path / "debian"))
    monkeypatch.setattr(machine, "BUNDLE", str(tmp_path / "nothing"))
    found = this_machine({"SSL_CERT_FILE": str(tmp_path / "bundle"), "BAREHULL_MIRROR": "http://m.example.com"})
    assert found.certificates == (own,)
    assert found.mirror.debian == "http://m.example.com/debian"


def test_variables_win_over_the_tools_own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://pypi.example.com/simple")
    found = this_machine({"GOPROXY": "https://go.example.com", "NPM_CONFIG_REGISTRY": "https://npm.example.com/"})
    assert dict(found.go)["GOPROXY"] == "https://go.example.com"
    assert found.npm_registry == "https://npm.example.com/"
    assert dict(found.pip)["index-url"] == "https://pypi.example.com/simple"
