-- A correction may edit a public post: then two deliveries name one post of the platform. And drifts are also posts
-- that did not come through Porth.

ALTER TABLE deliveries
    ADD COLUMN edits_id UUID,
    ADD COLUMN origin_id UUID,
    ADD COLUMN uneditable VARCHAR,
    ADD CONSTRAINT fk_deliveries_edits_id FOREIGN KEY (edits_id) REFERENCES deliveries (id),
    ADD CONSTRAINT fk_deliveries_origin_id FOREIGN KEY (origin_id) REFERENCES deliveries (id),
    ADD CONSTRAINT ck_deliveries_an_edit_has_an_origin CHECK ((edits_id IS NULL) = (origin_id IS NULL)),
    DROP CONSTRAINT uq_deliveries_platform_id;

CREATE UNIQUE INDEX uq_deliveries_platform_id ON deliveries (account_id, platform_id) WHERE edits_id IS NULL;

-- Of two corrections that edit the same words, one is too late.
CREATE UNIQUE INDEX ix_deliveries_edits ON deliveries (edits_id)
    WHERE state IN ('sending', 'unconfirmed', 'published', 'retracted');

CREATE INDEX ix_deliveries_origin ON deliveries (origin_id) WHERE origin_id IS NOT NULL;

CREATE INDEX ix_posts_corrects ON posts (corrects_id) WHERE corrects_id IS NOT NULL;

CREATE OR REPLACE FUNCTION guard_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.state <> OLD.state AND NOT (
        (OLD.state = 'due' AND NEW.state IN ('sending', 'held', 'missed', 'cancelled'))
        OR (OLD.state = 'sending' AND NEW.state IN ('published', 'failed', 'unconfirmed', 'due', 'held'))
        OR (OLD.state = 'unconfirmed' AND NEW.state IN ('published', 'due', 'held', 'sending'))
        OR (OLD.state IN ('held', 'missed', 'failed') AND NEW.state IN ('due', 'held', 'cancelled'))
        OR (OLD.state = 'cancelled' AND NEW.state = 'due')
        OR (OLD.state = 'published' AND NEW.state = 'retracted')
    ) THEN
        RAISE EXCEPTION 'a delivery does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'PT003';
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.version_id, NEW.part, NEW.account_id, NEW.edits_id, NEW.origin_id)
        IS DISTINCT FROM (OLD.version_id, OLD.part, OLD.account_id, OLD.edits_id, OLD.origin_id) THEN
        RAISE EXCEPTION 'a delivery stays what it was approved as' USING ERRCODE = 'PT003';
    END IF;
    IF TG_OP = 'INSERT' AND NEW.edits_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM deliveries AS edited WHERE edited.id = NEW.edits_id AND edited.account_id = NEW.account_id
            AND coalesce(edited.origin_id, edited.id) = NEW.origin_id
    ) THEN
        RAISE EXCEPTION 'an edit is of a post on the same account' USING ERRCODE = 'PT003';
    END IF;
    IF NEW.origin_id IS NOT NULL AND NEW.platform_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM deliveries AS origin WHERE origin.id = NEW.origin_id AND origin.platform_id = NEW.platform_id
    ) THEN
        RAISE EXCEPTION 'an edit makes no other post' USING ERRCODE = 'PT003';
    END IF;
    IF (TG_OP = 'INSERT' OR NEW.state = 'sending' AND OLD.state <> 'sending') AND (
        SELECT count(DISTINCT person_id) FROM sign_offs
        WHERE version_id = NEW.version_id AND step IN ('welsh', 'comms')
    ) < 2 THEN
        RAISE EXCEPTION 'only what Welsh and comms have signed off is sent' USING ERRCODE = 'PT002';
    END IF;
    RETURN NEW;
END $$;

-- Four eyes: a correction repeats the words of what it corrects, so their authors do not sign it off either (APR-06).

CREATE OR REPLACE FUNCTION refuse_own_work() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        WITH RECURSIVE written AS (
            SELECT p.id, p.corrects_id FROM versions AS v JOIN posts AS p ON p.id = v.post_id
            WHERE v.id = NEW.version_id
            UNION SELECT p.id, p.corrects_id FROM posts AS p JOIN written ON p.id = written.corrects_id
        )
        SELECT 1 FROM written JOIN versions AS v ON v.post_id = written.id WHERE v.author_id = NEW.person_id
    ) THEN
        RAISE EXCEPTION 'nobody approves what they wrote' USING ERRCODE = 'PT002';
    END IF;
    RETURN NEW;
END $$;

ALTER TABLE accounts ADD COLUMN listed_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE drifts
    ADD COLUMN account_id UUID,
    ADD COLUMN platform_id VARCHAR,
    ADD COLUMN url VARCHAR,
    ADD COLUMN made_at TIMESTAMP WITH TIME ZONE,
    ALTER COLUMN delivery_id DROP NOT NULL,
    DROP CONSTRAINT ck_drifts_kind,
    ADD CONSTRAINT ck_drifts_kind CHECK (kind IN ('edited', 'deleted', 'foreign')),
    ADD CONSTRAINT ck_drifts_foreign_is_no_delivery CHECK ((kind = 'foreign') = (delivery_id IS NULL));

UPDATE drifts SET account_id = d.account_id, platform_id = d.platform_id, url = d.url, made_at = d.published_at
    FROM deliveries AS d WHERE d.id = drifts.delivery_id;

ALTER TABLE drifts
    ALTER COLUMN account_id SET NOT NULL,
    ALTER COLUMN platform_id SET NOT NULL,
    ADD CONSTRAINT fk_drifts_account_id FOREIGN KEY (account_id) REFERENCES accounts (id);

-- Once, also after somebody has settled it.
CREATE UNIQUE INDEX ix_drifts_foreign ON drifts (account_id, platform_id) WHERE kind = 'foreign';
