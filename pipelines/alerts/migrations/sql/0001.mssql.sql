BEGIN TRANSACTION;

CREATE TABLE detector_revision (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT detector_revision_pkc PRIMARY KEY (version_num)
);

GO

-- Running upgrade  -> 0001

CREATE TABLE detector_run (
    run_id VARCHAR(26) NOT NULL,
    started_at DATETIME NOT NULL,
    finished_at DATETIME NOT NULL,
    as_of DATETIME NOT NULL,
    authority NVARCHAR(256) NOT NULL,
    config_sha VARCHAR(64) NOT NULL,
    config NTEXT NOT NULL,
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
    manifest NTEXT NOT NULL,
    PRIMARY KEY (run_id)
);

GO

CREATE TABLE detector_alert (
    alert_id VARCHAR(26) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    authority NVARCHAR(256) NOT NULL,
    subject_type VARCHAR(16) NOT NULL,
    subject_id NVARCHAR(256) NOT NULL,
    subject_name NVARCHAR(600) NULL,
    detector_family VARCHAR(24) NOT NULL,
    period VARCHAR(16) NOT NULL,
    alert_level SMALLINT NOT NULL,
    score NUMERIC(9, 4) NOT NULL,
    score_pct NUMERIC(9, 6) NOT NULL,
    rank_in_run INTEGER NOT NULL,
    amount NUMERIC(20, 4) NULL,
    currency NVARCHAR(256) NULL,
    trade_at DATETIME NULL,
    state VARCHAR(16) NOT NULL,
    episode INTEGER NOT NULL,
    first_seen_run VARCHAR(26) NOT NULL,
    first_seen_at DATETIME NOT NULL,
    last_seen_run VARCHAR(26) NOT NULL,
    last_seen_at DATETIME NOT NULL,
    seen_n INTEGER NOT NULL,
    evidence_sha VARCHAR(64) NOT NULL,
    row_version INTEGER NOT NULL,
    PRIMARY KEY (alert_id),
    CONSTRAINT uq_detector_alert_fp UNIQUE (fingerprint)
);

GO

CREATE INDEX ix_detector_alert_queue ON detector_alert (state, alert_level, last_seen_at);

GO

CREATE INDEX ix_detector_alert_subject ON detector_alert (subject_id);

GO

CREATE TABLE detector_observation (
    run_id VARCHAR(26) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    score NUMERIC(9, 4) NOT NULL,
    alert_level SMALLINT NOT NULL,
    rank_in_run INTEGER NOT NULL,
    evidence NTEXT NOT NULL,
    PRIMARY KEY (run_id, fingerprint)
);

GO

CREATE TABLE detector_reason (
    run_id VARCHAR(26) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    seq INTEGER NOT NULL,
    code VARCHAR(32) NOT NULL,
    name VARCHAR(64) NOT NULL,
    evidence_family VARCHAR(24) NULL,
    title_en NVARCHAR(1000) NULL,
    title_zh NVARCHAR(1000) NULL,
    value_num DOUBLE PRECISION NULL,
    unit NVARCHAR(64) NULL,
    suspicion DOUBLE PRECISION NULL,
    peer_group NVARCHAR(1000) NULL,
    peer_n INTEGER NOT NULL,
    peer_median DOUBLE PRECISION NULL,
    percentile DOUBLE PRECISION NULL,
    points NUMERIC(9, 4) NOT NULL,
    innocent_en NVARCHAR(1000) NULL,
    innocent_zh NVARCHAR(1000) NULL,
    PRIMARY KEY (run_id, fingerprint, seq)
);

GO

INSERT INTO detector_revision (version_num) OUTPUT inserted.version_num VALUES ('0001');

GO

COMMIT;

GO
