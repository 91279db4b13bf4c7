-- Uploads of the same file before: whether its new customers were numbered by row or by line (rule 3.2).
CREATE INDEX events_of_received_uploads ON events (position) WHERE topic = 'upload.received';

-- Rows that failed, as they came, with the number of the customer that they name: personal data, so both are sealed together, with the
-- customer's key where the row is a customer's, else with the upload's (rule 5.1). Values of masked fields are not in it (rule 5.2).
CREATE TABLE upload_rows (
    upload  uuid   NOT NULL,
    line    bigint NOT NULL,                                -- the row, as in upload_errors
    subject uuid   NOT NULL,                                -- whose key sealed it
    sealed  bytea,                                          -- null: the key was destroyed when it was to be sealed
    PRIMARY KEY (upload, line)
);
