-- What keeps sending calm: the last beginning on each account, renewals that survive a crash, workers' clocks.

ALTER TABLE accounts ADD COLUMN begun_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE accounts ADD COLUMN renewed BYTEA;
ALTER TABLE accounts ADD COLUMN renewing_until TIMESTAMP WITH TIME ZONE;

ALTER TABLE deliveries ADD COLUMN absent_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE workers ADD COLUMN skew_seconds FLOAT NOT NULL DEFAULT 0;

-- What is open, without the many that are settled.
CREATE INDEX ix_deliveries_unsettled ON deliveries (organisation_id)
    WHERE state IN ('due', 'sending', 'unconfirmed', 'held', 'missed');
