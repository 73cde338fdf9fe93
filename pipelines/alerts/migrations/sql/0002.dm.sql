-- Running upgrade 0001 -> 0002

ALTER TABLE detector_run ADD COLUMN reopened_n INTEGER DEFAULT '0' NOT NULL;

ALTER TABLE detector_run ADD COLUMN cleared_n INTEGER DEFAULT '0' NOT NULL;

ALTER TABLE detector_run ADD COLUMN absent_n INTEGER DEFAULT '0' NOT NULL;

ALTER TABLE detector_run ADD COLUMN withdrawn_n INTEGER DEFAULT '0' NOT NULL;

ALTER TABLE detector_run ADD COLUMN hidden_n INTEGER DEFAULT '0' NOT NULL;

CREATE INDEX ix_detector_run_authority ON detector_run (authority, finished_at);

ALTER TABLE detector_alert ADD COLUMN process_id NVARCHAR2(256);

ALTER TABLE detector_alert ADD COLUMN region_code NVARCHAR2(256);

ALTER TABLE detector_alert ADD COLUMN industry_code NVARCHAR2(256);

ALTER TABLE detector_alert ADD COLUMN trade_kind VARCHAR2(32 CHAR);

ALTER TABLE detector_alert ADD COLUMN buyer_id NVARCHAR2(256);

ALTER TABLE detector_alert ADD COLUMN opens_at DATETIME;

ALTER TABLE detector_alert ADD COLUMN disposition VARCHAR2(20 CHAR) DEFAULT 'unset' NOT NULL;

ALTER TABLE detector_alert ADD COLUMN outcome_code VARCHAR2(4 CHAR);

ALTER TABLE detector_alert ADD COLUMN proposal VARCHAR2(20 CHAR);

ALTER TABLE detector_alert ADD COLUMN proposed_detail NCLOB;

ALTER TABLE detector_alert ADD COLUMN proposed_by NVARCHAR2(128);

ALTER TABLE detector_alert ADD COLUMN proposed_at DATETIME;

ALTER TABLE detector_alert ADD COLUMN assignee NVARCHAR2(128);

ALTER TABLE detector_alert ADD COLUMN due_at DATETIME;

ALTER TABLE detector_alert ADD COLUMN due_note NVARCHAR2(1000);

ALTER TABLE detector_alert ADD COLUMN escalated_at DATETIME;

ALTER TABLE detector_alert ADD COLUMN snoozed_until DATETIME;

ALTER TABLE detector_alert ADD COLUMN hidden INTEGER DEFAULT '0' NOT NULL;

ALTER TABLE detector_alert ADD COLUMN suppression_id VARCHAR2(26 CHAR);

ALTER TABLE detector_alert ADD COLUMN announced SMALLINT DEFAULT '1' NOT NULL;

ALTER TABLE detector_alert ADD COLUMN absent_n INTEGER DEFAULT '0' NOT NULL;

ALTER TABLE detector_alert ADD COLUMN withdrawn INTEGER DEFAULT '0' NOT NULL;

ALTER TABLE detector_alert ADD COLUMN notable NCLOB;

CREATE INDEX ix_detector_alert_seen ON detector_alert (last_seen_run);

ALTER TABLE detector_observation ADD COLUMN hidden INTEGER DEFAULT '0' NOT NULL;

ALTER TABLE detector_observation ADD COLUMN narrative_en NCLOB;

ALTER TABLE detector_observation ADD COLUMN narrative_zh NCLOB;

ALTER TABLE detector_reason ADD COLUMN reason_kind VARCHAR2(16 CHAR) DEFAULT 'feature' NOT NULL;

ALTER TABLE detector_reason ADD COLUMN citation_en NVARCHAR2(1000);

ALTER TABLE detector_reason ADD COLUMN citation_zh NVARCHAR2(1000);

ALTER TABLE detector_reason ADD COLUMN compared_en NVARCHAR2(1000);

ALTER TABLE detector_reason ADD COLUMN compared_zh NVARCHAR2(1000);

ALTER TABLE detector_reason ADD COLUMN sources NCLOB;

ALTER TABLE detector_reason ADD COLUMN next_check_en NVARCHAR2(1000);

ALTER TABLE detector_reason ADD COLUMN next_check_zh NVARCHAR2(1000);

ALTER TABLE detector_reason ADD COLUMN provisional INTEGER DEFAULT '0' NOT NULL;

CREATE TABLE detector_rule_card (
    code VARCHAR2(32 CHAR) NOT NULL,
    card_version VARCHAR2(32 CHAR) NOT NULL,
    name VARCHAR2(64 CHAR) NOT NULL,
    family VARCHAR2(24 CHAR) NOT NULL,
    card_status VARCHAR2(16 CHAR) NOT NULL,
    title_en NVARCHAR2(1000) NOT NULL,
    title_zh NVARCHAR2(1000) NOT NULL,
    rule_text_en NCLOB,
    rule_text_zh NCLOB,
    source NCLOB,
    ocp_code VARCHAR2(16 CHAR),
    innocent_en NVARCHAR2(1000),
    innocent_zh NVARCHAR2(1000),
    PRIMARY KEY (code, card_version)
);

