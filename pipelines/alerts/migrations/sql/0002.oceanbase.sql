-- Running upgrade 0001 -> 0002

ALTER TABLE detector_run ADD COLUMN reopened_n INTEGER NOT NULL DEFAULT '0';

ALTER TABLE detector_run ADD COLUMN cleared_n INTEGER NOT NULL DEFAULT '0';

ALTER TABLE detector_run ADD COLUMN absent_n INTEGER NOT NULL DEFAULT '0';

ALTER TABLE detector_run ADD COLUMN withdrawn_n INTEGER NOT NULL DEFAULT '0';

ALTER TABLE detector_run ADD COLUMN hidden_n INTEGER NOT NULL DEFAULT '0';

CREATE INDEX ix_detector_run_authority ON detector_run (authority, finished_at);

ALTER TABLE detector_alert ADD COLUMN process_id VARCHAR(256);

ALTER TABLE detector_alert ADD COLUMN region_code VARCHAR(256);

ALTER TABLE detector_alert ADD COLUMN industry_code VARCHAR(256);

ALTER TABLE detector_alert ADD COLUMN trade_kind VARCHAR(32);

ALTER TABLE detector_alert ADD COLUMN buyer_id VARCHAR(256);

ALTER TABLE detector_alert ADD COLUMN opens_at DATETIME;

ALTER TABLE detector_alert ADD COLUMN disposition VARCHAR(20) NOT NULL DEFAULT 'unset';

ALTER TABLE detector_alert ADD COLUMN outcome_code VARCHAR(4);

ALTER TABLE detector_alert ADD COLUMN proposal VARCHAR(20);

ALTER TABLE detector_alert ADD COLUMN proposed_detail TEXT;

ALTER TABLE detector_alert ADD COLUMN proposed_by VARCHAR(128);

ALTER TABLE detector_alert ADD COLUMN proposed_at DATETIME;

ALTER TABLE detector_alert ADD COLUMN assignee VARCHAR(128);

ALTER TABLE detector_alert ADD COLUMN due_at DATETIME;

ALTER TABLE detector_alert ADD COLUMN due_note VARCHAR(1000);

ALTER TABLE detector_alert ADD COLUMN escalated_at DATETIME;

ALTER TABLE detector_alert ADD COLUMN snoozed_until DATETIME;

ALTER TABLE detector_alert ADD COLUMN hidden INTEGER NOT NULL DEFAULT '0';

ALTER TABLE detector_alert ADD COLUMN suppression_id VARCHAR(26);

ALTER TABLE detector_alert ADD COLUMN announced SMALLINT NOT NULL DEFAULT '1';

ALTER TABLE detector_alert ADD COLUMN absent_n INTEGER NOT NULL DEFAULT '0';

ALTER TABLE detector_alert ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT '0';

ALTER TABLE detector_alert ADD COLUMN notable TEXT;

CREATE INDEX ix_detector_alert_seen ON detector_alert (last_seen_run);

ALTER TABLE detector_observation ADD COLUMN hidden INTEGER NOT NULL DEFAULT '0';

ALTER TABLE detector_observation ADD COLUMN narrative_en TEXT;

ALTER TABLE detector_observation ADD COLUMN narrative_zh TEXT;

ALTER TABLE detector_reason ADD COLUMN reason_kind VARCHAR(16) NOT NULL DEFAULT 'feature';

ALTER TABLE detector_reason ADD COLUMN citation_en VARCHAR(1000);

ALTER TABLE detector_reason ADD COLUMN citation_zh VARCHAR(1000);

ALTER TABLE detector_reason ADD COLUMN compared_en VARCHAR(1000);

ALTER TABLE detector_reason ADD COLUMN compared_zh VARCHAR(1000);

ALTER TABLE detector_reason ADD COLUMN sources TEXT;

ALTER TABLE detector_reason ADD COLUMN next_check_en VARCHAR(1000);

ALTER TABLE detector_reason ADD COLUMN next_check_zh VARCHAR(1000);

ALTER TABLE detector_reason ADD COLUMN provisional INTEGER NOT NULL DEFAULT '0';

CREATE TABLE detector_rule_card (
    code VARCHAR(32) NOT NULL,
    card_version VARCHAR(32) NOT NULL,
    name VARCHAR(64) NOT NULL,
    family VARCHAR(24) NOT NULL,
    card_status VARCHAR(16) NOT NULL,
    title_en VARCHAR(1000) NOT NULL,
    title_zh VARCHAR(1000) NOT NULL,
    rule_text_en TEXT,
    rule_text_zh TEXT,
    source TEXT,
    ocp_code VARCHAR(16),
    innocent_en VARCHAR(1000),
    innocent_zh VARCHAR(1000),
    PRIMARY KEY (code, card_version)
);

