-- Running upgrade 0001 -> 0002

ALTER TABLE detector_run ADD reopened_n INTEGER DEFAULT '0' NOT NULL

/

ALTER TABLE detector_run ADD cleared_n INTEGER DEFAULT '0' NOT NULL

/

ALTER TABLE detector_run ADD absent_n INTEGER DEFAULT '0' NOT NULL

/

ALTER TABLE detector_run ADD withdrawn_n INTEGER DEFAULT '0' NOT NULL

/

ALTER TABLE detector_run ADD hidden_n INTEGER DEFAULT '0' NOT NULL

/

CREATE INDEX ix_detector_run_authority ON detector_run (authority, finished_at)

/

ALTER TABLE detector_alert ADD process_id VARCHAR2(256 CHAR)

/

ALTER TABLE detector_alert ADD region_code VARCHAR2(256 CHAR)

/

ALTER TABLE detector_alert ADD industry_code VARCHAR2(256 CHAR)

/

ALTER TABLE detector_alert ADD trade_kind VARCHAR2(32 CHAR)

/

ALTER TABLE detector_alert ADD buyer_id VARCHAR2(256 CHAR)

/

ALTER TABLE detector_alert ADD opens_at DATE

/

ALTER TABLE detector_alert ADD disposition VARCHAR2(20 CHAR) DEFAULT 'unset' NOT NULL

/

ALTER TABLE detector_alert ADD outcome_code VARCHAR2(4 CHAR)

/

ALTER TABLE detector_alert ADD proposal VARCHAR2(20 CHAR)

/

ALTER TABLE detector_alert ADD proposed_detail CLOB

/

ALTER TABLE detector_alert ADD proposed_by VARCHAR2(128 CHAR)

/

ALTER TABLE detector_alert ADD proposed_at DATE

/

ALTER TABLE detector_alert ADD assignee VARCHAR2(128 CHAR)

/

ALTER TABLE detector_alert ADD due_at DATE

/

ALTER TABLE detector_alert ADD due_note VARCHAR2(1000 CHAR)

/

ALTER TABLE detector_alert ADD escalated_at DATE

/

ALTER TABLE detector_alert ADD snoozed_until DATE

/

ALTER TABLE detector_alert ADD hidden INTEGER DEFAULT '0' NOT NULL

/

ALTER TABLE detector_alert ADD suppression_id VARCHAR2(26 CHAR)

/

ALTER TABLE detector_alert ADD announced SMALLINT DEFAULT '1' NOT NULL

/

ALTER TABLE detector_alert ADD absent_n INTEGER DEFAULT '0' NOT NULL

/

ALTER TABLE detector_alert ADD withdrawn INTEGER DEFAULT '0' NOT NULL

/

ALTER TABLE detector_alert ADD notable CLOB

/

CREATE INDEX ix_detector_alert_seen ON detector_alert (last_seen_run)

/

ALTER TABLE detector_observation ADD hidden INTEGER DEFAULT '0' NOT NULL

/

ALTER TABLE detector_observation ADD narrative_en CLOB

/

ALTER TABLE detector_observation ADD narrative_zh CLOB

/

ALTER TABLE detector_reason ADD reason_kind VARCHAR2(16 CHAR) DEFAULT 'feature' NOT NULL

/

ALTER TABLE detector_reason ADD citation_en VARCHAR2(1000 CHAR)

/

ALTER TABLE detector_reason ADD citation_zh VARCHAR2(1000 CHAR)

/

ALTER TABLE detector_reason ADD compared_en VARCHAR2(1000 CHAR)

/

ALTER TABLE detector_reason ADD compared_zh VARCHAR2(1000 CHAR)

/

ALTER TABLE detector_reason ADD sources CLOB

/

ALTER TABLE detector_reason ADD next_check_en VARCHAR2(1000 CHAR)

/

ALTER TABLE detector_reason ADD next_check_zh VARCHAR2(1000 CHAR)

/

ALTER TABLE detector_reason ADD provisional INTEGER DEFAULT '0' NOT NULL

/

CREATE TABLE detector_rule_card (
    code VARCHAR2(32 CHAR) NOT NULL,
    card_version VARCHAR2(32 CHAR) NOT NULL,
    name VARCHAR2(64 CHAR) NOT NULL,
    family VARCHAR2(24 CHAR) NOT NULL,
    card_status VARCHAR2(16 CHAR) NOT NULL,
    title_en VARCHAR2(1000 CHAR) NOT NULL,
    title_zh VARCHAR2(1000 CHAR) NOT NULL,
    rule_text_en CLOB,
    rule_text_zh CLOB,
    source CLOB,
    ocp_code VARCHAR2(16 CHAR),
    innocent_en VARCHAR2(1000 CHAR),
    innocent_zh VARCHAR2(1000 CHAR),
    PRIMARY KEY (code, card_version)
)

/

