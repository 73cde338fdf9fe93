CREATE TABLE detector_revision (
    version_num VARCHAR2(32 CHAR) NOT NULL,
    CONSTRAINT detector_revision_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> 0001

CREATE TABLE detector_run (
    run_id VARCHAR2(26 CHAR) NOT NULL,
    started_at DATETIME NOT NULL,
    finished_at DATETIME NOT NULL,
    as_of DATETIME NOT NULL,
    authority NVARCHAR2(256) NOT NULL,
    config_sha VARCHAR2(64 CHAR) NOT NULL,
    config NCLOB NOT NULL,
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
    manifest NCLOB NOT NULL,
    PRIMARY KEY (run_id)
);

CREATE TABLE detector_alert (
    alert_id VARCHAR2(26 CHAR) NOT NULL,
    fingerprint VARCHAR2(64 CHAR) NOT NULL,
    authority NVARCHAR2(256) NOT NULL,
    subject_type VARCHAR2(16 CHAR) NOT NULL,
    subject_id NVARCHAR2(256) NOT NULL,
    subject_name NVARCHAR2(600),
    detector_family VARCHAR2(24 CHAR) NOT NULL,
    period VARCHAR2(16 CHAR) NOT NULL,
    alert_level SMALLINT NOT NULL,
    score NUMERIC(9, 4) NOT NULL,
    score_pct NUMERIC(9, 6) NOT NULL,
    rank_in_run INTEGER NOT NULL,
    amount NUMERIC(20, 4),
    currency NVARCHAR2(256),
    trade_at DATETIME,
    state VARCHAR2(16 CHAR) NOT NULL,
    episode INTEGER NOT NULL,
    first_seen_run VARCHAR2(26 CHAR) NOT NULL,
    first_seen_at DATETIME NOT NULL,
    last_seen_run VARCHAR2(26 CHAR) NOT NULL,
    last_seen_at DATETIME NOT NULL,
    seen_n INTEGER NOT NULL,
    evidence_sha VARCHAR2(64 CHAR) NOT NULL,
    row_version INTEGER NOT NULL,
    PRIMARY KEY (alert_id),
    CONSTRAINT uq_detector_alert_fp UNIQUE (fingerprint)
);

CREATE INDEX ix_detector_alert_queue ON detector_alert (state, alert_level, last_seen_at);

CREATE INDEX ix_detector_alert_subject ON detector_alert (subject_id);

CREATE TABLE detector_observation (
    run_id VARCHAR2(26 CHAR) NOT NULL,
    fingerprint VARCHAR2(64 CHAR) NOT NULL,
    score NUMERIC(9, 4) NOT NULL,
    alert_level SMALLINT NOT NULL,
    rank_in_run INTEGER NOT NULL,
    evidence NCLOB NOT NULL,
    PRIMARY KEY (run_id, fingerprint)
);

CREATE TABLE detector_reason (
    run_id VARCHAR2(26 CHAR) NOT NULL,
    fingerprint VARCHAR2(64 CHAR) NOT NULL,
    seq INTEGER NOT NULL,
    code VARCHAR2(32 CHAR) NOT NULL,
    name VARCHAR2(64 CHAR) NOT NULL,
    evidence_family VARCHAR2(24 CHAR),
    title_en NVARCHAR2(1000),
    title_zh NVARCHAR2(1000),
    value_num DOUBLE,
    unit NVARCHAR2(64),
    suspicion DOUBLE,
    peer_group NVARCHAR2(1000),
    peer_n INTEGER NOT NULL,
    peer_median DOUBLE,
    percentile DOUBLE,
    points NUMERIC(9, 4) NOT NULL,
    innocent_en NVARCHAR2(1000),
    innocent_zh NVARCHAR2(1000),
    PRIMARY KEY (run_id, fingerprint, seq)
);

INSERT INTO detector_revision (version_num) VALUES ('0001') RETURNING detector_revision.version_num INTO :ret_0;
