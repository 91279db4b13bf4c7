"""A subscriber over Kafka that keeps a copy of all events in a file of SQLite, whatever happens to it, to the relay or to the brokers.

    pip install kafka-python
    python docs/samples/subscribe_kafka.py 127.0.0.1:9092 dossier.demo.profile-events.v3 copy.db

What messages do to the copy and where to go on are stored in one transaction, so it may be killed at any moment; a message that comes
again changes nothing, because its position is there. After a restore that lost events all of them come again, as of another log: `copy`
shows those of the log that was sent last.
"""

import sqlite3
import sys

from kafka import KafkaConsumer, TopicPartition

SERVERS, TOPIC, COPY = sys.argv[1:]
copy = sqlite3.connect(COPY)
copy.execute("PRAGMA journal_mode = WAL")
copy.execute("PRAGMA synchronous = NORMAL")  # what a power cut takes away comes again
copy.execute(
    "CREATE TABLE IF NOT EXISTS events (log TEXT, position INTEGER, sent INTEGER, event TEXT, PRIMARY KEY (log, position))"
)
copy.execute("CREATE TABLE IF NOT EXISTS places (partition INTEGER PRIMARY KEY, next INTEGER)")
copy.execute(
    "CREATE VIEW IF NOT EXISTS copy AS SELECT position, event FROM events"
    " WHERE log = (SELECT log FROM events ORDER BY sent DESC LIMIT 1)"
)
consumer = KafkaConsumer(bootstrap_servers=SERVERS, enable_auto_commit=False, auto_offset_reset="earliest")
partitions = [TopicPartition(TOPIC, number) for number in consumer.partitions_for_topic(TOPIC)]
places = dict(copy.execute("SELECT partition, next FROM places"))
consumer.assign(partitions)
for partition in partitions:
    consumer.seek(partition, places.get(partition.partition, 0))
while True:
    for partition, messages in consumer.poll(timeout_ms=1_000).items():
        with copy:
            for message in messages:
                headers = dict(message.headers)
                place = (headers["ce_dossierlog"].decode(), int(headers["ce_dossierposition"]))
                row = (*place, message.timestamp, message.value.decode())
                copy.execute("INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?)", row)
            copy.execute("INSERT OR REPLACE INTO places VALUES (?, ?)", (partition.partition, messages[-1].offset + 1))