CREATE TABLE detector_event (
    seq BIGINT NOT NULL,
    event_id VARCHAR2(26 CHAR) NOT NULL,
    authority NVARCHAR2(256) NOT NULL,
    alert_id VARCHAR2(26 CHAR),
    run_id VARCHAR2(26 CHAR),
    occurred_at DATETIME NOT NULL,
    actor NVARCHAR2(128) NOT NULL,
    actor_kind VARCHAR2(8 CHAR) NOT NULL,
    actor_role VARCHAR2(24 CHAR),
    client NVARCHAR2(128),
    kind VARCHAR2(24 CHAR) NOT NULL,
    old_value NVARCHAR2(1000),
    new_value NVARCHAR2(1000),
    note NCLOB,
    is_news INTEGER DEFAULT '0' NOT NULL,
    prev_hash VARCHAR2(64 CHAR) NOT NULL,
    row_hash VARCHAR2(64 CHAR) NOT NULL,
    PRIMARY KEY (seq),
    CONSTRAINT uq_detector_event_id UNIQUE (event_id)
);

CREATE INDEX ix_detector_event_alert ON detector_event (alert_id, seq);

CREATE INDEX ix_detector_event_run ON detector_event (run_id);

CREATE TABLE detector_chain (
    chain VARCHAR2(16 CHAR) NOT NULL,
    seq BIGINT NOT NULL,
    row_hash VARCHAR2(64 CHAR) NOT NULL,
    PRIMARY KEY (chain)
);

CREATE TABLE detector_suppression (
    suppression_id VARCHAR2(26 CHAR) NOT NULL,
    authority NVARCHAR2(256),
    scope_type VARCHAR2(16 CHAR) NOT NULL,
    scope_value NVARCHAR2(256) NOT NULL,
    code VARCHAR2(32 CHAR),
    top_level SMALLINT DEFAULT '2' NOT NULL,
    reason NVARCHAR2(1000) NOT NULL,
    created_by NVARCHAR2(128) NOT NULL,
    approved_by NVARCHAR2(128),
    approved_at DATETIME,
    created_at DATETIME NOT NULL,
    starts_at DATETIME NOT NULL,
    expires_at DATETIME NOT NULL,
    ended_at DATETIME,
    ended_by NVARCHAR2(128),
    row_version INTEGER DEFAULT '1' NOT NULL,
    sample_share NUMERIC(9, 6) NOT NULL,
    PRIMARY KEY (suppression_id)
);

CREATE INDEX ix_detector_suppression_end ON detector_suppression (authority, expires_at);

CREATE TABLE detector_outbox (
    event_id VARCHAR2(26 CHAR) NOT NULL,
    seq BIGINT NOT NULL,
    alert_id VARCHAR2(26 CHAR),
    topic VARCHAR2(32 CHAR) NOT NULL,
    dedup_key VARCHAR2(64 CHAR) NOT NULL,
    payload NCLOB,
    created_at DATETIME NOT NULL,
    PRIMARY KEY (event_id),
    CONSTRAINT uq_detector_outbox_seq UNIQUE (seq)
);

CREATE TABLE detector_delivery (
    event_id VARCHAR2(26 CHAR) NOT NULL,
    receiver VARCHAR2(64 CHAR) NOT NULL,
    attempts INTEGER DEFAULT '0' NOT NULL,
    next_try_at DATETIME,
    delivered_at DATETIME,
    last_error NVARCHAR2(1000),
    PRIMARY KEY (event_id, receiver)
);

CREATE INDEX ix_detector_delivery_due ON detector_delivery (receiver, next_try_at);

CREATE TABLE detector_stage (
    fingerprint VARCHAR2(64 CHAR) NOT NULL,
    alert_id VARCHAR2(26 CHAR),
    authority NVARCHAR2(256),
    subject_type VARCHAR2(16 CHAR),
    subject_id NVARCHAR2(256),
    subject_name NVARCHAR2(600),
    process_id NVARCHAR2(256),
    region_code NVARCHAR2(256),
    industry_code NVARCHAR2(256),
    trade_kind VARCHAR2(32 CHAR),
    buyer_id NVARCHAR2(256),
    detector_family VARCHAR2(24 CHAR),
    period VARCHAR2(16 CHAR),
    alert_level SMALLINT,
    score NUMERIC(9, 4),
    score_pct NUMERIC(9, 6),
    rank_in_run INTEGER,
    amount NUMERIC(20, 4),
    currency NVARCHAR2(256),
    trade_at DATETIME,
    opens_at DATETIME,
    state VARCHAR2(16 CHAR),
    disposition VARCHAR2(20 CHAR),
    outcome_code VARCHAR2(4 CHAR),
    proposal VARCHAR2(20 CHAR),
    proposed_detail NCLOB,
    proposed_by NVARCHAR2(128),
    proposed_at DATETIME,
    assignee NVARCHAR2(128),
    due_at DATETIME,
    due_note NVARCHAR2(1000),
    escalated_at DATETIME,
    snoozed_until DATETIME,
    hidden INTEGER,
    suppression_id VARCHAR2(26 CHAR),
    announced SMALLINT,
    episode INTEGER,
    first_seen_run VARCHAR2(26 CHAR),
    first_seen_at DATETIME,
    last_seen_run VARCHAR2(26 CHAR),
    last_seen_at DATETIME,
    seen_n INTEGER,
    absent_n INTEGER,
    withdrawn INTEGER,
    evidence_sha VARCHAR2(64 CHAR),
    notable NCLOB,
    row_version INTEGER,
    PRIMARY KEY (fingerprint)
);

