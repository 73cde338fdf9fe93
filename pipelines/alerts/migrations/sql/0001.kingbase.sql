BEGIN;

CREATE TABLE detector_revision (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT detector_revision_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> 0001

CREATE TABLE detector_run (
    run_id VARCHAR(26) NOT NULL,
    started_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    as_of TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    authority VARCHAR(256) NOT NULL,
    config_sha VARCHAR(64) NOT NULL,
    config TEXT NOT NULL,
    code_version VARCHAR(32) NOT NULL,
    model_sha VARCHAR(64) NOT NULL,
    records_sha VARCHAR(64) NOT NULL,
    trades_n INTEGER NOT NULL,
    bids_n INTEGER NOT NULL,
    problems_n INTEGER NOT NULL,
    eligible_n INTEGER NOT NULL,
    flags_n INTEGER NOT NULL,
    new_n INTEGER NOT NULL,
    changed_n INTEGER NOT NULL,
    seen_n INTEGER NOT NULL,
    manifest TEXT NOT NULL,
    PRIMARY KEY (run_id)
);

CREATE TABLE detector_alert (
    alert_id VARCHAR(26) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    authority VARCHAR(256) NOT NULL,
    subject_type VARCHAR(16) NOT NULL,
    subject_id VARCHAR(256) NOT NULL,
    subject_name VARCHAR(600),
    detector_family VARCHAR(24) NOT NULL,
    period VARCHAR(16) NOT NULL,
    alert_level SMALLINT NOT NULL,
    score NUMERIC(9, 4) NOT NULL,
    score_pct NUMERIC(9, 6) NOT NULL,
    rank_in_run INTEGER NOT NULL,
    amount NUMERIC(20, 4),
    currency VARCHAR(256),
    trade_at TIMESTAMP WITHOUT TIME ZONE,
    state VARCHAR(16) NOT NULL,
    episode INTEGER NOT NULL,
    first_seen_run VARCHAR(26) NOT NULL,
    first_seen_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    last_seen_run VARCHAR(26) NOT NULL,
    last_seen_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    seen_n INTEGER NOT NULL,
    evidence_sha VARCHAR(64) NOT NULL,
    row_version INTEGER NOT NULL,
    PRIMARY KEY (alert_id),
    CONSTRAINT uq_detector_alert_fp UNIQUE (fingerprint)
);

CREATE INDEX ix_detector_alert_queue ON detector_alert (state, alert_level, last_seen_at);

CREATE INDEX ix_detector_alert_subject ON detector_alert (subject_id);

CREATE TABLE detector_observation (
    run_id VARCHAR(26) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    score NUMERIC(9, 4) NOT NULL,
    alert_level SMALLINT NOT NULL,
    rank_in_run INTEGER NOT NULL,
    evidence TEXT NOT NULL,
    PRIMARY KEY (run_id, fingerprint)
);

CREATE TABLE detector_reason (
    run_id VARCHAR(26) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    seq INTEGER NOT NULL,
    code VARCHAR(32) NOT NULL,
    name VARCHAR(64) NOT NULL,
    evidence_family VARCHAR(24),
    title_en VARCHAR(1000),
    title_zh VARCHAR(1000),
    value_num DOUBLE PRECISION,
    unit VARCHAR(64),
    suspicion DOUBLE PRECISION,
    peer_group VARCHAR(1000),
    peer_n INTEGER NOT NULL,
    peer_median DOUBLE PRECISION,
    percentile DOUBLE PRECISION,
    points NUMERIC(9, 4) NOT NULL,
    innocent_en VARCHAR(1000),
    innocent_zh VARCHAR(1000),
    PRIMARY KEY (run_id, fingerprint, seq)
);

INSERT INTO detector_revision (version_num) VALUES ('0001') RETURNING detector_revision.version_num;

COMMIT;
