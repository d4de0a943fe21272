-- What queues and searches need to stay quick when years of posts lie in the tables.

ALTER TABLE posts ADD COLUMN scheduled BOOLEAN NOT NULL DEFAULT false;

UPDATE posts p SET scheduled = true FROM versions v
WHERE v.post_id = p.id AND v.number = p.latest
  AND EXISTS (SELECT FROM deliveries d WHERE d.version_id = v.id AND d.state <> 'cancelled');

CREATE INDEX ix_posts_newest ON posts (organisation_id, id);
CREATE INDEX ix_posts_waiting ON posts (organisation_id, changed_at, id) WHERE state = 'in_review' AND NOT scheduled;
CREATE INDEX ix_deliveries_unpublished ON deliveries (organisation_id, state)
    WHERE state NOT IN ('published', 'cancelled');

-- Whoever schedules, cancels or releases holds the post's lock already, so this waits for nobody.

CREATE FUNCTION note_scheduled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE posts p SET scheduled = EXISTS (
        SELECT FROM deliveries d JOIN versions v ON v.id = d.version_id
        WHERE v.post_id = p.id AND v.number = p.latest AND d.state <> 'cancelled'
    ) WHERE p.id = NEW.post_id;
    RETURN NULL;
END $$;

CREATE TRIGGER noted AFTER INSERT ON deliveries FOR EACH ROW EXECUTE FUNCTION note_scheduled();
CREATE TRIGGER noted_again AFTER UPDATE OF state ON deliveries FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND 'cancelled' IN (OLD.state, NEW.state)) EXECUTE FUNCTION note_scheduled();

CREATE FUNCTION start_afresh() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.scheduled := false;
    RETURN NEW;
END $$;

CREATE TRIGGER afresh BEFORE UPDATE OF latest ON posts FOR EACH ROW
    WHEN (OLD.latest <> NEW.latest) EXECUTE FUNCTION start_afresh();

-- What the quality log is searched by: words without accents and capitals, found by their letters (pg_trgm). Of a
-- payload only what it says, not the names of its fields.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE FUNCTION plain_words(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT translate(lower($1), 'âêîôûŵŷáéíóúẃýàèìòùẁỳäëïöüẅÿÂÊÎÔÛŴŶÁÉÍÓÚẂÝÀÈÌÒÙẀỲÄËÏÖÜẄŸ’',
        'aeiouwyaeiouwyaeiouwyaeiouwyaeiouwyaeiouwyaeiouwyaeiouwy''')
$$;
CREATE FUNCTION payload_words(bytea) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT public.plain_words(regexp_replace(convert_from($1, 'UTF8'), '"[a-z0-9_-]+":', ' ', 'g'))
$$;
CREATE FUNCTION content_words(jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT public.plain_words(concat_ws(' ', $1 #>> '{text,cy}', $1 #>> '{text,en}'))
$$;

CREATE INDEX ix_log_payloads_words ON log_payloads USING gin (payload_words(payload) gin_trgm_ops);
CREATE INDEX ix_versions_words ON versions USING gin (content_words(content) gin_trgm_ops);
CREATE INDEX ix_versions_channels ON versions USING gin ((content -> 'channels') jsonb_path_ops);
CREATE INDEX ix_log_entries_kind ON log_entries (organisation_id, kind, number);
CREATE INDEX ix_log_entries_actor ON log_entries (organisation_id, actor_id, number);
