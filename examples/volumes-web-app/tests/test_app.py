from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from flask.testing import FlaskClient
from volumes.app import create_app
from volumes.sources import EXAMPLES, FileSource, KubernetesSource


@pytest.fixture
def client() -> FlaskClient:
    return create_app(FileSource(EXAMPLES)).test_client()


def test_the_page_lists_the_volumes_of_the_namespace(client: FlaskClient) -> None:
    text = client.get("/?namespace=kubeflow").text
    assert "mnist-data" in text
    assert "models" not in text


def test_the_api_lists_the_volumes_of_the_namespace(client: FlaskClient) -> None:
    answer = client.get("/api/namespaces/serving/volumes").json
    assert [volume["name"] for volume in answer["volumes"]] == ["models"]


def test_an_empty_namespace_has_no_volumes(client: FlaskClient) -> None:
    assert client.get("/api/namespaces/none/volumes").json["volumes"] == []
    assert "There are no volumes" in client.get("/?namespace=none").text


def test_health(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}


def test_volumes_come_from_the_kubernetes_api() -> None:
    asked = []

    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = EXAMPLES.read_bytes()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        client = create_app(KubernetesSource(f"http://127.0.0.1:{server.server_port}")).test_client()
        answer = client.get("/api/namespaces/kubeflow/volumes")
    finally:
        server.shutdown()
    assert asked == ["/api/v1/namespaces/kubeflow/persistentvolumeclaims"]
    assert len(answer.json["volumes"]) == len(json.loads(EXAMPLES.read_text())["items"])


def test_an_unreachable_api_is_a_bad_gateway() -> None:
    client = create_app(KubernetesSource("http://127.0.0.1:9")).test_client()
    assert client.get("/api/namespaces/kubeflow/volumes").status_code == 502
