-- The tables of approvals/models as they were at the first release, and what the database itself refuses.

CREATE TABLE log_payloads (
    organisation_id UUID NOT NULL,
    number INTEGER NOT NULL,
    payload BYTEA NOT NULL,
    salt BYTEA NOT NULL,
    retention VARCHAR(15) NOT NULL,
    CONSTRAINT pk_log_payloads PRIMARY KEY (organisation_id, number)
);

CREATE TABLE organisations (
    slug VARCHAR(63) NOT NULL,
    name_cy VARCHAR NOT NULL,
    name_en VARCHAR NOT NULL,
    route JSONB NOT NULL,
    policy JSONB NOT NULL,
    paused_at TIMESTAMP WITH TIME ZONE,
    paused_by UUID,
    pause_reason VARCHAR,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_organisations PRIMARY KEY (id),
    CONSTRAINT ck_organisations_route_keeps_welsh_and_comms CHECK (route @> '[{"step": "welsh", "when": "always"}, {"step": "comms", "when": "always"}]'),
    CONSTRAINT uq_organisations_slug UNIQUE (slug)
);

CREATE TABLE renditions (
    source VARCHAR(64) NOT NULL,
    platform VARCHAR(31) NOT NULL,
    sha256 VARCHAR(64),
    media_type VARCHAR,
    width INTEGER,
    height INTEGER,
    size INTEGER,
    unfit VARCHAR,
    CONSTRAINT pk_renditions PRIMARY KEY (source, platform)
);

CREATE TABLE workers (
    name VARCHAR NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_workers PRIMARY KEY (name)
);

CREATE TABLE channels (
    organisation_id UUID NOT NULL,
    name VARCHAR(63) NOT NULL,
    platform VARCHAR(31) NOT NULL,
    model VARCHAR(15) NOT NULL,
    register JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_channels PRIMARY KEY (id),
    CONSTRAINT uq_channels_organisation_id UNIQUE (organisation_id, name),
    CONSTRAINT ck_channels_model CHECK (model IN ('bilingual', 'paired', 'cy', 'en')),
    CONSTRAINT fk_channels_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id)
);

CREATE TABLE log_heads (
    organisation_id UUID NOT NULL,
    number INTEGER NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT pk_log_heads PRIMARY KEY (organisation_id),
    CONSTRAINT fk_log_heads_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id)
);

CREATE TABLE people (
    organisation_id UUID NOT NULL,
    email VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    language VARCHAR(2) NOT NULL,
    password_hash VARCHAR,
    line_manager_id UUID,
    totp_secret BYTEA,
    recovery_hashes JSONB NOT NULL,
    left_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_people PRIMARY KEY (id),
    CONSTRAINT fk_people_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id),
    CONSTRAINT uq_people_email UNIQUE (email),
    CONSTRAINT fk_people_line_manager_id FOREIGN KEY(line_manager_id) REFERENCES people (id)
);

CREATE INDEX ix_people_organisation_id ON people (organisation_id);

CREATE TABLE teams (
    organisation_id UUID NOT NULL,
    name VARCHAR NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_teams PRIMARY KEY (id),
    CONSTRAINT uq_teams_organisation_id UNIQUE (organisation_id, name),
    CONSTRAINT fk_teams_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id)
);

CREATE TABLE accounts (
    organisation_id UUID NOT NULL,
    channel_id UUID NOT NULL,
    external_id VARCHAR NOT NULL,
    handle VARCHAR NOT NULL,
    languages VARCHAR(2)[] NOT NULL,
    mode VARCHAR(7) NOT NULL,
    credentials BYTEA NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    stopped_code VARCHAR,
    stopped_at TIMESTAMP WITH TIME ZONE,
    limited_until TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_accounts PRIMARY KEY (id),
    CONSTRAINT ck_accounts_mode CHECK (mode IN ('sandbox', 'live')),
    CONSTRAINT fk_accounts_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id),
    CONSTRAINT fk_accounts_channel_id FOREIGN KEY(channel_id) REFERENCES channels (id)
);

