BEGIN TRANSACTION;

-- Running upgrade 0001 -> 0002

ALTER TABLE detector_run ADD reopened_n INTEGER NOT NULL DEFAULT '0';

GO

ALTER TABLE detector_run ADD cleared_n INTEGER NOT NULL DEFAULT '0';

GO

ALTER TABLE detector_run ADD absent_n INTEGER NOT NULL DEFAULT '0';

GO

ALTER TABLE detector_run ADD withdrawn_n INTEGER NOT NULL DEFAULT '0';

GO

ALTER TABLE detector_run ADD hidden_n INTEGER NOT NULL DEFAULT '0';

GO

CREATE INDEX ix_detector_run_authority ON detector_run (authority, finished_at);

GO

ALTER TABLE detector_alert ADD process_id NVARCHAR(256) NULL;

GO

ALTER TABLE detector_alert ADD region_code NVARCHAR(256) NULL;

GO

ALTER TABLE detector_alert ADD industry_code NVARCHAR(256) NULL;

GO

ALTER TABLE detector_alert ADD trade_kind VARCHAR(32) NULL;

GO

ALTER TABLE detector_alert ADD buyer_id NVARCHAR(256) NULL;

GO

ALTER TABLE detector_alert ADD opens_at DATETIME NULL;

GO

ALTER TABLE detector_alert ADD disposition VARCHAR(20) NOT NULL DEFAULT 'unset';

GO

ALTER TABLE detector_alert ADD outcome_code VARCHAR(4) NULL;

GO

ALTER TABLE detector_alert ADD proposal VARCHAR(20) NULL;

GO

ALTER TABLE detector_alert ADD proposed_detail NTEXT NULL;

GO

ALTER TABLE detector_alert ADD proposed_by NVARCHAR(128) NULL;

GO

ALTER TABLE detector_alert ADD proposed_at DATETIME NULL;

GO

ALTER TABLE detector_alert ADD assignee NVARCHAR(128) NULL;

GO

ALTER TABLE detector_alert ADD due_at DATETIME NULL;

GO

ALTER TABLE detector_alert ADD due_note NVARCHAR(1000) NULL;

GO

ALTER TABLE detector_alert ADD escalated_at DATETIME NULL;

GO

ALTER TABLE detector_alert ADD snoozed_until DATETIME NULL;

GO

ALTER TABLE detector_alert ADD hidden INTEGER NOT NULL DEFAULT '0';

GO

ALTER TABLE detector_alert ADD suppression_id VARCHAR(26) NULL;

GO

ALTER TABLE detector_alert ADD announced SMALLINT NOT NULL DEFAULT '1';

GO

ALTER TABLE detector_alert ADD absent_n INTEGER NOT NULL DEFAULT '0';

GO

ALTER TABLE detector_alert ADD withdrawn INTEGER NOT NULL DEFAULT '0';

GO

ALTER TABLE detector_alert ADD notable NTEXT NULL;

GO

CREATE INDEX ix_detector_alert_seen ON detector_alert (last_seen_run);

GO

ALTER TABLE detector_observation ADD hidden INTEGER NOT NULL DEFAULT '0';

GO

ALTER TABLE detector_observation ADD narrative_en NTEXT NULL;

GO

ALTER TABLE detector_observation ADD narrative_zh NTEXT NULL;

GO

ALTER TABLE detector_reason ADD reason_kind VARCHAR(16) NOT NULL DEFAULT 'feature';

GO

ALTER TABLE detector_reason ADD citation_en NVARCHAR(1000) NULL;

GO

ALTER TABLE detector_reason ADD citation_zh NVARCHAR(1000) NULL;

GO

ALTER TABLE detector_reason ADD compared_en NVARCHAR(1000) NULL;

GO

ALTER TABLE detector_reason ADD compared_zh NVARCHAR(1000) NULL;

GO

ALTER TABLE detector_reason ADD sources NTEXT NULL;

GO

ALTER TABLE detector_reason ADD next_check_en NVARCHAR(1000) NULL;

GO

ALTER TABLE detector_reason ADD next_check_zh NVARCHAR(1000) NULL;

GO

ALTER TABLE detector_reason ADD provisional INTEGER NOT NULL DEFAULT '0';

GO

CREATE TABLE detector_rule_card (
    code VARCHAR(32) NOT NULL,
    card_version VARCHAR(32) NOT NULL,
    name VARCHAR(64) NOT NULL,
    family VARCHAR(24) NOT NULL,
    card_status VARCHAR(16) NOT NULL,
    title_en NVARCHAR(1000) NOT NULL,
    title_zh NVARCHAR(1000) NOT NULL,
    rule_text_en NTEXT NULL,
    rule_text_zh NTEXT NULL,
    source NTEXT NULL,
    ocp_code VARCHAR(16) NULL,
    innocent_en NVARCHAR(1000) NULL,
    innocent_zh NVARCHAR(1000) NULL,
    PRIMARY KEY (code, card_version)
);

GO

