"""A subscriber over HTTP that keeps a copy of all events in a file of SQLite, whatever happens to it or to Dossier.

    DOSSIER_TOKEN=$(dossier token --role integrator) python docs/samples/subscribe_feed.py http://127.0.0.1:8000 copy.db

Python has all it needs. What an event does to the copy and where to go on are stored in one transaction, so it may be killed at any moment;
an event that comes again changes nothing, because its position is there. If the log has become another one, it begins again.
"""

import json
import os
import sqlite3
import sys
import time
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request, urlopen

URL, COPY = sys.argv[1:]
HEADERS = {"Accept": "text/event-stream", "Authorization": f"Bearer {os.environ['DOSSIER_TOKEN']}"}
copy = sqlite3.connect(COPY)
copy.execute("PRAGMA journal_mode = WAL")
copy.execute("PRAGMA synchronous = NORMAL")  # what a power cut takes away comes again
copy.execute("CREATE TABLE IF NOT EXISTS events (position INTEGER PRIMARY KEY, event TEXT)")
copy.execute("CREATE TABLE IF NOT EXISTS place (one INTEGER PRIMARY KEY, last_event_id TEXT)")


def take(message: dict[str, str]) -> None:
    with copy:
        if "data" in message:
            row = (json.loads(message["data"])["position"], message["data"])
            copy.execute("INSERT OR IGNORE INTO events VALUES (?, ?)", row)
        copy.execute("INSERT OR REPLACE INTO place VALUES (1, ?)", (message["id"],))


def follow() -> None:
    [last] = copy.execute("SELECT max(last_event_id) FROM place").fetchone()
    request = Request(f"{URL}/v1/events?follow=true", headers=HEADERS | ({"Last-Event-ID": last} if last else {}))
    message: dict[str, str] = {}
    with urlopen(request, timeout=60) as stream:  # a sign of life comes every 15 seconds
        for line in stream:
            name, _, text = line.decode().rstrip("\n").partition(": ")
            if name:
                message[name] = text
            elif "id" in message:
                take(message)
                message = {}


while True:
    try:
        follow()
    except (OSError, HTTPException) as error:
        if isinstance(error, HTTPError) and error.code == 409:  # a restore lost events, and gives their positions again
            copy.executescript("BEGIN; DELETE FROM events; DELETE FROM place; COMMIT")
        print(f"Again in a second: {error!r}", file=sys.stderr)
    time.sleep(1)
