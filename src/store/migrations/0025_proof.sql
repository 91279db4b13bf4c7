-- The Merkle tree over the log: hashes of up to 256 neighbouring subtrees, leaves at level 0. Tiles only grow.
CREATE TABLE log_tiles (
    level  smallint NOT NULL,
    number bigint   NOT NULL,
    hashes bytea    NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0),
    PRIMARY KEY (level, number)
);
ALTER TABLE log_tiles ALTER hashes SET STORAGE EXTERNAL;   -- hashes cannot be compressed

-- Signed heads of the tree, never changed.
CREATE TABLE log_heads (
    size      bigint      NOT NULL,                        -- events under this head: those at positions 1 to size
    key_id    text        NOT NULL,
    root      bytea       NOT NULL,
    signed_at timestamptz NOT NULL,
    note      text        NOT NULL,                        -- what was signed, with its signature
    PRIMARY KEY (size, key_id)
);
CREATE TRIGGER heads_are_never_changed BEFORE UPDATE OR DELETE ON log_heads
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The public halves of all keys that have signed heads, so that old heads can be checked after a key was changed.
CREATE TABLE log_keys (
    key_id     text        PRIMARY KEY,
    public_key text        NOT NULL,
    first_used timestamptz NOT NULL DEFAULT clock_timestamp()
);