CREATE TABLE detector_event (
    seq BIGINT NOT NULL,
    event_id VARCHAR(26) NOT NULL,
    authority NVARCHAR(256) NOT NULL,
    alert_id VARCHAR(26) NULL,
    run_id VARCHAR(26) NULL,
    occurred_at DATETIME NOT NULL,
    actor NVARCHAR(128) NOT NULL,
    actor_kind VARCHAR(8) NOT NULL,
    actor_role VARCHAR(24) NULL,
    client NVARCHAR(128) NULL,
    kind VARCHAR(24) NOT NULL,
    old_value NVARCHAR(1000) NULL,
    new_value NVARCHAR(1000) NULL,
    note NTEXT NULL,
    is_news INTEGER NOT NULL DEFAULT '0',
    prev_hash VARCHAR(64) NOT NULL,
    row_hash VARCHAR(64) NOT NULL,
    PRIMARY KEY (seq),
    CONSTRAINT uq_detector_event_id UNIQUE (event_id)
);

GO

CREATE INDEX ix_detector_event_alert ON detector_event (alert_id, seq);

GO

CREATE INDEX ix_detector_event_run ON detector_event (run_id);

GO

CREATE TABLE detector_chain (
    chain VARCHAR(16) NOT NULL,
    seq BIGINT NOT NULL,
    row_hash VARCHAR(64) NOT NULL,
    PRIMARY KEY (chain)
);

GO

CREATE TABLE detector_suppression (
    suppression_id VARCHAR(26) NOT NULL,
    authority NVARCHAR(256) NULL,
    scope_type VARCHAR(16) NOT NULL,
    scope_value NVARCHAR(256) NOT NULL,
    code VARCHAR(32) NULL,
    top_level SMALLINT NOT NULL DEFAULT '2',
    reason NVARCHAR(1000) NOT NULL,
    created_by NVARCHAR(128) NOT NULL,
    approved_by NVARCHAR(128) NULL,
    approved_at DATETIME NULL,
    created_at DATETIME NOT NULL,
    starts_at DATETIME NOT NULL,
    expires_at DATETIME NOT NULL,
    ended_at DATETIME NULL,
    ended_by NVARCHAR(128) NULL,
    row_version INTEGER NOT NULL DEFAULT '1',
    sample_share NUMERIC(9, 6) NOT NULL,
    PRIMARY KEY (suppression_id)
);

GO

CREATE INDEX ix_detector_suppression_end ON detector_suppression (authority, expires_at);

GO

CREATE TABLE detector_outbox (
    event_id VARCHAR(26) NOT NULL,
    seq BIGINT NOT NULL,
    alert_id VARCHAR(26) NULL,
    topic VARCHAR(32) NOT NULL,
    dedup_key VARCHAR(64) NOT NULL,
    payload NTEXT NULL,
    created_at DATETIME NOT NULL,
    PRIMARY KEY (event_id),
    CONSTRAINT uq_detector_outbox_seq UNIQUE (seq)
);

GO

CREATE TABLE detector_delivery (
    event_id VARCHAR(26) NOT NULL,
    receiver VARCHAR(64) NOT NULL,
    attempts INTEGER NOT NULL DEFAULT '0',
    next_try_at DATETIME NULL,
    delivered_at DATETIME NULL,
    last_error NVARCHAR(1000) NULL,
    PRIMARY KEY (event_id, receiver)
);

GO

CREATE INDEX ix_detector_delivery_due ON detector_delivery (receiver, next_try_at);

GO

CREATE TABLE detector_stage (
    fingerprint VARCHAR(64) NOT NULL,
    alert_id VARCHAR(26) NULL,
    authority NVARCHAR(256) NULL,
    subject_type VARCHAR(16) NULL,
    subject_id NVARCHAR(256) NULL,
    subject_name NVARCHAR(600) NULL,
    process_id NVARCHAR(256) NULL,
    region_code NVARCHAR(256) NULL,
    industry_code NVARCHAR(256) NULL,
    trade_kind VARCHAR(32) NULL,
    buyer_id NVARCHAR(256) NULL,
    detector_family VARCHAR(24) NULL,
    period VARCHAR(16) NULL,
    alert_level SMALLINT NULL,
    score NUMERIC(9, 4) NULL,
    score_pct NUMERIC(9, 6) NULL,
    rank_in_run INTEGER NULL,
    amount NUMERIC(20, 4) NULL,
    currency NVARCHAR(256) NULL,
    trade_at DATETIME NULL,
    opens_at DATETIME NULL,
    state VARCHAR(16) NULL,
    disposition VARCHAR(20) NULL,
    outcome_code VARCHAR(4) NULL,
    proposal VARCHAR(20) NULL,
    proposed_detail NTEXT NULL,
    proposed_by NVARCHAR(128) NULL,
    proposed_at DATETIME NULL,
    assignee NVARCHAR(128) NULL,
    due_at DATETIME NULL,
    due_note NVARCHAR(1000) NULL,
    escalated_at DATETIME NULL,
    snoozed_until DATETIME NULL,
    hidden INTEGER NULL,
    suppression_id VARCHAR(26) NULL,
    announced SMALLINT NULL,
    episode INTEGER NULL,
    first_seen_run VARCHAR(26) NULL,
    first_seen_at DATETIME NULL,
    last_seen_run VARCHAR(26) NULL,
    last_seen_at DATETIME NULL,
    seen_n INTEGER NULL,
    absent_n INTEGER NULL,
    withdrawn INTEGER NULL,
    evidence_sha VARCHAR(64) NULL,
    notable NTEXT NULL,
    row_version INTEGER NULL,
    PRIMARY KEY (fingerprint)
);

