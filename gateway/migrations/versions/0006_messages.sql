-- What people are told by e-mail. Messages follow from the quality log; a cursor remembers how far it was read.

CREATE TABLE message_cursors (
    organisation_id UUID NOT NULL,
    number INTEGER NOT NULL,
    CONSTRAINT pk_message_cursors PRIMARY KEY (organisation_id),
    CONSTRAINT fk_message_cursors_organisation_id FOREIGN KEY (organisation_id) REFERENCES organisations (id)
);

-- what happened before there were messages is not told now
INSERT INTO message_cursors (organisation_id, number) SELECT organisation_id, number FROM log_heads;

CREATE TABLE message_choices (
    person_id UUID NOT NULL,
    groups JSONB NOT NULL,
    hour INTEGER NOT NULL,
    days VARCHAR(7) NOT NULL,
    CONSTRAINT pk_message_choices PRIMARY KEY (person_id),
    CONSTRAINT fk_message_choices_person_id FOREIGN KEY (person_id) REFERENCES people (id),
    CONSTRAINT ck_message_choices_hour CHECK (hour BETWEEN 0 AND 23),
    CONSTRAINT ck_message_choices_days CHECK (days IN ('working', 'all'))
);

CREATE TABLE mails (
    organisation_id UUID NOT NULL,
    person_id UUID NOT NULL,
    kind VARCHAR(20) NOT NULL,
    sealed BYTEA,
    expires_at TIMESTAMP WITH TIME ZONE,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    next_attempt_at TIMESTAMP WITH TIME ZONE NOT NULL,
    tries INTEGER NOT NULL,
    state VARCHAR(15) NOT NULL,
    code VARCHAR,
    settled_at TIMESTAMP WITH TIME ZONE,
    id UUID NOT NULL,
    CONSTRAINT pk_mails PRIMARY KEY (id),
    CONSTRAINT fk_mails_organisation_id FOREIGN KEY (organisation_id) REFERENCES organisations (id),
    CONSTRAINT fk_mails_person_id FOREIGN KEY (person_id) REFERENCES people (id),
    CONSTRAINT ck_mails_kind CHECK (kind IN ('at-once', 'digest', 'invitation', 'password-code', 'password-changed')),
    CONSTRAINT ck_mails_state CHECK (state IN ('open', 'sent', 'failed', 'dropped')),
    CONSTRAINT ck_mails_no_secret_is_kept CHECK (state = 'open' OR sealed IS NULL)
);

CREATE INDEX ix_mails_open ON mails (next_attempt_at) WHERE state = 'open';
CREATE INDEX ix_mails_organisation ON mails (organisation_id, id);

CREATE TABLE messages (
    organisation_id UUID NOT NULL,
    person_id UUID NOT NULL,
    kind VARCHAR(31) NOT NULL,
    subject UUID NOT NULL,
    occasion VARCHAR NOT NULL,
    facts JSONB NOT NULL,
    happened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    how VARCHAR(7) NOT NULL,
    send_after TIMESTAMP WITH TIME ZONE NOT NULL,
    state VARCHAR(15) NOT NULL,
    mail_id UUID,
    id UUID NOT NULL,
    CONSTRAINT pk_messages PRIMARY KEY (id),
    CONSTRAINT uq_messages_told_once UNIQUE (person_id, kind, subject, occasion),
    CONSTRAINT fk_messages_organisation_id FOREIGN KEY (organisation_id) REFERENCES organisations (id),
    CONSTRAINT fk_messages_person_id FOREIGN KEY (person_id) REFERENCES people (id),
    CONSTRAINT fk_messages_mail_id FOREIGN KEY (mail_id) REFERENCES mails (id),
    CONSTRAINT ck_messages_how CHECK (how IN ('at-once', 'digest')),
    CONSTRAINT ck_messages_state CHECK (state IN ('waiting', 'gathered', 'dropped'))
);

CREATE INDEX ix_messages_waiting ON messages (send_after) WHERE state = 'waiting';
CREATE INDEX ix_messages_mail ON messages (mail_id);

CREATE TABLE password_codes (
    person_id UUID NOT NULL,
    code_hash VARCHAR NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    tries INTEGER NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    id UUID NOT NULL,
    CONSTRAINT pk_password_codes PRIMARY KEY (id),
    CONSTRAINT fk_password_codes_person_id FOREIGN KEY (person_id) REFERENCES people (id)
);

CREATE INDEX ix_password_codes_person ON password_codes (person_id, id);

GRANT SELECT, INSERT, UPDATE ON message_cursors, message_choices TO porth_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON mails, messages, password_codes TO porth_app;
