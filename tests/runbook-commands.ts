/** What a command of docs/runbook.md says in the world of the test. */
export type Expected = {
  readonly says: RegExp;
  /** Its exit code. Default: 0. */
  readonly code?: number;
  /** What stands for its placeholders, such as `<id>`. */
  readonly of?: Readonly<Record<string, string>>;
};

const NOTHING = /^nothing is kept that fits$/m;
const READY = /"status":"ready"/;

/** These change nothing, and run side by side. */
export const LOOKS: Readonly<Record<string, Expected>> = {
  'ringback status': { says: /^warning +output crm is failing: HTTP 503 \(since .*dispatching is paused/ms },
  'ringback doctor': { says: /redis-policy .*output-tcp +crm .*history-buffer/ms },
  'ringback doctor --only ports,files': { says: /history-file .*port-ingress/ms },
  'ringback doctor --only redis': { says: /redis-rights .* all that the work needs is allowed/ },
  'ringback doctor --only redis-latency': { says: /a round trip takes/ },
  'ringback doctor --only redis-persistence,redis-policy': { says: /an ack is worth.*maxmemory-policy noeviction/ms },
  'ringback doctor --only redis-reach': { says: /redis-reach .* answers/ },
  'ringback doctor --only redis-big-keys': { says: /none takes more than/ },
  'ringback doctor --only redis-clock': { says: /its clock agrees with ours/ },
  'ringback doctor --only redis-prefixes': { says: /nothing waits under another prefix/ },
  'ringback doctor --only spool': { says: /ok +spool .*spool\.sqlite/ },
  'ringback doctor --only outputs': { says: /output-tcp +crm .* connects/ },
  'ringback doctor --only history': { says: /history +sqlite: schema/ },
  'ringback doctor --only history,history-file,history-buffer': { says: /history-buffer .*history-file/ms },
  'ringback check': { says: /is fine: 1 source, 3 outputs, 1 route/ },
  'ringback secret': { says: /^whsec_\S{40,}$/m },
  'ringback diff new.yaml': { code: 1, says: /^- outputs\.old$.*the worker takes all of it by a reload/ms },
  'ringback plan new.yaml': { code: 1, says: /^\+ crm: unrouted-1$/m },
  'ringback route <id>': { code: 1, of: { id: 'unrouted-1' }, says: /route 1 does not match.*RB_UNROUTED/s },
  'ringback trace <id>': { of: { id: 'wait-1' }, says: /crm +waits for its next attempt.*retry: HTTP 503 \(theirs\)/s },
  'ringback trace <requestID>': { of: { requestID: 'same' }, says: /RB_REQUEST_ID_REUSED/ },
  'ringback search --state waiting --output crm': { says: / wait-1 .*crm waiting/ },
  'ringback outputs': { says: /^crm +open .*^crm: its breaker is open/ms },
  'ringback outputs --config old.yaml': { says: /no worker runs: 0 batches of callbacks wait/ },
  'ringback dispatch state': { says: /dispatching is paused/ },
  'ringback privacy status': { says: /keys\[0\], encrypts +[1-9]\d* +dead letters +crm/ },
  'ringback history status': { says: /RB_BODY_INVALID/ },
  'ringback history actions': { says: /dispatch pause/ },
  'ringback dead-letters list': { says: / dead-1 .*HTTP 410/ },
  'ringback dead-letters list --reason RB_INTERNAL': { says: NOTHING },
  'ringback dead-letters list --reason RB_KEY_MISSING': { says: NOTHING },
  'ringback dead-letters list --reason RB_PAYLOAD_INVALID': { says: NOTHING },
  'ringback dead-letters show <id>': { of: { id: 'dead-1' }, says: /"reason": "HTTP 410"/ },
  'ringback quarantine list --reason RB_UNROUTED': { says: / unrouted-1 +callbot\.task\.pending/ },
  'ringback quarantine list --reason RB_BODY': { says: / odd .*RB_BODY_INVALID: the body's field taskID must be string/ },
  'ringback quarantine list --reason RB_REQUEST_ID_REUSED': { says: / same .*same requestID, other body/ },
  'ringback quarantine show <requestID>': { of: { requestID: 'odd' }, says: /"code": "RB_BODY_INVALID"/ },
  'ringback replay --state dropped --output crm --to crm --dry-run': {
    says: /would replay: of [1-9]\d* callbacks [1-9]\d* to crm/,
  },
  'ringback verify --headers headers.txt --body body.json': { code: 1, says: /wrong-secret/ },
  // On a cluster: reshard.test.ts.
  'ringback reshard --to <number>': {
    code: 1,
    of: { number: '2' },
    says: /only on a Redis Cluster is there more than one shard/,
  },
  'curl -i http://127.0.0.1:9080/readyz': { says: /^HTTP\/1\.1 200.*"status":"ready"/s },
  'curl -i http://127.0.0.1:9090/readyz': { says: /^HTTP\/1\.1 200.*"status":"ready"/s },
  'curl -s http://127.0.0.1:9080/readyz': { says: READY },
  'curl -s http://127.0.0.1:9090/readyz': { says: READY },
  'curl -i http://127.0.0.1:8080/': { says: /^HTTP\/1\.1 404.*POST to \/api\/v3\/taskCallback/s },
  'redis-cli info replication': { says: /role:master/ },
  'redis-cli info persistence': { says: /aof_enabled:0/ },
  'redis-cli info memory': { says: /maxmemory:536870912/ },
  'redis-cli time': { says: /^\d{10}\b/ },
  'date +%s': { says: /^\d{10}$/m },
};

/** Reads the settings that `takeNewSettings` put in place. */
export const RELOAD = 'kill -HUP <pid>';

/** These change something: one after the other, with the new settings and a destination that is back. */
export const CHANGES: Readonly<Record<string, Expected>> = {
  'ringback dispatch resume': { says: /dispatching is running/ },
  'ringback quarantine replay --reason RB_UNROUTED --yes': { says: /^replayed 1 of 1$/m },
  'ringback quarantine replay --reason RB_BODY --yes': { code: 1, says: /replayed 0 of 1/ },
  'ringback dead-letters purge <id> --output crm --yes': { of: { id: 'dead-1' }, says: /^purged 1 of 1$/m },
  'ringback dead-letters replay --output crm --yes': { says: /^replayed 1 of 1$/m },
  'ringback dead-letters replay --reason RB_INTERNAL --yes': { code: 1, says: NOTHING },
  'ringback dead-letters replay --reason RB_KEY_MISSING --yes': { code: 1, says: NOTHING },
  'ringback privacy rotate --yes': { says: /^everything that rests is encrypted with key \S{8}$/m },
  'ringback outputs move old crm': { code: 1, says: /would be moved from old to crm: say --yes/ },
  'ringback outputs move old crm --yes': { says: /moved .*from old to crm/ },
  'ringback outputs resume crm': { says: /crm/ },
  'redis-cli config set maxmemory 4gb': { says: /^OK$/ },
  'redis-cli config set maxmemory-policy noeviction': { says: /^OK$/ },
  'redis-cli config set appendonly yes': { says: /^OK$/ },
  'redis-cli config rewrite': { says: /^OK$/ },
  // Nothing hangs here.
  'redis-cli script kill': { code: 1, says: /NOTBUSY/ },
};
