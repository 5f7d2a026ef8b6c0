BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
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
INSERT INTO "bookings" VALUES('T20261123-0001',1,'response','general','met',1795378012099,NULL,NULL,NULL,3.282);
INSERT INTO "bookings" VALUES('T20261123-0001',2,'response_ceiling','general','met',1795378012099,NULL,NULL,NULL,NULL);
INSERT INTO "bookings" VALUES('T20261123-0002',1,'response','major','waived',1795378015824,NULL,NULL,NULL,NULL);
INSERT INTO "bookings" VALUES('T20261123-0002',2,'response_ceiling','major','waived',1795378015824,NULL,NULL,NULL,NULL);
INSERT INTO "bookings" VALUES('T20261123-0003',1,'response','general','met',1795378018158,NULL,NULL,NULL,0.54);
INSERT INTO "bookings" VALUES('T20261123-0003',2,'response_ceiling','general','met',1795378018158,NULL,NULL,NULL,NULL);
CREATE TABLE conditions (
	"key" TEXT NOT NULL, 
	snapshot TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "conditions" VALUES('cam-3/tcp','{"device":"cam-3","probe":"tcp","cause":"unreachable","state":"firing","since":1795378015516,"reason":"refused","last_bad":1795378017617,"fired_at":1795378017618,"good_since":null,"fails":2,"turns":[],"held":"","quarantine_until":null,"unseen":false}');
INSERT INTO "conditions" VALUES('cam-4/tcp','{"device":"cam-4","probe":"tcp","cause":"unreachable","state":"firing","since":1795378019020,"reason":"refused","last_bad":1795378021125,"fired_at":1795378021125,"good_since":null,"fails":2,"turns":[],"held":"","quarantine_until":null,"unseen":false}');
CREATE TABLE counters (
	day TEXT NOT NULL, 
	last INTEGER NOT NULL, 
	PRIMARY KEY (day)
);
INSERT INTO "counters" VALUES('20261123',4);
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
INSERT INTO "journal" VALUES('T20261123-0001',1,1795378008817,1795378008817,'opened','agent','agent','{"root":"cam-1","source":"agent","level":"general","rule":"V4","reasons":[{"rule":"V4","level":"general","kind":"camera"}],"members":["cam-1"],"started_at":1795378006718,"cause":"unreachable","kind":"repair","title_key":"ticket.title.unreachable","title_args":{"name":"cam-1","probe":"tcp","others":0},"policy":"2026-1/937d07b83a6f","limits":{"response":{"major":1800.0,"serious":3600.0,"general":3600.0,"other":3600.0},"repair":{"major":14400.0,"serious":28800.0,"general":86400.0},"response_ceiling":7200.0,"repair_ceiling":86400.0,"binding":"strict"}}','0000000000000000000000000000000000000000000000000000000000000000','7f110df2eccb8e908501ccccc5101fc579956a4e95896b692e33e2e8c1be9ab2');
INSERT INTO "journal" VALUES('T20261123-0002',1,1795378011621,1795378011621,'opened','agent','agent','{"root":"cam-2","source":"agent","level":"major","rule":"V1","reasons":[{"rule":"V1","level":"major","count":2,"total":4},{"rule":"V4","level":"general","kind":"camera"}],"members":["cam-2"],"started_at":1795378009520,"cause":"unreachable","kind":"emergency","title_key":"ticket.title.unreachable","title_args":{"name":"cam-2","probe":"tcp","others":0},"policy":"2026-1/937d07b83a6f","limits":{"response":{"major":1800.0,"serious":3600.0,"general":3600.0,"other":3600.0},"repair":{"major":14400.0,"serious":28800.0,"general":86400.0},"response_ceiling":7200.0,"repair_ceiling":86400.0,"binding":"strict"}}','0000000000000000000000000000000000000000000000000000000000000000','d429e38942928e7697ac4e8245c3e27c4b210088a6eb0f97df1bab6c606a52d4');
INSERT INTO "journal" VALUES('T20261123-0001',2,1795378012099,1795378012099,'admitted','li','cli','{"owner":"li","caller":"root(0)"}','7f110df2eccb8e908501ccccc5101fc579956a4e95896b692e33e2e8c1be9ab2','354e440ea9ec557c9ddaa88f9f4a622edf50dd8e9f4af3a322488b0befda439e');
INSERT INTO "journal" VALUES('T20261123-0001',3,1795378012099,1795378012099,'taken','li','cli','{"who":"li","caller":"root(0)","booked":[{"clock":"response","level":"general","result":"met"},{"clock":"response_ceiling","level":"general","result":"met"}]}','354e440ea9ec557c9ddaa88f9f4a622edf50dd8e9f4af3a322488b0befda439e','de8dc090f19ba7125da39681ea9c98a3ba4489e58a52c6d4169374658c067312');
INSERT INTO "journal" VALUES('T20261123-0001',4,1795378012909,1795378012909,'arrived','li','cli','{"proof":"word","caller":"root(0)"}','de8dc090f19ba7125da39681ea9c98a3ba4489e58a52c6d4169374658c067312','37cd9d5d014b9adbef13ab19a9610c2384f7e1e260dfcddeaab4fdda35790aa5');
INSERT INTO "journal" VALUES('T20261123-0002',2,1795378013516,1795378014824,'restored','agent','agent','{"by":"agent","stable_until":1795378013516,"feedback_due":1795514400000}','d429e38942928e7697ac4e8245c3e27c4b210088a6eb0f97df1bab6c606a52d4','fb0e0dcadd4740f619ac6c20c826e1941b5d2481ac4cc000e1a8e85fa9040317');
INSERT INTO "journal" VALUES('T20261123-0002',3,1795378015824,1795378015824,'stable','agent','agent','{"booked":[{"clock":"response","level":"major","result":"waived"},{"clock":"response_ceiling","level":"major","result":"waived"}]}','fb0e0dcadd4740f619ac6c20c826e1941b5d2481ac4cc000e1a8e85fa9040317','5cc24a603bce30ea54c7f1e1972ce7dbdd3e6f0520847fbff83cf7746770bca1');
INSERT INTO "journal" VALUES('T20261123-0001',5,1795378013820,1795378016825,'restored','agent','agent','{"by":"agent","stable_until":1795378013820,"feedback_due":1795514400000}','37cd9d5d014b9adbef13ab19a9610c2384f7e1e260dfcddeaab4fdda35790aa5','661a2885a2b9645315f81c9cb861f16828946d5bbb23e1085d64413e599b8582');
INSERT INTO "journal" VALUES('T20261123-0003',1,1795378017618,1795378017618,'opened','agent','agent','{"root":"cam-3","source":"agent","level":"general","rule":"V4","reasons":[{"rule":"V4","level":"general","kind":"camera"}],"members":["cam-3"],"started_at":1795378015516,"cause":"unreachable","kind":"repair","title_key":"ticket.title.unreachable","title_args":{"name":"cam-3","probe":"tcp","others":0},"policy":"2026-1/937d07b83a6f","limits":{"response":{"major":1800.0,"serious":3600.0,"general":3600.0,"other":3600.0},"repair":{"major":14400.0,"serious":28800.0,"general":86400.0},"response_ceiling":7200.0,"repair_ceiling":86400.0,"binding":"strict"}}','0000000000000000000000000000000000000000000000000000000000000000','7d2807a09f9a8ad0ec8568e7e7081fa0ccb29af89ccf599850e7fd29f1474f0b');
INSERT INTO "journal" VALUES('T20261123-0003',2,1795378018158,1795378018158,'admitted','li','cli','{"owner":"li","caller":"root(0)"}','7d2807a09f9a8ad0ec8568e7e7081fa0ccb29af89ccf599850e7fd29f1474f0b','1af5b27c2049edfa1826b09e8701c51d29e2ad4efcd98620a3fb605919c82c7c');
INSERT INTO "journal" VALUES('T20261123-0003',3,1795378018158,1795378018158,'taken','li','cli','{"who":"li","caller":"root(0)","booked":[{"clock":"response","level":"general","result":"met"},{"clock":"response_ceiling","level":"general","result":"met"}]}','1af5b27c2049edfa1826b09e8701c51d29e2ad4efcd98620a3fb605919c82c7c','cab24e9b6d227903c46530eba9970763fafc45edd3f8a1e3968d7dc23c7a3048');
INSERT INTO "journal" VALUES('T20261123-0003',4,1795378018491,1795378018491,'noted','li','cli','{"text":"水晶头氧化","caller":"root(0)"}','cab24e9b6d227903c46530eba9970763fafc45edd3f8a1e3968d7dc23c7a3048','75254d14bc4e62e891d98ccfa57281d0958601fa9eefa7c65d160b726a8768c5');
INSERT INTO "journal" VALUES('T20261123-0004',1,1795378021125,1795378021125,'opened','agent','agent','{"root":"cam-4","source":"agent","level":"major","rule":"V1","reasons":[{"rule":"V1","level":"major","count":2,"total":4},{"rule":"V4","level":"general","kind":"camera"}],"members":["cam-4"],"started_at":1795378019020,"cause":"unreachable","kind":"emergency","title_key":"ticket.title.unreachable","title_args":{"name":"cam-4","probe":"tcp","others":0},"policy":"2026-1/937d07b83a6f","limits":{"response":{"major":1800.0,"serious":3600.0,"general":3600.0,"other":3600.0},"repair":{"major":14400.0,"serious":28800.0,"general":86400.0},"response_ceiling":7200.0,"repair_ceiling":86400.0,"binding":"strict"}}','0000000000000000000000000000000000000000000000000000000000000000','fd1656470e39364597584b837b550b43faca00cb1d1f7cb2d7fdb91aaee8933b');
INSERT INTO "journal" VALUES('T20261123-0004',2,1795378021703,1795378021703,'requested','li','cli','{"what":"false-alarm","event":"false_alarm","carries":{"evidence":"现场有电，画面正常"},"caller":"root(0)"}','fd1656470e39364597584b837b550b43faca00cb1d1f7cb2d7fdb91aaee8933b','ca753655e7c1516d35782be34f683a3db64eec621669bec3e02d36206d635bdc');
CREATE TABLE meta (
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('clock','{"at":1795378021703,"boot":"c2787be2-933e-49d2-8339-0f9ee249ebf9","offset":1795365226816,"begun":1795378005787}');
CREATE TABLE requests (
	"key" TEXT NOT NULL, 
	ticket TEXT NOT NULL, 
	answered_at BIGINT NOT NULL, 
	answer TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "requests" VALUES('k-1/T20261123-0003','T20261123-0003',1795378018158,'["T20261123-0003"]');
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
INSERT INTO "tickets" VALUES('T20261123-0001','cam-1',1,0,'restored','general','repair','unreachable',1795378008817,1795378013820,NULL,5,'null','general','repair');
INSERT INTO "tickets" VALUES('T20261123-0002','cam-2',1,0,'restored','major','emergency','unreachable',1795378011621,1795378013516,NULL,3,'null','major','emergency');
INSERT INTO "tickets" VALUES('T20261123-0003','cam-3',1,1,'working','general','repair','unreachable',1795378017618,NULL,NULL,4,'null','general','repair');
INSERT INTO "tickets" VALUES('T20261123-0004','cam-4',1,1,'new','major','emergency','unreachable',1795378021125,NULL,NULL,2,'null','major','emergency');
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
COMMIT;
