"""The web application: a page and a JSON API."""

from __future__ import annotations

from dataclasses import asdict

from flask import Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from volumes.sources import Source, from_environment


def create_app(source: Source | None = None) -> Flask:
    app = Flask(__name__)
    volumes = source or from_environment()

    @app.get("/")
    def page() -> ResponseReturnValue:
        namespace = request.args.get("namespace", "kubeflow")
        return render_template("index.html", namespace=namespace, volumes=volumes.volumes(namespace))

    @app.get("/api/namespaces/<namespace>/volumes")
    def listing(namespace: str) -> ResponseReturnValue:
        return jsonify(namespace=namespace, volumes=[asdict(each) for each in volumes.volumes(namespace)])

    @app.get("/healthz")
    def health() -> ResponseReturnValue:
        return jsonify(status="ok")

    @app.errorhandler(OSError)
    def unreachable(error: OSError) -> ResponseReturnValue:
        app.logger.warning("the source of volumes cannot be read: %s", error)
        return jsonify(error="the source of volumes cannot be read"), 502

    return app