CREATE INDEX ix_accounts_channel ON accounts (channel_id);

CREATE TABLE api_keys (
    organisation_id UUID NOT NULL,
    prefix VARCHAR(12) NOT NULL,
    secret_hash BYTEA NOT NULL,
    name VARCHAR NOT NULL,
    role VARCHAR NOT NULL,
    team_id UUID,
    responsible_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    id UUID NOT NULL,
    CONSTRAINT pk_api_keys PRIMARY KEY (id),
    CONSTRAINT fk_api_keys_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id),
    CONSTRAINT uq_api_keys_prefix UNIQUE (prefix),
    CONSTRAINT fk_api_keys_team_id FOREIGN KEY(team_id) REFERENCES teams (id),
    CONSTRAINT fk_api_keys_responsible_id FOREIGN KEY(responsible_id) REFERENCES people (id)
);

CREATE INDEX ix_api_keys_organisation_id ON api_keys (organisation_id);

CREATE TABLE consents (
    organisation_id UUID NOT NULL,
    ref VARCHAR NOT NULL,
    record JSONB NOT NULL,
    contact BYTEA,
    expires DATE NOT NULL,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    withdrawn_by UUID,
    withdrawal_reason VARCHAR,
    verified_by UUID,
    created_by UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_consents PRIMARY KEY (id),
    CONSTRAINT uq_consents_organisation_id UNIQUE (organisation_id, ref),
    CONSTRAINT fk_consents_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id),
    CONSTRAINT fk_consents_withdrawn_by FOREIGN KEY(withdrawn_by) REFERENCES people (id),
    CONSTRAINT fk_consents_verified_by FOREIGN KEY(verified_by) REFERENCES people (id),
    CONSTRAINT fk_consents_created_by FOREIGN KEY(created_by) REFERENCES people (id)
);

CREATE TABLE log_entries (
    organisation_id UUID NOT NULL,
    number INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    kind VARCHAR NOT NULL,
    actor_id UUID,
    post_id UUID,
    payload_hash BYTEA NOT NULL,
    previous BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT pk_log_entries PRIMARY KEY (organisation_id, number),
    CONSTRAINT fk_log_entries_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id),
    CONSTRAINT fk_log_entries_actor_id FOREIGN KEY(actor_id) REFERENCES people (id)
);

CREATE INDEX ix_log_entries_at ON log_entries (organisation_id, at);

CREATE INDEX ix_log_entries_post ON log_entries (post_id);

CREATE TABLE media (
    organisation_id UUID NOT NULL,
    team_id UUID,
    uploaded_by UUID NOT NULL,
    uploaded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    original_sha256 VARCHAR(64) NOT NULL,
    original VARCHAR,
    sha256 VARCHAR(64) NOT NULL,
    media_type VARCHAR NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    size INTEGER NOT NULL,
    removed JSONB NOT NULL,
    regions JSONB,
    obscured JSONB NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_media PRIMARY KEY (id),
    CONSTRAINT fk_media_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id),
    CONSTRAINT fk_media_team_id FOREIGN KEY(team_id) REFERENCES teams (id),
    CONSTRAINT fk_media_uploaded_by FOREIGN KEY(uploaded_by) REFERENCES people (id)
);

CREATE INDEX ix_media_organisation_id ON media (organisation_id);

CREATE TABLE memberships (
    team_id UUID NOT NULL,
    person_id UUID NOT NULL,
    CONSTRAINT pk_memberships PRIMARY KEY (team_id, person_id),
    CONSTRAINT fk_memberships_team_id FOREIGN KEY(team_id) REFERENCES teams (id),
    CONSTRAINT fk_memberships_person_id FOREIGN KEY(person_id) REFERENCES people (id)
);