GO

UPDATE detector_alert SET state = 'new' WHERE state = 'open';

GO

CREATE VIEW detector_label_v AS SELECT detector_alert.alert_id, detector_alert.authority, detector_alert.subject_type, detector_alert.subject_id, detector_alert.detector_family, detector_alert.episode, detector_alert.alert_level, detector_alert.score, detector_alert.disposition, detector_alert.outcome_code, CASE WHEN (detector_alert.outcome_code = '00') THEN 0 WHEN (detector_alert.outcome_code = '02') THEN 0 WHEN (detector_alert.outcome_code = '03') THEN 1 WHEN (detector_alert.outcome_code = '04') THEN 1 WHEN (detector_alert.outcome_code = '05') THEN 1 WHEN (detector_alert.outcome_code = '06') THEN 1 WHEN (detector_alert.outcome_code = '07') THEN 1 WHEN (detector_alert.outcome_code = '08') THEN 1 ELSE NULL END AS label, detector_event.actor AS decided_by, detector_event.occurred_at AS decided_at, detector_alert.last_seen_run AS run_id, detector_run.model_sha
FROM detector_alert JOIN detector_run ON detector_run.run_id = detector_alert.last_seen_run LEFT OUTER JOIN detector_event ON detector_event.seq = (SELECT max(later.seq) AS max_1
FROM detector_event AS later
WHERE later.alert_id = detector_alert.alert_id AND later.kind = 'state_set')
WHERE detector_alert.disposition != 'unset' AND (detector_alert.opens_at IS NULL OR detector_alert.opens_at <= SYSUTCDATETIME());

GO

CREATE VIEW detector_supervision_v AS SELECT detector_alert.alert_id AS [ALERT_NO], detector_alert.process_id AS [UNIFIED_DEAL_CODE], detector_alert.subject_id AS [BID_SECTION_CODE], detector_alert.subject_name AS [BID_SECTION_NAME], detector_alert.region_code AS [REGION_CODE], detector_alert.industry_code AS [INDUSTRY_CODE], detector_alert.trade_kind AS [TENDER_PROJECT_TYPE], detector_alert.buyer_id AS [TENDERER_CODE], CASE WHEN (detector_alert.alert_level = 0) THEN '1' WHEN (detector_alert.alert_level = 1) THEN '2' WHEN (detector_alert.alert_level = 2) THEN '2' WHEN (detector_alert.alert_level = 3) THEN '3' WHEN (detector_alert.alert_level = 4) THEN '3' ELSE NULL END AS [RESULT_STATUS], CASE WHEN (detector_alert.state = 'new') THEN '1' WHEN (detector_alert.state = 'triage') THEN '1' WHEN (detector_alert.state = 'returned') THEN '1' WHEN (detector_alert.state = 'reopened') THEN '1' WHEN (detector_alert.state = 'dispatched') THEN '2' WHEN (detector_alert.state = 'acked') THEN '2' WHEN (detector_alert.state = 'investigating') THEN '2' WHEN (detector_alert.state = 'extended') THEN '2' WHEN (detector_alert.state = 'suspended') THEN '2' WHEN (detector_alert.state = 'transferred') THEN '2' WHEN (detector_alert.state = 'disposed') THEN '3' WHEN (detector_alert.state = 'fed_back') THEN '3' WHEN (detector_alert.state = 'reviewed') THEN '4' WHEN (detector_alert.state = 'closed') THEN '5' WHEN (detector_alert.state = 'dismissed') THEN '5' WHEN (detector_alert.state = 'merged') THEN '5' ELSE NULL END AS [OPERATE_STATUS], detector_alert.first_seen_at AS [ALERT_DATE], detector_observation.narrative_zh AS [ALERT_INFO], CASE WHEN (detector_alert.state IN ('closed', 'dismissed', 'merged')) THEN '1' ELSE '0' END AS [IS_HANDLED], detector_alert.outcome_code AS [HANDLE_RESULT], detector_alert.due_at AS [DEAL_LIMIT_TIME], detector_alert.last_seen_at AS [LAST_RECORD_TIME], detector_alert.last_seen_run AS [RUN_ID]
FROM detector_alert LEFT OUTER JOIN detector_observation ON detector_observation.run_id = detector_alert.last_seen_run AND detector_observation.fingerprint = detector_alert.fingerprint
WHERE (detector_alert.opens_at IS NULL OR detector_alert.opens_at <= SYSUTCDATETIME()) AND detector_alert.hidden != 1;

GO

UPDATE detector_revision SET version_num='0002' WHERE detector_revision.version_num = '0001';

GO

COMMIT;

GO
