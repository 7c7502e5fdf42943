-- A person's card is the JSON that the list of subscribers shows, ready made.
-- A place is one person's membership (kind 0) or subscription (kind 1) of one group. `joined` and `gone` are message
-- ids: who receives message m of a group are the places with joined < m <= gone. So a message to a million people
-- is one row, and the ledger stays right when people come and go afterwards.
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tenants (
  id INTEGER PRIMARY KEY, guid TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, per_minute INTEGER NOT NULL,
  admin_id INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS connectors (
  id INTEGER PRIMARY KEY, application_id TEXT NOT NULL UNIQUE, secret TEXT NOT NULL, name TEXT NOT NULL,
  tenant_id INTEGER NOT NULL, per_minute INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS grants (
  id INTEGER PRIMARY KEY, connector_id INTEGER NOT NULL, kind TEXT NOT NULL, person_id INTEGER NOT NULL,
  group_id INTEGER NOT NULL, token TEXT NOT NULL UNIQUE, issued_at REAL NOT NULL, expires_at REAL NOT NULL,
  UNIQUE (connector_id, person_id, group_id));
CREATE TABLE IF NOT EXISTS access_tokens (
  token TEXT PRIMARY KEY, grant_id INTEGER NOT NULL, expires_at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pins (
  id INTEGER PRIMARY KEY, mobile_number TEXT NOT NULL, application_id TEXT NOT NULL, pin TEXT NOT NULL,
  at REAL NOT NULL, used INTEGER NOT NULL DEFAULT 0, misses INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS people (
  id INTEGER PRIMARY KEY, guid TEXT NOT NULL UNIQUE, number TEXT UNIQUE, name TEXT, picture TEXT,
  provisioned INTEGER NOT NULL, country TEXT NOT NULL DEFAULT '', card TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS groups (
  id INTEGER PRIMARY KEY, guid TEXT NOT NULL UNIQUE, tenant_id INTEGER NOT NULL, name TEXT NOT NULL,
  type TEXT NOT NULL, welcome TEXT NOT NULL DEFAULT '', image TEXT NOT NULL DEFAULT '',
  mapped INTEGER NOT NULL DEFAULT 1);
CREATE TABLE IF NOT EXISTS links (
  parent_id INTEGER NOT NULL, child_id INTEGER NOT NULL, PRIMARY KEY (parent_id, child_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS links_child ON links (child_id);
CREATE TABLE IF NOT EXISTS places (
  group_id INTEGER NOT NULL, kind INTEGER NOT NULL, person_id INTEGER NOT NULL, gone INTEGER NOT NULL,
  joined INTEGER NOT NULL, admin INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (group_id, kind, person_id, gone)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS places_person ON places (person_id);
CREATE TABLE IF NOT EXISTS messages (
  id INTEGER PRIMARY KEY, guid TEXT NOT NULL UNIQUE, group_id INTEGER NOT NULL, sender_id INTEGER NOT NULL,
  kind TEXT NOT NULL, text TEXT NOT NULL, audience TEXT NOT NULL, sent_at REAL NOT NULL, reply_to TEXT,
  action_id INTEGER, reached INTEGER);
CREATE INDEX IF NOT EXISTS messages_group ON messages (group_id);
CREATE TABLE IF NOT EXISTS named (
  message_id INTEGER NOT NULL, person_id INTEGER NOT NULL, PRIMARY KEY (message_id, person_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS named_person ON named (person_id);
CREATE TABLE IF NOT EXISTS actions (
  id INTEGER PRIMARY KEY, guid TEXT NOT NULL UNIQUE, group_id INTEGER NOT NULL, message_id INTEGER NOT NULL,
  kind TEXT NOT NULL, package_id TEXT NOT NULL DEFAULT '', title TEXT NOT NULL, body TEXT NOT NULL,
  sender_id INTEGER NOT NULL, sent_at REAL NOT NULL, due_at REAL, properties TEXT NOT NULL DEFAULT '[]',
  version INTEGER NOT NULL DEFAULT 1);
CREATE INDEX IF NOT EXISTS actions_group ON actions (group_id, sent_at);
CREATE INDEX IF NOT EXISTS actions_package ON actions (package_id) WHERE package_id <> '';
CREATE TABLE IF NOT EXISTS responses (
  id INTEGER PRIMARY KEY, guid TEXT NOT NULL UNIQUE, action_id INTEGER NOT NULL, person_id INTEGER NOT NULL,
  answers TEXT NOT NULL, location TEXT, at REAL NOT NULL, updates INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS responses_action ON responses (action_id, person_id);
CREATE TABLE IF NOT EXISTS media (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, size INTEGER NOT NULL, url TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS webhooks (
  id INTEGER PRIMARY KEY, guid TEXT NOT NULL UNIQUE, object_id TEXT NOT NULL, object_type TEXT NOT NULL,
  events TEXT NOT NULL, url TEXT NOT NULL, token TEXT, context TEXT, filters TEXT NOT NULL DEFAULT '[]',
  created_at REAL NOT NULL, validity REAL NOT NULL, active INTEGER NOT NULL DEFAULT 1, connector_id INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS webhooks_object ON webhooks (object_id, object_type);
CREATE TABLE IF NOT EXISTS callbacks (
  id INTEGER PRIMARY KEY, webhook_id INTEGER NOT NULL, body TEXT NOT NULL, due_at REAL NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT 'waiting', answer TEXT NOT NULL DEFAULT '',
  created_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS callbacks_due ON callbacks (due_at) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS callbacks_webhook ON callbacks (webhook_id);
CREATE TABLE IF NOT EXISTS reactions (
  id INTEGER PRIMARY KEY, guid TEXT NOT NULL UNIQUE, group_id INTEGER NOT NULL, reference_id TEXT NOT NULL,
  person_id INTEGER NOT NULL, type TEXT NOT NULL, comment TEXT NOT NULL DEFAULT '', at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS reactions_reference ON reactions (reference_id, type);
CREATE TABLE IF NOT EXISTS bots (
  id INTEGER PRIMARY KEY, guid TEXT NOT NULL UNIQUE, name TEXT NOT NULL, picture TEXT NOT NULL,
  tenant_id INTEGER NOT NULL, creator_id INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS group_bots (
  group_id INTEGER NOT NULL, bot_id INTEGER NOT NULL, PRIMARY KEY (group_id, bot_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answering (
  action_id INTEGER PRIMARY KEY, next_at REAL NOT NULL, after_person INTEGER NOT NULL DEFAULT 0);