CREATE TABLE posts (
    organisation_id UUID NOT NULL,
    team_id UUID NOT NULL,
    state VARCHAR(15) NOT NULL,
    latest INTEGER NOT NULL,
    created_by UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    translate_by TIMESTAMP WITH TIME ZONE,
    corrects_id UUID,
    id UUID NOT NULL,
    CONSTRAINT pk_posts PRIMARY KEY (id),
    CONSTRAINT ck_posts_state CHECK (state IN ('draft', 'translating', 'in_review', 'refused', 'withdrawn', 'archived')),
    CONSTRAINT fk_posts_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id),
    CONSTRAINT fk_posts_team_id FOREIGN KEY(team_id) REFERENCES teams (id),
    CONSTRAINT fk_posts_created_by FOREIGN KEY(created_by) REFERENCES people (id),
    CONSTRAINT fk_posts_corrects_id FOREIGN KEY(corrects_id) REFERENCES posts (id)
);

CREATE INDEX ix_posts_organisation_state ON posts (organisation_id, state, id);

CREATE TABLE remembered_answers (
    organisation_id UUID NOT NULL,
    person_id UUID NOT NULL,
    key VARCHAR(255) NOT NULL,
    request_hash VARCHAR(64) NOT NULL,
    status INTEGER NOT NULL,
    body JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_remembered_answers PRIMARY KEY (organisation_id, person_id, key),
    CONSTRAINT fk_remembered_answers_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id),
    CONSTRAINT fk_remembered_answers_person_id FOREIGN KEY(person_id) REFERENCES people (id)
);

CREATE TABLE role_grants (
    person_id UUID NOT NULL,
    role VARCHAR NOT NULL,
    granted_by UUID,
    granted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_role_grants PRIMARY KEY (person_id, role),
    CONSTRAINT fk_role_grants_person_id FOREIGN KEY(person_id) REFERENCES people (id),
    CONSTRAINT fk_role_grants_granted_by FOREIGN KEY(granted_by) REFERENCES people (id)
);

CREATE TABLE sign_ins (
    token_hash BYTEA NOT NULL,
    person_id UUID NOT NULL,
    csrf VARCHAR NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    second_factor BOOLEAN NOT NULL,
    agent VARCHAR NOT NULL,
    CONSTRAINT pk_sign_ins PRIMARY KEY (token_hash),
    CONSTRAINT fk_sign_ins_person_id FOREIGN KEY(person_id) REFERENCES people (id)
);

CREATE INDEX ix_sign_ins_person_id ON sign_ins (person_id);

CREATE TABLE comments (
    post_id UUID NOT NULL,
    version INTEGER NOT NULL,
    person_id UUID NOT NULL,
    kind VARCHAR(15) NOT NULL,
    words VARCHAR NOT NULL,
    "where" JSONB,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_comments PRIMARY KEY (id),
    CONSTRAINT fk_comments_post_id FOREIGN KEY(post_id) REFERENCES posts (id),
    CONSTRAINT fk_comments_person_id FOREIGN KEY(person_id) REFERENCES people (id)
);

CREATE INDEX ix_comments_post_id ON comments (post_id);

CREATE TABLE versions (
    post_id UUID NOT NULL,
    number INTEGER NOT NULL,
    content JSONB NOT NULL,
    origin JSONB NOT NULL,
    author_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_versions PRIMARY KEY (id),
    CONSTRAINT uq_versions_post_id UNIQUE (post_id, number),
    CONSTRAINT fk_versions_post_id FOREIGN KEY(post_id) REFERENCES posts (id),
    CONSTRAINT fk_versions_author_id FOREIGN KEY(author_id) REFERENCES people (id)
);

CREATE TABLE submissions (
    version_id UUID NOT NULL,
    document BYTEA NOT NULL,
    digest VARCHAR(64) NOT NULL,
    findings JSONB NOT NULL,
    rules VARCHAR NOT NULL,
    declaration JSONB NOT NULL,
    submitted_by UUID NOT NULL,
    submitted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_submissions PRIMARY KEY (version_id),
    CONSTRAINT uq_submissions_version_id UNIQUE (version_id, digest),
    CONSTRAINT fk_submissions_version_id FOREIGN KEY(version_id) REFERENCES versions (id),
    CONSTRAINT fk_submissions_submitted_by FOREIGN KEY(submitted_by) REFERENCES people (id)
);

