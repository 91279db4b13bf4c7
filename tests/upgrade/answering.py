"""Rebuilds every read model, then answers requests, in a separate process, to reveal dependence on the hash seed (rule 0.3).

    PYTHONHASHSEED=1 python tests/upgrade/answering.py < requests.json > answers.json

The environment names the company, as for every process. Requests are method, path and body; answers are status and text.
"""

import json
import logging
import os
import sys
from contextlib import closing
from typing import Any

import structlog
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import ApiSettings
from api_client import SECRET, Api
from consumers import asyncapi
from projections import catalogue
from projections.engine.rebuild import rebuild
from projections.reading.read_models import ReadModels
from store.application import Dossier


def answer(api: Api, method: str, path: str, body: Any) -> tuple[int, str]:
    """Status and text; a refusal without its correlation id, which is its own."""
    found = api.call(method, path, **({} if body is None else {"json": body}))
    if found.status_code < 400:
        return found.status_code, found.text
    told = found.json()
    told.pop("correlation_id", None)
    return found.status_code, json.dumps(told)


def main() -> None:
    """Reads the requests and writes the answers."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with Dossier(os.environ) as dossier:
        for projection in catalogue.projections(dossier):
            rebuild(dossier, projection, lambda _position, _target: None)
        with closing(ReadModels(dossier, catalogue.projections(dossier))) as reads:
            reads.start()
            settings = ApiSettings(token_secret=SECRET, asyncapi=asyncapi.document)
            with TestClient(create_app(dossier, reads, settings), raise_server_exceptions=False) as client:
                api = Api(client, dossier)
                json.dump([answer(api, *asked) for asked in json.load(sys.stdin)], sys.stdout)


if __name__ == "__main__":
    main()
