BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE bookings (
	ticket TEXT NOT NULL, 
	seq INTEGER NOT NULL, 
	clock TEXT NOT NULL, 
	severity TEXT NOT NULL, 
	result TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	breached_at BIGINT, 
	voided_reason TEXT, 
	voided_at BIGINT, 
	elapsed_seconds DOUBLE, 
	PRIMARY KEY (ticket, seq, clock)
);
INSERT INTO "bookings" VALUES('T20261123-0001',1,'response','general','met',1795395413169,NULL,NULL,NULL,14.352);
INSERT INTO "bookings" VALUES('T20261123-0001',2,'response_ceiling','general','met',1795395413169,NULL,NULL,NULL,NULL);
CREATE TABLE conditions (
	"key" TEXT NOT NULL, 
	snapshot TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "conditions" VALUES('cam-1/tcp','{"device":"cam-1","probe":"tcp","cause":"unreachable","state":"firing","since":1795395396716,"reason":"refused","last_bad":1795395398817,"fired_at":1795395398817,"good_since":null,"fails":2,"turns":[],"held":"","quarantine_until":null,"unseen":false,"extent":1,"rung":""}');
INSERT INTO "conditions" VALUES('cam-2/tcp','{"device":"cam-2","probe":"tcp","cause":"unreachable","state":"firing","since":1795395442117,"reason":"refused","last_bad":1795395444216,"fired_at":1795395444217,"good_since":null,"fails":2,"turns":[],"held":"","quarantine_until":null,"unseen":false,"extent":1,"rung":""}');
CREATE TABLE counters (
	day TEXT NOT NULL, 
	last INTEGER NOT NULL, 
	PRIMARY KEY (day)
);
INSERT INTO "counters" VALUES('20261123',3);
CREATE TABLE journal (
	ticket TEXT NOT NULL, 
	seq INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	recorded_at BIGINT NOT NULL, 
	event TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	via TEXT NOT NULL, 
	args TEXT NOT NULL, 
	prev_hash TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	PRIMARY KEY (ticket, seq)
);
INSERT INTO "journal" VALUES('T20261123-0001',1,1795395398817,1795395398817,'opened','agent','agent','{"root":"cam-1","source":"agent","level":"general","rule":"V4","reasons":[{"rule":"V4","level":"general","kind":"camera"}],"members":["cam-1"],"started_at":1795395396716,"cause":"unreachable","kind":"repair","title_key":"ticket.title.unreachable","title_args":{"name":"cam-1","probe":"tcp","others":0},"policy":"2026-1/f0918e88879c","limits":{"response":{"major":1800.0,"serious":3600.0,"general":3600.0,"other":3600.0},"repair":{"major":14400.0,"serious":28800.0,"general":86400.0},"response_ceiling":7200.0,"repair_ceiling":86400.0,"binding":"strict"}}','0000000000000000000000000000000000000000000000000000000000000000','3caf3b456a30d9a9b05bc19cacd2919d2b71f0b8c4b445f2b302098078edba7a');
INSERT INTO "journal" VALUES('T20261123-0001',2,1795395413169,1795395413169,'admitted','root','cli','{"owner":"root","caller":"root(0)"}','3caf3b456a30d9a9b05bc19cacd2919d2b71f0b8c4b445f2b302098078edba7a','dc9459bb7cfd4c5a6b184897b7e496d4929fb2b1a8f9ed3b890505b691ca3d8b');
INSERT INTO "journal" VALUES('T20261123-0001',3,1795395413169,1795395413169,'taken','root','cli','{"who":"root","caller":"root(0)","booked":[{"clock":"response","level":"general","result":"met"},{"clock":"response_ceiling","level":"general","result":"met"}]}','dc9459bb7cfd4c5a6b184897b7e496d4929fb2b1a8f9ed3b890505b691ca3d8b','a91e4edaf77a1da3df411b1ca03f69b279e3773a4761bc88575da70e42f189bc');
INSERT INTO "journal" VALUES('T20261123-0002',1,1795395416117,1795395416117,'opened','agent','agent','{"root":"amp-1","source":"agent","level":"general","rule":"B3","reasons":[{"rule":"B3","level":"general","kind":"amplifier"}],"members":["amp-1"],"started_at":1795395414016,"cause":"unreachable","kind":"repair","title_key":"ticket.title.unreachable","title_args":{"name":"amp-1","probe":"tcp","others":0},"policy":"2026-1/f0918e88879c","limits":{"response":{"major":1800.0,"serious":3600.0,"general":3600.0,"other":3600.0},"repair":{"major":14400.0,"serious":28800.0,"general":86400.0},"response_ceiling":7200.0,"repair_ceiling":86400.0,"binding":"strict"}}','0000000000000000000000000000000000000000000000000000000000000000','6df1d95f7014335acda46ab14bfc3b2eaf29258d1954b906aeff719a448d113c');
INSERT INTO "journal" VALUES('T20261123-0003',1,1795395444217,1795395444217,'opened','agent','agent','{"root":"cam-2","source":"agent","level":"major","rule":"V1","reasons":[{"rule":"V1","level":"major","count":2,"total":2},{"rule":"V3","level":"serious","building":"A","count":2,"total":2},{"rule":"V4","level":"general","kind":"camera"}],"members":["cam-2"],"started_at":1795395442117,"cause":"unreachable","kind":"emergency","title_key":"ticket.title.unreachable","title_args":{"name":"cam-2","probe":"tcp","others":0},"policy":"2026-1/f0918e88879c","limits":{"response":{"major":1800.0,"serious":3600.0,"general":3600.0,"other":3600.0},"repair":{"major":14400.0,"serious":28800.0,"general":86400.0},"response_ceiling":7200.0,"repair_ceiling":86400.0,"binding":"strict"}}','0000000000000000000000000000000000000000000000000000000000000000','cc8695b7d0bb6328fcd6844e40c919da424c7a7cb77d9471311f0f81f02b2c51');
INSERT INTO "journal" VALUES('T20261123-0001',4,1795395487129,1795395487129,'reclassified','agent','agent','{"from":"general","to":"major","why":"grew","facts_since":1795395442117,"reasons":[{"rule":"V1","level":"major","count":2,"total":2},{"rule":"V3","level":"serious","building":"A","count":2,"total":2},{"rule":"V4","level":"general","kind":"camera"}]}','a91e4edaf77a1da3df411b1ca03f69b279e3773a4761bc88575da70e42f189bc','b938e3aac2767beaec11d60a8b224a13cda74393a1df7e38657d2a515a84565d');
INSERT INTO "journal" VALUES('T20261123-0002',2,1795395430017,1795395550188,'restored','agent','agent','{"by":"agent","stable_until":1795399030017,"feedback_due":1795514400000}','6df1d95f7014335acda46ab14bfc3b2eaf29258d1954b906aeff719a448d113c','90720659a0b51a9148d8cdacc3feb4dd93c58e4a4e8b2908a698fd3a60f51d29');
CREATE TABLE meta (
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('clock','{"at":1795395550188,"boot":"c2787be2-933e-49d2-8339-0f9ee249ebf9","offset":1795365226816,"begun":1795395389266}');
CREATE TABLE requests (
	"key" TEXT NOT NULL, 
	ticket TEXT NOT NULL, 
	answered_at BIGINT NOT NULL, 
	answer TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "requests" VALUES('k1/T20261123-0001','T20261123-0001',1795395413169,'{"verb":"take","by":"root","tickets":["T20261123-0001"]}');
CREATE TABLE ticket_totals (
	is_open BOOLEAN NOT NULL, 
	state TEXT NOT NULL, 
	severity TEXT NOT NULL, 
	count BIGINT NOT NULL, 
	PRIMARY KEY (is_open, state, severity)
);
INSERT INTO "ticket_totals" VALUES(1,'new','general',0);
INSERT INTO "ticket_totals" VALUES(1,'working','general',0);
INSERT INTO "ticket_totals" VALUES(1,'new','major',1);
INSERT INTO "ticket_totals" VALUES(1,'working','major',1);
INSERT INTO "ticket_totals" VALUES(1,'restored','general',1);
CREATE TABLE tickets (
	number TEXT NOT NULL, 
	root TEXT NOT NULL, 
	is_open BOOLEAN NOT NULL, 
	holds_root BOOLEAN NOT NULL, 
	state TEXT NOT NULL, 
	severity TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	cause TEXT NOT NULL, 
	opened_at BIGINT NOT NULL, 
	restored_at BIGINT, 
	ended_at BIGINT, 
	version INTEGER NOT NULL, 
	snapshot TEXT NOT NULL, 
	opened_severity TEXT NOT NULL, 
	opened_kind TEXT NOT NULL, 
	PRIMARY KEY (number)
);
INSERT INTO "tickets" VALUES('T20261123-0001','cam-1',1,1,'working','major','repair','unreachable',1795395398817,NULL,NULL,4,'null','general','repair');
INSERT INTO "tickets" VALUES('T20261123-0002','amp-1',1,0,'restored','general','repair','unreachable',1795395416117,1795395430017,NULL,2,'null','general','repair');
INSERT INTO "tickets" VALUES('T20261123-0003','cam-2',1,1,'new','major','emergency','unreachable',1795395444217,NULL,NULL,1,'null','major','emergency');
CREATE INDEX journal_reopenings ON journal (event) WHERE event IN ('relapsed', 'refused', 'reopened');
CREATE UNIQUE INDEX tickets_one_a_root ON tickets (root) WHERE holds_root;
CREATE INDEX tickets_open ON tickets (opened_at, number) WHERE is_open;
CREATE INDEX tickets_by_opening ON tickets (opened_at, number);
CREATE INDEX tickets_by_state ON tickets (state, opened_at, number);
CREATE INDEX tickets_by_severity ON tickets (severity, opened_at, number);
CREATE INDEX tickets_by_root ON tickets (root, opened_at, number);
CREATE INDEX tickets_by_restoration ON tickets (restored_at);
CREATE INDEX tickets_as_opened ON tickets (opened_severity, opened_kind);
CREATE INDEX bookings_by_result ON bookings (clock, severity, result, voided_reason);
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
       BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
       BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_chained BEFORE INSERT ON journal
       WHEN EXISTS (SELECT 1 FROM journal WHERE ticket = NEW.ticket AND seq = NEW.seq)
         OR (NEW.seq = 1 AND NEW.prev_hash <> '0000000000000000000000000000000000000000000000000000000000000000')
         OR (NEW.seq <> 1 AND NOT EXISTS (
               SELECT 1 FROM journal WHERE ticket = NEW.ticket AND seq = NEW.seq - 1 AND hash = NEW.prev_hash))
       BEGIN SELECT RAISE(ABORT, 'the journal line does not follow from the one before it'); END;
CREATE INDEX tickets_by_state_and_severity ON tickets (state, severity, opened_at, number);
CREATE INDEX tickets_open_by_severity ON tickets (severity, opened_at, number) WHERE is_open;
COMMIT;
