import { Callback, RingbackError } from '@ringback/contracts';
import { DELIVERY_STATES, type HistoryRows, NO_ROWS } from '@ringback/history';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';

const time = Type.Integer();
const count = Type.Integer({ minimum: 0 });
const ref = { key: Type.String(), receivedAt: time };
const fault = Type.Optional(Type.Enum(['theirs', 'ours']));
const text = Type.Optional(Type.String());

const { body: _body, ...identity } = Callback.properties;

/** Further fields are kept: a later version may have them. */
const SCHEMAS = {
  callbacks: Type.Object({
    ...identity,
    ...ref,
    body: text,
    batch: Type.String(),
    dispatchedAt: time,
    settings: Type.String(),
    fate: Type.Object({ routes: Type.Array(Type.Integer()), to: Type.Array(Type.String()) }),
    subjects: Type.Object({}),
  }),
  repeats: Type.Object({ ...ref, as: Type.Enum(['duplicate', 'conflict']) }),
  deliveries: Type.Object({
    ...ref,
    output: Type.String(),
    state: Type.Enum([...DELIVERY_STATES]),
    at: time,
    reason: text,
    fault,
    parkedAt: Type.Optional(time),
    returnedAt: Type.Optional(time),
  }),
  attempts: Type.Object({
    ...ref,
    output: Type.String(),
    number: Type.Integer({ minimum: 1 }),
    at: time,
    ms: count,
    outcome: Type.Enum(['delivered', 'retry', 'dead']),
    reason: text,
    fault,
  }),
  refusals: Type.Object({ process: Type.String(), minute: time, source: text, code: Type.String(), count }),
  actions: Type.Object({
    id: Type.String(),
    at: time,
    by: Type.String(),
    command: Type.String(),
    facts: Type.Object({}),
    callbacks: Type.Array(Type.Object(ref)),
  }),
  gaps: Type.Object({ id: Type.String(), from: time, to: time, callbacks: count, attempts: count, reason: Type.String() }),
} as const;

type Kind = keyof HistoryRows;
const KINDS = Object.keys(NO_ROWS).filter((kind): kind is Kind => kind in SCHEMAS);

const line = Compile(Type.Union(KINDS.map((kind) => Type.Object({ kind: Type.Literal(kind), row: SCHEMAS[kind] }))));

/** One JSON text for each row, in an order in which they can be written again. */
export function* linesOf(rows: HistoryRows): Generator<string> {
  for (const kind of KINDS) for (const row of rows[kind]) yield JSON.stringify({ kind, row });
}

/** @throws RingbackError RB_PAYLOAD_INVALID, without the line: it holds personal data */
export function rowOfLine(content: string, number: number): { readonly kind: Kind; readonly row: object } {
  const value = parse(content);
  if (line.Check(value)) return value;
  throw new RingbackError('RB_PAYLOAD_INVALID', `line ${number} is no row of an exported history`);
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

/** Rows of one portion. */
export function rowsOfLines(lines: readonly { readonly kind: Kind; readonly row: object }[]): HistoryRows {
  const byKind = Map.groupBy(lines, ({ kind }) => kind);
  const rows = Object.fromEntries(KINDS.map((kind) => [kind, (byKind.get(kind) ?? []).map(({ row }) => row)]));
  // Each row was checked against the schema of its kind.
  return { ...NO_ROWS, ...rows };
}