CREATE TABLE consent_uses (
    version_id UUID NOT NULL,
    consent_id UUID NOT NULL,
    CONSTRAINT pk_consent_uses PRIMARY KEY (version_id, consent_id),
    CONSTRAINT fk_consent_uses_version_id FOREIGN KEY(version_id) REFERENCES submissions (version_id),
    CONSTRAINT fk_consent_uses_consent_id FOREIGN KEY(consent_id) REFERENCES consents (id)
);

CREATE INDEX ix_consent_uses_consent_id ON consent_uses (consent_id);

CREATE TABLE decisions (
    version_id UUID NOT NULL,
    finding VARCHAR(24) NOT NULL,
    code VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    person_id UUID NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_decisions PRIMARY KEY (id),
    CONSTRAINT uq_decisions_finding UNIQUE (version_id, finding),
    CONSTRAINT fk_decisions_version_id FOREIGN KEY(version_id) REFERENCES submissions (version_id),
    CONSTRAINT fk_decisions_person_id FOREIGN KEY(person_id) REFERENCES people (id)
);

CREATE TABLE deliveries (
    organisation_id UUID NOT NULL,
    post_id UUID NOT NULL,
    version_id UUID NOT NULL,
    part INTEGER NOT NULL,
    account_id UUID NOT NULL,
    follows_id UUID,
    state VARCHAR(15) NOT NULL,
    code VARCHAR,
    publish_at TIMESTAMP WITH TIME ZONE NOT NULL,
    next_attempt_at TIMESTAMP WITH TIME ZONE NOT NULL,
    leased_by VARCHAR,
    lease_until TIMESTAMP WITH TIME ZONE,
    tries INTEGER NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    prepared BOOLEAN NOT NULL,
    attempt JSONB NOT NULL,
    lookups INTEGER NOT NULL,
    seen JSONB NOT NULL,
    platform_id VARCHAR,
    url VARCHAR,
    published_at TIMESTAMP WITH TIME ZONE,
    takedown_at TIMESTAMP WITH TIME ZONE,
    takedown_reason VARCHAR,
    retracted_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_deliveries PRIMARY KEY (id),
    CONSTRAINT ck_deliveries_state CHECK (state IN ('due', 'sending', 'published', 'failed', 'unconfirmed', 'held', 'missed', 'cancelled', 'retracted')),
    CONSTRAINT uq_deliveries_version_id UNIQUE (version_id, part),
    CONSTRAINT uq_deliveries_platform_id UNIQUE (account_id, platform_id),
    CONSTRAINT ck_deliveries_published_has_an_id CHECK (state <> 'published' OR platform_id IS NOT NULL),
    CONSTRAINT fk_deliveries_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisations (id),
    CONSTRAINT fk_deliveries_post_id FOREIGN KEY(post_id) REFERENCES posts (id),
    CONSTRAINT fk_deliveries_version_id FOREIGN KEY(version_id) REFERENCES submissions (version_id),
    CONSTRAINT fk_deliveries_account_id FOREIGN KEY(account_id) REFERENCES accounts (id),
    CONSTRAINT fk_deliveries_follows_id FOREIGN KEY(follows_id) REFERENCES deliveries (id)
);

CREATE INDEX ix_deliveries_due ON deliveries (next_attempt_at) WHERE state = 'due';

CREATE INDEX ix_deliveries_open ON deliveries (next_attempt_at) WHERE state IN ('sending', 'unconfirmed');

CREATE INDEX ix_deliveries_account ON deliveries (account_id, published_at);

CREATE INDEX ix_deliveries_organisation ON deliveries (organisation_id, publish_at);