CREATE TABLE detector_event (
    seq BIGINT NOT NULL,
    event_id VARCHAR(26) NOT NULL,
    authority VARCHAR(256) NOT NULL,
    alert_id VARCHAR(26),
    run_id VARCHAR(26),
    occurred_at DATETIME NOT NULL,
    actor VARCHAR(128) NOT NULL,
    actor_kind VARCHAR(8) NOT NULL,
    actor_role VARCHAR(24),
    client VARCHAR(128),
    kind VARCHAR(24) NOT NULL,
    old_value VARCHAR(1000),
    new_value VARCHAR(1000),
    note TEXT,
    is_news INTEGER NOT NULL DEFAULT '0',
    prev_hash VARCHAR(64) NOT NULL,
    row_hash VARCHAR(64) NOT NULL,
    PRIMARY KEY (seq),
    CONSTRAINT uq_detector_event_id UNIQUE (event_id)
);

CREATE INDEX ix_detector_event_alert ON detector_event (alert_id, seq);

CREATE INDEX ix_detector_event_run ON detector_event (run_id);

CREATE TABLE detector_chain (
    chain VARCHAR(16) NOT NULL,
    seq BIGINT NOT NULL,
    row_hash VARCHAR(64) NOT NULL,
    PRIMARY KEY (chain)
);

CREATE TABLE detector_suppression (
    suppression_id VARCHAR(26) NOT NULL,
    authority VARCHAR(256),
    scope_type VARCHAR(16) NOT NULL,
    scope_value VARCHAR(256) NOT NULL,
    code VARCHAR(32),
    top_level SMALLINT NOT NULL DEFAULT '2',
    reason VARCHAR(1000) NOT NULL,
    created_by VARCHAR(128) NOT NULL,
    approved_by VARCHAR(128),
    approved_at DATETIME,
    created_at DATETIME NOT NULL,
    starts_at DATETIME NOT NULL,
    expires_at DATETIME NOT NULL,
    ended_at DATETIME,
    ended_by VARCHAR(128),
    row_version INTEGER NOT NULL DEFAULT '1',
    sample_share NUMERIC(9, 6) NOT NULL,
    PRIMARY KEY (suppression_id)
);

CREATE INDEX ix_detector_suppression_end ON detector_suppression (authority, expires_at);

CREATE TABLE detector_outbox (
    event_id VARCHAR(26) NOT NULL,
    seq BIGINT NOT NULL,
    alert_id VARCHAR(26),
    topic VARCHAR(32) NOT NULL,
    dedup_key VARCHAR(64) NOT NULL,
    payload TEXT,
    created_at DATETIME NOT NULL,
    PRIMARY KEY (event_id),
    CONSTRAINT uq_detector_outbox_seq UNIQUE (seq)
);

CREATE TABLE detector_delivery (
    event_id VARCHAR(26) NOT NULL,
    receiver VARCHAR(64) NOT NULL,
    attempts INTEGER NOT NULL DEFAULT '0',
    next_try_at DATETIME,
    delivered_at DATETIME,
    last_error VARCHAR(1000),
    PRIMARY KEY (event_id, receiver)
);

CREATE INDEX ix_detector_delivery_due ON detector_delivery (receiver, next_try_at);

CREATE TABLE detector_stage (
    fingerprint VARCHAR(64) NOT NULL,
    alert_id VARCHAR(26),
    authority VARCHAR(256),
    subject_type VARCHAR(16),
    subject_id VARCHAR(256),
    subject_name VARCHAR(600),
    process_id VARCHAR(256),
    region_code VARCHAR(256),
    industry_code VARCHAR(256),
    trade_kind VARCHAR(32),
    buyer_id VARCHAR(256),
    detector_family VARCHAR(24),
    period VARCHAR(16),
    alert_level SMALLINT,
    score NUMERIC(9, 4),
    score_pct NUMERIC(9, 6),
    rank_in_run INTEGER,
    amount NUMERIC(20, 4),
    currency VARCHAR(256),
    trade_at DATETIME,
    opens_at DATETIME,
    state VARCHAR(16),
    disposition VARCHAR(20),
    outcome_code VARCHAR(4),
    proposal VARCHAR(20),
    proposed_detail TEXT,
    proposed_by VARCHAR(128),
    proposed_at DATETIME,
    assignee VARCHAR(128),
    due_at DATETIME,
    due_note VARCHAR(1000),
    escalated_at DATETIME,
    snoozed_until DATETIME,
    hidden INTEGER,
    suppression_id VARCHAR(26),
    announced SMALLINT,
    episode INTEGER,
    first_seen_run VARCHAR(26),
    first_seen_at DATETIME,
    last_seen_run VARCHAR(26),
    last_seen_at DATETIME,
    seen_n INTEGER,
    absent_n INTEGER,
    withdrawn INTEGER,
    evidence_sha VARCHAR(64),
    notable TEXT,
    row_version INTEGER,
    PRIMARY KEY (fingerprint)
);