UPDATE detector_alert SET state = 'new' WHERE state = 'open';

CREATE VIEW detector_label_v AS SELECT detector_alert.alert_id, detector_alert.authority, detector_alert.subject_type, detector_alert.subject_id, detector_alert.detector_family, detector_alert.episode, detector_alert.alert_level, detector_alert.score, detector_alert.disposition, detector_alert.outcome_code, CASE WHEN (detector_alert.outcome_code = '00') THEN 0 WHEN (detector_alert.outcome_code = '02') THEN 0 WHEN (detector_alert.outcome_code = '03') THEN 1 WHEN (detector_alert.outcome_code = '04') THEN 1 WHEN (detector_alert.outcome_code = '05') THEN 1 WHEN (detector_alert.outcome_code = '06') THEN 1 WHEN (detector_alert.outcome_code = '07') THEN 1 WHEN (detector_alert.outcome_code = '08') THEN 1 ELSE NULL END AS label, detector_event.actor AS decided_by, detector_event.occurred_at AS decided_at, detector_alert.last_seen_run AS run_id, detector_run.model_sha
FROM detector_alert JOIN detector_run ON detector_run.run_id = detector_alert.last_seen_run LEFT OUTER JOIN detector_event ON detector_event.seq = (SELECT max(later.seq) AS max_1
FROM detector_event later
WHERE later.alert_id = detector_alert.alert_id AND later.kind = 'state_set')
WHERE detector_alert.disposition != 'unset' AND (detector_alert.opens_at IS NULL OR detector_alert.opens_at <= GETUTCDATE());

CREATE VIEW detector_supervision_v AS SELECT detector_alert.alert_id AS "ALERT_NO", detector_alert.process_id AS "UNIFIED_DEAL_CODE", detector_alert.subject_id AS "BID_SECTION_CODE", detector_alert.subject_name AS "BID_SECTION_NAME", detector_alert.region_code AS "REGION_CODE", detector_alert.industry_code AS "INDUSTRY_CODE", detector_alert.trade_kind AS "TENDER_PROJECT_TYPE", detector_alert.buyer_id AS "TENDERER_CODE", CASE WHEN (detector_alert.alert_level = 0) THEN '1' WHEN (detector_alert.alert_level = 1) THEN '2' WHEN (detector_alert.alert_level = 2) THEN '2' WHEN (detector_alert.alert_level = 3) THEN '3' WHEN (detector_alert.alert_level = 4) THEN '3' ELSE NULL END AS "RESULT_STATUS", CASE WHEN (detector_alert.state = 'new') THEN '1' WHEN (detector_alert.state = 'triage') THEN '1' WHEN (detector_alert.state = 'returned') THEN '1' WHEN (detector_alert.state = 'reopened') THEN '1' WHEN (detector_alert.state = 'dispatched') THEN '2' WHEN (detector_alert.state = 'acked') THEN '2' WHEN (detector_alert.state = 'investigating') THEN '2' WHEN (detector_alert.state = 'extended') THEN '2' WHEN (detector_alert.state = 'suspended') THEN '2' WHEN (detector_alert.state = 'transferred') THEN '2' WHEN (detector_alert.state = 'disposed') THEN '3' WHEN (detector_alert.state = 'fed_back') THEN '3' WHEN (detector_alert.state = 'reviewed') THEN '4' WHEN (detector_alert.state = 'closed') THEN '5' WHEN (detector_alert.state = 'dismissed') THEN '5' WHEN (detector_alert.state = 'merged') THEN '5' ELSE NULL END AS "OPERATE_STATUS", detector_alert.first_seen_at AS "ALERT_DATE", detector_observation.narrative_zh AS "ALERT_INFO", CASE WHEN (detector_alert.state IN ('closed', 'dismissed', 'merged')) THEN '1' ELSE '0' END AS "IS_HANDLED", detector_alert.outcome_code AS "HANDLE_RESULT", detector_alert.due_at AS "DEAL_LIMIT_TIME", detector_alert.last_seen_at AS "LAST_RECORD_TIME", detector_alert.last_seen_run AS "RUN_ID"
FROM detector_alert LEFT OUTER JOIN detector_observation ON detector_observation.run_id = detector_alert.last_seen_run AND detector_observation.fingerprint = detector_alert.fingerprint
WHERE (detector_alert.opens_at IS NULL OR detector_alert.opens_at <= GETUTCDATE()) AND detector_alert.hidden != 1;

UPDATE detector_revision SET version_num='0002' WHERE detector_revision.version_num = '0001';