CREATE TABLE detector_event (
    seq NUMBER(19) NOT NULL,
    event_id VARCHAR2(26 CHAR) NOT NULL,
    authority VARCHAR2(256 CHAR) NOT NULL,
    alert_id VARCHAR2(26 CHAR),
    run_id VARCHAR2(26 CHAR),
    occurred_at DATE NOT NULL,
    actor VARCHAR2(128 CHAR) NOT NULL,
    actor_kind VARCHAR2(8 CHAR) NOT NULL,
    actor_role VARCHAR2(24 CHAR),
    client VARCHAR2(128 CHAR),
    kind VARCHAR2(24 CHAR) NOT NULL,
    old_value VARCHAR2(1000 CHAR),
    new_value VARCHAR2(1000 CHAR),
    note CLOB,
    is_news INTEGER DEFAULT '0' NOT NULL,
    prev_hash VARCHAR2(64 CHAR) NOT NULL,
    row_hash VARCHAR2(64 CHAR) NOT NULL,
    PRIMARY KEY (seq),
    CONSTRAINT uq_detector_event_id UNIQUE (event_id)
)

/

CREATE INDEX ix_detector_event_alert ON detector_event (alert_id, seq)

/

CREATE INDEX ix_detector_event_run ON detector_event (run_id)

/

CREATE TABLE detector_chain (
    chain VARCHAR2(16 CHAR) NOT NULL,
    seq NUMBER(19) NOT NULL,
    row_hash VARCHAR2(64 CHAR) NOT NULL,
    PRIMARY KEY (chain)
)

/

CREATE TABLE detector_suppression (
    suppression_id VARCHAR2(26 CHAR) NOT NULL,
    authority VARCHAR2(256 CHAR),
    scope_type VARCHAR2(16 CHAR) NOT NULL,
    scope_value VARCHAR2(256 CHAR) NOT NULL,
    code VARCHAR2(32 CHAR),
    top_level SMALLINT DEFAULT '2' NOT NULL,
    reason VARCHAR2(1000 CHAR) NOT NULL,
    created_by VARCHAR2(128 CHAR) NOT NULL,
    approved_by VARCHAR2(128 CHAR),
    approved_at DATE,
    created_at DATE NOT NULL,
    starts_at DATE NOT NULL,
    expires_at DATE NOT NULL,
    ended_at DATE,
    ended_by VARCHAR2(128 CHAR),
    row_version INTEGER DEFAULT '1' NOT NULL,
    sample_share NUMERIC(9, 6) NOT NULL,
    PRIMARY KEY (suppression_id)
)

/

CREATE INDEX ix_detector_suppression_end ON detector_suppression (authority, expires_at)

/

CREATE TABLE detector_outbox (
    event_id VARCHAR2(26 CHAR) NOT NULL,
    seq NUMBER(19) NOT NULL,
    alert_id VARCHAR2(26 CHAR),
    topic VARCHAR2(32 CHAR) NOT NULL,
    dedup_key VARCHAR2(64 CHAR) NOT NULL,
    payload CLOB,
    created_at DATE NOT NULL,
    PRIMARY KEY (event_id),
    CONSTRAINT uq_detector_outbox_seq UNIQUE (seq)
)

/

CREATE TABLE detector_delivery (
    event_id VARCHAR2(26 CHAR) NOT NULL,
    receiver VARCHAR2(64 CHAR) NOT NULL,
    attempts INTEGER DEFAULT '0' NOT NULL,
    next_try_at DATE,
    delivered_at DATE,
    last_error VARCHAR2(1000 CHAR),
    PRIMARY KEY (event_id, receiver)
)

/

CREATE INDEX ix_detector_delivery_due ON detector_delivery (receiver, next_try_at)

/

CREATE TABLE detector_stage (
    fingerprint VARCHAR2(64 CHAR) NOT NULL,
    alert_id VARCHAR2(26 CHAR),
    authority VARCHAR2(256 CHAR),
    subject_type VARCHAR2(16 CHAR),
    subject_id VARCHAR2(256 CHAR),
    subject_name VARCHAR2(600 CHAR),
    process_id VARCHAR2(256 CHAR),
    region_code VARCHAR2(256 CHAR),
    industry_code VARCHAR2(256 CHAR),
    trade_kind VARCHAR2(32 CHAR),
    buyer_id VARCHAR2(256 CHAR),
    detector_family VARCHAR2(24 CHAR),
    period VARCHAR2(16 CHAR),
    alert_level SMALLINT,
    score NUMERIC(9, 4),
    score_pct NUMERIC(9, 6),
    rank_in_run INTEGER,
    amount NUMERIC(20, 4),
    currency VARCHAR2(256 CHAR),
    trade_at DATE,
    opens_at DATE,
    state VARCHAR2(16 CHAR),
    disposition VARCHAR2(20 CHAR),
    outcome_code VARCHAR2(4 CHAR),
    proposal VARCHAR2(20 CHAR),
    proposed_detail CLOB,
    proposed_by VARCHAR2(128 CHAR),
    proposed_at DATE,
    assignee VARCHAR2(128 CHAR),
    due_at DATE,
    due_note VARCHAR2(1000 CHAR),
    escalated_at DATE,
    snoozed_until DATE,
    hidden INTEGER,
    suppression_id VARCHAR2(26 CHAR),
    announced SMALLINT,
    episode INTEGER,
    first_seen_run VARCHAR2(26 CHAR),
    first_seen_at DATE,
    last_seen_run VARCHAR2(26 CHAR),
    last_seen_at DATE,
    seen_n INTEGER,
    absent_n INTEGER,
    withdrawn INTEGER,
    evidence_sha VARCHAR2(64 CHAR),
    notable CLOB,
    row_version INTEGER,
    PRIMARY KEY (fingerprint)
)

