-- Idempotency keys are forgotten some time after they were used (rule 0.7): the oldest are looked for.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (recorded_at);
