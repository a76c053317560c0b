/** Every error code with its meaning. A test compares this table with `docs/errors.md`. */
export const ERROR_CODES = {
  // request: why the ingress refused a callback
  RB_HEADER_MISSING: 'a required header is missing',
  RB_HEADER_INVALID: 'a header has an invalid value',
  RB_SIGN_MISSING: 'the request carries no signature',
  RB_SIGN_MISMATCH: 'the signature does not fit the request',
  RB_ACCOUNT_UNKNOWN: 'no configured account has this id',
  RB_ADDRESS_REFUSED: "the address that the request comes from is not one of the source's allowFrom",
  RB_CALLBACK_STALE: 'the callback was signed further from our clock than the source allows',
  RB_BODY_MALFORMED: 'the body is not a JSON object in UTF-8',
  RB_BODY_INCOMPLETE: 'the body lacks a required field',
  RB_BODY_INVALID: 'a field of the body has the wrong type',
  RB_BODY_TOO_LARGE: 'the body is larger than bodyLimit',
  RB_PATH_UNKNOWN: 'no source is configured for this path and method',
  RB_HTTP_MALFORMED: 'the request is not valid HTTP',
  RB_QUEUE_UNAVAILABLE: 'Redis did not take the callback in time',
  RB_REDIS_REFUSES: 'Redis answers, but refuses what the work needs',
  RB_OVERLOADED: 'there is more under way, or more in Redis, than the settings allow',
  RB_DURABILITY_UNMET: 'Redis keeps callbacks less safely than redis.durability asks for',
  RB_SPOOL_FULL: 'Redis is away, and the spool keeps no more',
  RB_SPOOL_FAILED: 'the file of the spool cannot be used',
  RB_INTERNAL: 'a bug of ours',
  // settings
  RB_CONFIG_UNREADABLE: 'the settings file cannot be read',
  RB_CONFIG_INVALID: 'the settings have errors',
  RB_RELOAD_NEEDS_RESTART: 'a setting changed that a process takes only when it starts',
  RB_SECRET_PUBLISHED: 'an account has a public secret',
  RB_SECRET_SHORT: 'a secret of a source has less than 16 bytes',
  // the operator's command
  RB_OUTPUT_UNKNOWN: 'no output has this name',
  RB_OUTPUT_IN_USE: 'an output is in the settings, or a worker that runs still has it',
  // worker
  RB_PAYLOAD_INVALID: 'a queued job does not hold a valid payload',
  RB_JOB_ID_TAKEN: 'another job has the id of a new job',
  RB_PAYLOAD_NEWER: 'a queued job was written by a newer Ringback',
  RB_DELIVERY_RETRY: 'an attempt failed and will be made again',
  RB_DELIVERY_DEAD: 'a delivery is given up and kept as a dead letter',
  RB_KEY_MISSING: 'a body is encrypted with a key that privacy.encrypt.keys does not have',
  RB_BODY_TAMPERED: 'an encrypted body was changed, or belongs to another callback',
  RB_CONDITION_OVERRUN: 'a condition took too long for a callback, and no route matched',
  RB_UNROUTED: 'no route matches a callback: it is kept in quarantine',
  RB_REQUEST_ID_REUSED: 'a request id came again, with another body',
  RB_DISPATCH_PAUSED: 'workers take no callback, since an operator has paused dispatching',
  RB_OUTPUT_REMOVED: 'an output that is not in the settings has deliveries left',
  RB_OUTPUT_FAILING: 'an output fails so often that its deliveries wait in the queue',
  RB_SIGN_FAILING: 'callbacks of one account are refused again and again, and this is the likeliest reason',
  RB_CAPTURE_INVALID: 'a captured request cannot be read',
  RB_CLOCK_SKEW: 'the clock of this process differs from that of Redis',
  RB_TRACES_LOST: 'the receiver of traces does not take them: these spans are lost',
  RB_LOG_DROPPED: 'log lines could not be written and were dropped',
  RB_OUTPUT_BACKLOG: 'more waits for an output than its backlog allows',
  RB_WORKER_STUCK: 'work waits and the worker makes no progress',
  RB_SETTINGS_DIFFER: 'processes of one app run different settings or versions',
  RB_SHARDS_DIFFER: 'Redis was used with another number of shards than redis.shards',
  RB_RESHARDING: 'the number of shards is being changed',
  RB_PREFIX_LEFT: 'something waits in Redis under another prefix that no worker serves',
  RB_REDIS_UNAVAILABLE: 'Redis cannot be reached',
  RB_ALERT_NOT_SENT: 'an alert could not be given to any output',
  // history
  RB_HISTORY_UNAVAILABLE: 'the history cannot be reached, read or written',
  RB_HISTORY_UNUSABLE: 'the history is not one of ours, is damaged, or was made by a newer Ringback',
  RB_HISTORY_GAP: 'something was not written to the history, since its buffer was full or Redis short of memory',
  RB_HISTORY_OFF: 'the command reads the history, and the settings have none',
  RB_REPLAY_DIFFERS: 'a replay with this id was begun with other filters or outputs',
  RB_ADMIN_OPEN: 'the admin port can be reached from other machines, and asks readers of its metrics for nothing',
  RB_PORT_TAKEN: 'a port that the settings name is in use',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

type Options = ErrorOptions & { readonly facts?: RingbackError['facts'] };

/** Messages never hold a secret or personal data. */
export class RingbackError extends Error {
  readonly code: ErrorCode;
  /** For the log, not for the sender. MUST hold no secret and nothing of a body. */
  readonly facts: Readonly<Record<string, string | number>>;

  constructor(code: ErrorCode, message: string, { facts = {}, ...options }: Options = {}) {
    super(message, options);
    this.name = 'RingbackError';
    this.code = code;
    this.facts = facts;
  }
}

/** A body cannot be decrypted: its key is missing, or it is not what was encrypted. */
export function cannotDecrypt(error: unknown): error is RingbackError {
  return error instanceof RingbackError && (error.code === 'RB_KEY_MISSING' || error.code === 'RB_BODY_TAMPERED');
}
