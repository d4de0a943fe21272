-- What is watched after publishing: that a post still says what was approved, and that accounts stay usable.

ALTER TABLE deliveries ADD COLUMN looked_at TIMESTAMP WITH TIME ZONE;

CREATE INDEX ix_deliveries_watched ON deliveries (published_at) WHERE state = 'published' AND takedown_at IS NULL;

CREATE TABLE drifts (
    delivery_id UUID NOT NULL,
    kind VARCHAR(15) NOT NULL,
    reads VARCHAR NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    settled_by UUID,
    settled_at TIMESTAMP WITH TIME ZONE,
    reason VARCHAR,
    id UUID NOT NULL,
    CONSTRAINT pk_drifts PRIMARY KEY (id),
    CONSTRAINT ck_drifts_kind CHECK (kind IN ('edited', 'deleted')),
    CONSTRAINT fk_drifts_delivery_id FOREIGN KEY (delivery_id) REFERENCES deliveries (id),
    CONSTRAINT fk_drifts_settled_by FOREIGN KEY (settled_by) REFERENCES people (id)
);

CREATE UNIQUE INDEX ix_drifts_open ON drifts (delivery_id) WHERE settled_at IS NULL;

GRANT SELECT, INSERT, UPDATE ON drifts TO porth_app;
