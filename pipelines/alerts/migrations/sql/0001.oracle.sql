CREATE TABLE detector_revision (
    version_num VARCHAR2(32 CHAR) NOT NULL,
    CONSTRAINT detector_revision_pkc PRIMARY KEY (version_num)
)

/

-- Running upgrade  -> 0001

CREATE TABLE detector_run (
    run_id VARCHAR2(26 CHAR) NOT NULL,
    started_at DATE NOT NULL,
    finished_at DATE NOT NULL,
    as_of DATE NOT NULL,
    authority VARCHAR2(256 CHAR) NOT NULL,
    config_sha VARCHAR2(64 CHAR) NOT NULL,
    config CLOB NOT NULL,
    code_version VARCHAR2(32 CHAR) NOT NULL,
    model_sha VARCHAR2(64 CHAR) NOT NULL,
    records_sha VARCHAR2(64 CHAR) NOT NULL,
    trades_n INTEGER NOT NULL,
    bids_n INTEGER NOT NULL,
    problems_n INTEGER NOT NULL,
    eligible_n INTEGER NOT NULL,
    flags_n INTEGER NOT NULL,
    new_n INTEGER NOT NULL,
    changed_n INTEGER NOT NULL,
    seen_n INTEGER NOT NULL,
    manifest CLOB NOT NULL,
    PRIMARY KEY (run_id)
)

/

CREATE TABLE detector_alert (
    alert_id VARCHAR2(26 CHAR) NOT NULL,
    fingerprint VARCHAR2(64 CHAR) NOT NULL,
    authority VARCHAR2(256 CHAR) NOT NULL,
    subject_type VARCHAR2(16 CHAR) NOT NULL,
    subject_id VARCHAR2(256 CHAR) NOT NULL,
    subject_name VARCHAR2(600 CHAR),
    detector_family VARCHAR2(24 CHAR) NOT NULL,
    period VARCHAR2(16 CHAR) NOT NULL,
    alert_level SMALLINT NOT NULL,
    score NUMERIC(9, 4) NOT NULL,
    score_pct NUMERIC(9, 6) NOT NULL,
    rank_in_run INTEGER NOT NULL,
    amount NUMERIC(20, 4),
    currency VARCHAR2(256 CHAR),
    trade_at DATE,
    state VARCHAR2(16 CHAR) NOT NULL,
    episode INTEGER NOT NULL,
    first_seen_run VARCHAR2(26 CHAR) NOT NULL,
    first_seen_at DATE NOT NULL,
    last_seen_run VARCHAR2(26 CHAR) NOT NULL,
    last_seen_at DATE NOT NULL,
    seen_n INTEGER NOT NULL,
    evidence_sha VARCHAR2(64 CHAR) NOT NULL,
    row_version INTEGER NOT NULL,
    PRIMARY KEY (alert_id),
    CONSTRAINT uq_detector_alert_fp UNIQUE (fingerprint)
)

/

CREATE INDEX ix_detector_alert_queue ON detector_alert (state, alert_level, last_seen_at)

/

CREATE INDEX ix_detector_alert_subject ON detector_alert (subject_id)

/

CREATE TABLE detector_observation (
    run_id VARCHAR2(26 CHAR) NOT NULL,
    fingerprint VARCHAR2(64 CHAR) NOT NULL,
    score NUMERIC(9, 4) NOT NULL,
    alert_level SMALLINT NOT NULL,
    rank_in_run INTEGER NOT NULL,
    evidence CLOB NOT NULL,
    PRIMARY KEY (run_id, fingerprint)
)

/

CREATE TABLE detector_reason (
    run_id VARCHAR2(26 CHAR) NOT NULL,
    fingerprint VARCHAR2(64 CHAR) NOT NULL,
    seq INTEGER NOT NULL,
    code VARCHAR2(32 CHAR) NOT NULL,
    name VARCHAR2(64 CHAR) NOT NULL,
    evidence_family VARCHAR2(24 CHAR),
    title_en VARCHAR2(1000 CHAR),
    title_zh VARCHAR2(1000 CHAR),
    value_num DOUBLE PRECISION,
    unit VARCHAR2(64 CHAR),
    suspicion DOUBLE PRECISION,
    peer_group VARCHAR2(1000 CHAR),
    peer_n INTEGER NOT NULL,
    peer_median DOUBLE PRECISION,
    percentile DOUBLE PRECISION,
    points NUMERIC(9, 4) NOT NULL,
    innocent_en VARCHAR2(1000 CHAR),
    innocent_zh VARCHAR2(1000 CHAR),
    PRIMARY KEY (run_id, fingerprint, seq)
)

/

INSERT INTO detector_revision (version_num) VALUES ('0001') RETURNING detector_revision.version_num INTO :ret_0

/