/

UPDATE detector_alert SET state = 'new' WHERE state = 'open'

/

CREATE VIEW detector_label_v AS SELECT detector_alert.alert_id, detector_alert.authority, detector_alert.subject_type, detector_alert.subject_id, detector_alert.detector_family, detector_alert.episode, detector_alert.alert_level, detector_alert.score, detector_alert.disposition, detector_alert.outcome_code, CASE WHEN (detector_alert.outcome_code = '00') THEN 0 WHEN (detector_alert.outcome_code = '02') THEN 0 WHEN (detector_alert.outcome_code = '03') THEN 1 WHEN (detector_alert.outcome_code = '04') THEN 1 WHEN (detector_alert.outcome_code = '05') THEN 1 WHEN (detector_alert.outcome_code = '06') THEN 1 WHEN (detector_alert.outcome_code = '07') THEN 1 WHEN (detector_alert.outcome_code = '08') THEN 1 ELSE NULL END AS label, detector_event.actor AS decided_by, detector_event.occurred_at AS decided_at, detector_alert.last_seen_run AS run_id, detector_run.model_sha
FROM detector_alert JOIN detector_run ON detector_run.run_id = detector_alert.last_seen_run LEFT OUTER JOIN detector_event ON detector_event.seq = (SELECT max(later.seq) AS max_1
FROM detector_event later
WHERE later.alert_id = detector_alert.alert_id AND later.kind = 'state_set')
WHERE detector_alert.disposition != 'unset' AND (detector_alert.opens_at IS NULL OR detector_alert.opens_at <= SYS_EXTRACT_UTC(SYSTIMESTAMP))

/

CREATE VIEW detector_supervision_v AS SELECT detector_alert.alert_id AS "ALERT_NO", detector_alert.process_id AS "UNIFIED_DEAL_CODE", detector_alert.subject_id AS "BID_SECTION_CODE", detector_alert.subject_name AS "BID_SECTION_NAME", detector_alert.region_code AS "REGION_CODE", detector_alert.industry_code AS "INDUSTRY_CODE", detector_alert.trade_kind AS "TENDER_PROJECT_TYPE", detector_alert.buyer_id AS "TENDERER_CODE", CASE WHEN (detector_alert.alert_level = 0) THEN '1' WHEN (detector_alert.alert_level = 1) THEN '2' WHEN (detector_alert.alert_level = 2) THEN '2' WHEN (detector_alert.alert_level = 3) THEN '3' WHEN (detector_alert.alert_level = 4) THEN '3' ELSE NULL END AS "RESULT_STATUS", CASE WHEN (detector_alert.state = 'new') THEN '1' WHEN (detector_alert.state = 'triage') THEN '1' WHEN (detector_alert.state = 'returned') THEN '1' WHEN (detector_alert.state = 'reopened') THEN '1' WHEN (detector_alert.state = 'dispatched') THEN '2' WHEN (detector_alert.state = 'acked') THEN '2' WHEN (detector_alert.state = 'investigating') THEN '2' WHEN (detector_alert.state = 'extended') THEN '2' WHEN (detector_alert.state = 'suspended') THEN '2' WHEN (detector_alert.state = 'transferred') THEN '2' WHEN (detector_alert.state = 'disposed') THEN '3' WHEN (detector_alert.state = 'fed_back') THEN '3' WHEN (detector_alert.state = 'reviewed') THEN '4' WHEN (detector_alert.state = 'closed') THEN '5' WHEN (detector_alert.state = 'dismissed') THEN '5' WHEN (detector_alert.state = 'merged') THEN '5' ELSE NULL END AS "OPERATE_STATUS", detector_alert.first_seen_at AS "ALERT_DATE", detector_observation.narrative_zh AS "ALERT_INFO", CASE WHEN (detector_alert.state IN ('closed', 'dismissed', 'merged')) THEN '1' ELSE '0' END AS "IS_HANDLED", detector_alert.outcome_code AS "HANDLE_RESULT", detector_alert.due_at AS "DEAL_LIMIT_TIME", detector_alert.last_seen_at AS "LAST_RECORD_TIME", detector_alert.last_seen_run AS "RUN_ID"
FROM detector_alert LEFT OUTER JOIN detector_observation ON detector_observation.run_id = detector_alert.last_seen_run AND detector_observation.fingerprint = detector_alert.fingerprint
WHERE (detector_alert.opens_at IS NULL OR detector_alert.opens_at <= SYS_EXTRACT_UTC(SYSTIMESTAMP)) AND detector_alert.hidden != 1

/

UPDATE detector_revision SET version_num='0002' WHERE detector_revision.version_num = '0001'

/