CREATE INDEX ix_deliveries_post ON deliveries (post_id);

CREATE INDEX ix_deliveries_takedown ON deliveries (next_attempt_at) WHERE state = 'published' AND takedown_at IS NOT NULL;

CREATE TABLE sign_offs (
    version_id UUID NOT NULL,
    step VARCHAR(7) NOT NULL,
    person_id UUID NOT NULL,
    digest VARCHAR(64) NOT NULL,
    attests JSONB NOT NULL,
    signed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT pk_sign_offs PRIMARY KEY (id),
    CONSTRAINT uq_sign_offs_one_step_a_person UNIQUE (version_id, person_id),
    CONSTRAINT uq_sign_offs_one_person_a_step UNIQUE (version_id, step),
    CONSTRAINT fk_sign_offs_digest FOREIGN KEY(version_id, digest) REFERENCES submissions (version_id, digest),
    CONSTRAINT ck_sign_offs_step CHECK (step IN ('line', 'welsh', 'privacy', 'comms')),
    CONSTRAINT fk_sign_offs_person_id FOREIGN KEY(person_id) REFERENCES people (id)
);

ALTER TABLE organisations ADD CONSTRAINT fk_organisations_paused_by FOREIGN KEY (paused_by) REFERENCES people (id);

-- What is written once stays as it was, whoever asks.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is written once: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'PT001';
END $$;

CREATE TRIGGER written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON versions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON submissions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON sign_offs
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON decisions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON log_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Four eyes: nobody signs off, or decides about, a post of which they wrote any version (APR-06).

CREATE FUNCTION refuse_own_work() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM versions AS signed JOIN versions AS written ON written.post_id = signed.post_id
        WHERE signed.id = NEW.version_id AND written.author_id = NEW.person_id
    ) THEN
        RAISE EXCEPTION 'nobody approves what they wrote' USING ERRCODE = 'PT002';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER four_eyes BEFORE INSERT ON sign_offs FOR EACH ROW EXECUTE FUNCTION refuse_own_work();
CREATE TRIGGER four_eyes BEFORE INSERT ON decisions FOR EACH ROW EXECUTE FUNCTION refuse_own_work();

-- A delivery exists, and is sent, only behind two people's sign-offs on its version; its state moves as the table
-- in docs/architecture.md says.

CREATE FUNCTION guard_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
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
    IF TG_OP = 'UPDATE' AND (NEW.version_id, NEW.part, NEW.account_id) <> (OLD.version_id, OLD.part, OLD.account_id) THEN
        RAISE EXCEPTION 'a delivery stays what it was approved as' USING ERRCODE = 'PT003';
    END IF;
    IF (TG_OP = 'INSERT' OR NEW.state = 'sending' AND OLD.state <> 'sending') AND (
        SELECT count(DISTINCT person_id) FROM sign_offs
        WHERE version_id = NEW.version_id AND step IN ('welsh', 'comms')
    ) < 2 THEN
        RAISE EXCEPTION 'only what Welsh and comms have signed off is sent' USING ERRCODE = 'PT002';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guarded BEFORE INSERT OR UPDATE ON deliveries FOR EACH ROW EXECUTE FUNCTION guard_delivery();

-- An account is a rehearsal or it is real, from its creation on.

CREATE FUNCTION keep_mode() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.mode <> OLD.mode OR NEW.organisation_id <> OLD.organisation_id THEN
        RAISE EXCEPTION 'an account keeps its mode and its organisation' USING ERRCODE = 'PT003';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER kept BEFORE UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION keep_mode();

-- The application's role. It deletes only what is the application's own memory, and never rewrites the record.

GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO porth_app;
GRANT UPDATE ON organisations, teams, people, api_keys, channels, accounts, sign_ins, posts, media, renditions,
    consents, deliveries, log_heads, workers, remembered_answers TO porth_app;
GRANT DELETE ON role_grants, memberships, sign_ins, renditions, workers, remembered_answers TO porth_app;
