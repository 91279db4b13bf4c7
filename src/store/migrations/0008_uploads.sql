-- Contact files on their way in, and how far each has been read (rule 3.2). Facts about an upload are in the log; here is what they leave out.
CREATE TABLE uploads (
    upload     uuid        PRIMARY KEY,
    number     bigint      NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,  -- order of arrival
    stream     uuid        NOT NULL,                        -- id of its aggregate: once that has a fact, the file is here whole
    bytes      bigint      NOT NULL DEFAULT 0,              -- that have come
    chunks     integer     NOT NULL DEFAULT 0,              -- that are kept; 0 again once they are deleted
    touched_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    over       boolean     NOT NULL DEFAULT false,          -- set in the transaction of the fact that ends it
    error      text,                                        -- why it is not getting on
    failed_at  timestamptz,
    CHECK ((error IS NULL) = (failed_at IS NULL))
);
CREATE INDEX uploads_not_over ON uploads (number) WHERE NOT over;
CREATE INDEX uploads_kept ON uploads (number) WHERE over AND chunks > 0;

-- The file, in pieces sealed with a key of its own (table personal_keys), which is destroyed when the upload is over.
CREATE TABLE upload_chunks (
    upload uuid    NOT NULL,
    place  integer NOT NULL,                                -- 0, 1, 2 ...
    sealed bytea   NOT NULL,
    PRIMARY KEY (upload, place)
);
ALTER TABLE upload_chunks ALTER COLUMN sealed SET STORAGE EXTERNAL;  -- sealed bytes cannot be compressed

-- Rows that are done with, a transaction at a time, each written with the facts of its rows: the key lets no row be taken twice.
CREATE TABLE upload_steps (
    upload    uuid    NOT NULL,
    first_row bigint  NOT NULL,
    last_row  bigint  NOT NULL,
    bytes     bigint  NOT NULL,                             -- of the file that had been read by then
    new       integer NOT NULL,
    changed   integer NOT NULL,
    unchanged integer NOT NULL,
    failed    integer NOT NULL,
    PRIMARY KEY (upload, first_row)
);

-- What is wrong with rows. Values are sealed: with the customer's key where the row is a customer's, else with the upload's.
CREATE TABLE upload_errors (
    upload  uuid    NOT NULL,
    line    bigint  NOT NULL,                               -- the row, from 1
    place   integer NOT NULL,                               -- within the row
    field   text,                                           -- null: the row as a whole
    subject uuid,                                           -- whose key sealed the value; null: there is none to show
    sealed  bytea,
    masked  boolean NOT NULL,                               -- the value of a masked field is not kept
    reason  text    NOT NULL,
    PRIMARY KEY (upload, line, place)
);

CREATE INDEX events_of_upload_mappings ON events (position) WHERE topic = 'upload_mapping.saved';