UPDATE detector_alert SET state = 'new' WHERE state = 'open';

CREATE VIEW detector_label_v AS SELECT detector_alert.alert_id, detector_alert.authority, detector_alert.subject_type, detector_alert.subject_id, detector_alert.detector_family, detector_alert.episode, detector_alert.alert_level, detector_alert.score, detector_alert.disposition, detector_alert.outcome_code, CASE WHEN (detector_alert.outcome_code = '00') THEN 0 WHEN (detector_alert.outcome_code = '02') THEN 0 WHEN (detector_alert.outcome_code = '03') THEN 1 WHEN (detector_alert.outcome_code = '04') THEN 1 WHEN (detector_alert.outcome_code = '05') THEN 1 WHEN (detector_alert.outcome_code = '06') THEN 1 WHEN (detector_alert.outcome_code = '07') THEN 1 WHEN (detector_alert.outcome_code = '08') THEN 1 ELSE NULL END AS label, detector_event.actor AS decided_by, detector_event.occurred_at AS decided_at, detector_alert.last_seen_run AS run_id, detector_run.model_sha
FROM detector_alert INNER JOIN detector_run ON detector_run.run_id = detector_alert.last_seen_run LEFT OUTER JOIN detector_event ON detector_event.seq = (SELECT max(later.seq) AS max_1
FROM detector_event AS later
WHERE later.alert_id = detector_alert.alert_id AND later.kind = 'state_set')
WHERE detector_alert.disposition != 'unset' AND (detector_alert.opens_at IS NULL OR detector_alert.opens_at <= CURRENT_TIMESTAMP);

CREATE VIEW detector_supervision_v AS SELECT detector_alert.alert_id AS `ALERT_NO`, detector_alert.process_id AS `UNIFIED_DEAL_CODE`, detector_alert.subject_id AS `BID_SECTION_CODE`, detector_alert.subject_name AS `BID_SECTION_NAME`, detector_alert.region_code AS `REGION_CODE`, detector_alert.industry_code AS `INDUSTRY_CODE`, detector_alert.trade_kind AS `TENDER_PROJECT_TYPE`, detector_alert.buyer_id AS `TENDERER_CODE`, CASE WHEN (detector_alert.alert_level = 0) THEN '1' WHEN (detector_alert.alert_level = 1) THEN '2' WHEN (detector_alert.alert_level = 2) THEN '2' WHEN (detector_alert.alert_level = 3) THEN '3' WHEN (detector_alert.alert_level = 4) THEN '3' ELSE NULL END AS `RESULT_STATUS`, CASE WHEN (detector_alert.state = 'new') THEN '1' WHEN (detector_alert.state = 'triage') THEN '1' WHEN (detector_alert.state = 'returned') THEN '1' WHEN (detector_alert.state = 'reopened') THEN '1' WHEN (detector_alert.state = 'dispatched') THEN '2' WHEN (detector_alert.state = 'acked') THEN '2' WHEN (detector_alert.state = 'investigating') THEN '2' WHEN (detector_alert.state = 'extended') THEN '2' WHEN (detector_alert.state = 'suspended') THEN '2' WHEN (detector_alert.state = 'transferred') THEN '2' WHEN (detector_alert.state = 'disposed') THEN '3' WHEN (detector_alert.state = 'fed_back') THEN '3' WHEN (detector_alert.state = 'reviewed') THEN '4' WHEN (detector_alert.state = 'closed') THEN '5' WHEN (detector_alert.state = 'dismissed') THEN '5' WHEN (detector_alert.state = 'merged') THEN '5' ELSE NULL END AS `OPERATE_STATUS`, detector_alert.first_seen_at AS `ALERT_DATE`, detector_observation.narrative_zh AS `ALERT_INFO`, CASE WHEN (detector_alert.state IN ('closed', 'dismissed', 'merged')) THEN '1' ELSE '0' END AS `IS_HANDLED`, detector_alert.outcome_code AS `HANDLE_RESULT`, detector_alert.due_at AS `DEAL_LIMIT_TIME`, detector_alert.last_seen_at AS `LAST_RECORD_TIME`, detector_alert.last_seen_run AS `RUN_ID`
FROM detector_alert LEFT OUTER JOIN detector_observation ON detector_observation.run_id = detector_alert.last_seen_run AND detector_observation.fingerprint = detector_alert.fingerprint
WHERE (detector_alert.opens_at IS NULL OR detector_alert.opens_at <= CURRENT_TIMESTAMP) AND detector_alert.hidden != 1;

UPDATE detector_revision SET version_num='0002' WHERE detector_revision.version_num = '0001';
