import { callbackKey } from '@ringback/contracts';
import { SAMPLE_ACCOUNT, taskBody } from '@ringback/testkit/bare';
import { SOURCE } from '../settings.ts';

/** The body holds the name, so that the destination knows it. */
export type Message = {
  readonly name: string;
  readonly requestID: string;
  readonly body: string;
  /** Absent: no callback of its own; MUST NOT arrive. */
  readonly ends?: Readonly<Record<Output, End>>;
};

export const OUTPUTS = ['crm', 'ops'] as const;
export type Output = (typeof OUTPUTS)[number];
/** Statuses of the answers; the last one repeats. `recovered`: 400 until then, then 200. */
type End = readonly number[] | 'recovered';

const TAKEN: End = [200];
const bodyOf = (name: string) => taskBody({ userTaskID: name });

function message(name: string, ops: End = TAKEN, requestID = name): Message {
  return { name, requestID, body: bodyOf(name), ends: { crm: TAKEN, ops } };
}

const plain = message('plain');
const other = message('other');
const refused = message('refused', [400]);

/** By their part. */
export const messages = {
  plain,
  other,
  retried: message('retried', [503, 200]),
  replayed: message('replayed', 'recovered'),
  /** A dead letter for good. */
  refused,
  duplicate: { name: 'duplicate', requestID: plain.requestID, body: plain.body },
  conflict: { name: 'conflict', requestID: other.requestID, body: bodyOf('conflict') },
  unfit: { name: 'unfit', requestID: 'unfit', body: taskBody({ userTaskID: 'unfit', taskID: 1 }) },
  spooled: message('spooled'),
  spooledToo: message('spooled-too'),
  /** Under the requestID of a dead letter after the dedupe window: a new callback. */
  afterWindow: message('after-window', [503, 200], refused.requestID),
} as const satisfies Readonly<Record<string, Message>>;

/** Each has two deliveries. */
export const callbacks: readonly Message[] = Object.values<Message>(messages).filter(({ ends }) => ends !== undefined);

/** As in the ledger. */
export function keyOf({ requestID }: Pick<Message, 'requestID'>): string {
  return callbackKey({ source: SOURCE, account: SAMPLE_ACCOUNT.uuid, id: requestID });
}

export const deliveryName = (output: string, name: string) => `${name} at ${output}`;
