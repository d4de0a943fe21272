-- What happens to a consent after it was signed stands in columns of its own, not in the record that was signed.

ALTER TABLE consents
    ADD COLUMN left_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN disputed_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN superseded_by VARCHAR,
    ADD COLUMN lapsed_at TIMESTAMP WITH TIME ZONE,
    ADD CONSTRAINT fk_consents_superseded_by FOREIGN KEY (organisation_id, superseded_by)
        REFERENCES consents (organisation_id, ref);

UPDATE consents SET left_at = created_at WHERE record @> '{"leaver": true}';

-- Where another signed for a child, it ends on the 16th birthday at the latest.
UPDATE consents SET expires = least(expires, ((record ->> 'born')::date + INTERVAL '16 years')::date)
    WHERE record ? 'born' AND record ->> 'authority' IN ('parental-responsibility', 'local-authority');

-- Partners are named one by one now; that nobody was named means that none was agreed to.
UPDATE consents SET record = record - 'partners' WHERE jsonb_typeof(record -> 'partners') = 'boolean';

CREATE INDEX ix_consents_ending ON consents (expires) WHERE lapsed_at IS NULL AND withdrawn_at IS NULL;

CREATE TABLE consent_requests (
    organisation_id UUID NOT NULL,
    ref VARCHAR NOT NULL,
    asked JSONB NOT NULL,
    requested_by UUID NOT NULL,
    requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
    consent_id UUID,
    id UUID NOT NULL,
    CONSTRAINT pk_consent_requests PRIMARY KEY (id),
    CONSTRAINT uq_consent_requests_organisation_id UNIQUE (organisation_id, ref),
    CONSTRAINT fk_consent_requests_organisation_id FOREIGN KEY (organisation_id) REFERENCES organisations (id),
    CONSTRAINT fk_consent_requests_requested_by FOREIGN KEY (requested_by) REFERENCES people (id),
    CONSTRAINT fk_consent_requests_consent_id FOREIGN KEY (consent_id) REFERENCES consents (id)
);

GRANT SELECT, INSERT, UPDATE ON consent_requests TO porth_app;
