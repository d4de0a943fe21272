-- What administrators look after.

-- One row for each term of an organisation's own. It counts once a second person has confirmed it.
CREATE TABLE terms (
    organisation_id UUID NOT NULL,
    list VARCHAR(31) NOT NULL,
    key VARCHAR(400) NOT NULL,
    value JSONB NOT NULL,
    note VARCHAR NOT NULL,
    proposed_by UUID NOT NULL,
    proposed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    confirmed_by UUID,
    confirmed_at TIMESTAMP WITH TIME ZONE,
    removal_by UUID,
    removal_at TIMESTAMP WITH TIME ZONE,
    ended_by UUID,
    ended_at TIMESTAMP WITH TIME ZONE,
    id UUID NOT NULL,
    CONSTRAINT pk_terms PRIMARY KEY (id),
    CONSTRAINT fk_terms_organisation_id FOREIGN KEY (organisation_id) REFERENCES organisations (id),
    CONSTRAINT fk_terms_proposed_by FOREIGN KEY (proposed_by) REFERENCES people (id),
    CONSTRAINT fk_terms_confirmed_by FOREIGN KEY (confirmed_by) REFERENCES people (id),
    CONSTRAINT fk_terms_removal_by FOREIGN KEY (removal_by) REFERENCES people (id),
    CONSTRAINT fk_terms_ended_by FOREIGN KEY (ended_by) REFERENCES people (id),
    -- a change of a rule list is two people's (requirements 8.2): one proposes it, another confirms it
    CONSTRAINT ck_terms_two_people_add CHECK (confirmed_by <> proposed_by),
    CONSTRAINT ck_terms_two_people_remove CHECK (confirmed_at IS NULL OR ended_at IS NULL OR ended_by <> removal_by),
    CONSTRAINT ck_terms_removal_first CHECK (confirmed_at IS NULL OR ended_at IS NULL OR removal_by IS NOT NULL)
);

CREATE UNIQUE INDEX ix_terms_once ON terms (organisation_id, list, key) WHERE ended_at IS NULL;

CREATE FUNCTION keep_term() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.organisation_id, NEW.list, NEW.key, NEW.value, NEW.proposed_by, NEW.proposed_at)
        IS DISTINCT FROM (OLD.organisation_id, OLD.list, OLD.key, OLD.value, OLD.proposed_by, OLD.proposed_at)
        OR (OLD.confirmed_at IS NOT NULL AND NEW.confirmed_by IS DISTINCT FROM OLD.confirmed_by)
        OR OLD.ended_at IS NOT NULL
    THEN
        RAISE EXCEPTION 'a term stays what was proposed' USING ERRCODE = 'PT003';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER kept BEFORE UPDATE ON terms FOR EACH ROW EXECUTE FUNCTION keep_term();

GRANT SELECT, INSERT, UPDATE ON terms TO porth_app;

-- What stood in the policy under this name was read by no check.
UPDATE organisations SET policy = policy - 'terms' WHERE policy ? 'terms';

-- Owner and deputy of a channel are people whom Porth knows, so that it shows when one of them has left.
UPDATE channels SET register = channels.register - 'owner' || CASE WHEN found.id IS NULL THEN '{}'::jsonb
        ELSE jsonb_build_object('owner', found.id::text) END
    FROM channels AS kept LEFT JOIN people AS found
        ON found.organisation_id = kept.organisation_id AND found.email = lower(kept.register ->> 'owner')
    WHERE kept.id = channels.id AND channels.register ? 'owner';
UPDATE channels SET register = channels.register - 'deputy' || CASE WHEN found.id IS NULL THEN '{}'::jsonb
        ELSE jsonb_build_object('deputy', found.id::text) END
    FROM channels AS kept LEFT JOIN people AS found
        ON found.organisation_id = kept.organisation_id AND found.email = lower(kept.register ->> 'deputy')
    WHERE kept.id = channels.id AND channels.register ? 'deputy';
