import type { Callback } from '@ringback/contracts';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';

/** Which deliveries a job has. */
export type NamedDeliveries = {
  readonly batch: string;
  readonly callbacks: readonly NamedCallback[];
  /** A job of one delivery, which goes on after a failure. */
  readonly alone: boolean;
};

export type NamedCallback = Pick<Callback, 'id' | 'source' | 'account' | 'receivedAt'> & Partial<Traced>;
type Traced = Pick<Callback, 'type' | 'traceparent' | 'tracestate'>;

const maybe = Type.Optional(Type.Unknown());
const own = { id: Type.String(), receivedAt: Type.Integer(), traceparent: maybe, tracestate: maybe };
const from = { source: Type.String(), account: Type.String(), type: maybe };
const single = Compile(
  Type.Object({ kind: Type.Literal('single'), batch: Type.String(), callback: Type.Object({ ...own, ...from }) }),
);
const groups = Type.Array(Type.Object({ ...from, callbacks: Type.Array(Type.Object(own)) }));
const together = Compile(Type.Object({ kind: Type.Literal('batch'), batch: Type.String(), groups }));

/** What a payload that is damaged elsewhere still names. Undefined: it names none. */
export function namedIn(data: unknown): NamedDeliveries | undefined {
  if (single.Check(data)) {
    const { id, receivedAt, source, account, ...rest } = data.callback;
    return { batch: data.batch, callbacks: [{ id, receivedAt, source, account, ...textsIn(rest) }], alone: true };
  }
  if (!together.Check(data)) return undefined;
  return { batch: data.batch, callbacks: inGroups(data.groups), alone: false };
}

const undispatched = Compile(Type.Object({ groups }));

/** The same for a batch of callbacks. */
export function callbacksNamedIn(data: unknown): readonly NamedCallback[] {
  return undispatched.Check(data) ? inGroups(data.groups) : [];
}

function inGroups(named: Static<typeof groups>): NamedCallback[] {
  return named.flatMap(({ source, account, type, callbacks }) =>
    callbacks.map(({ id, receivedAt, ...rest }) => ({ id, receivedAt, source, account, ...textsIn({ ...rest, type }) })),
  );
}

/** Without them, the deliveries are still named. */
function textsIn({ type, traceparent, tracestate }: { readonly [Key in keyof Traced]?: unknown }): Partial<Traced> {
  return {
    ...(typeof type === 'string' && { type }),
    ...(typeof traceparent === 'string' && { traceparent }),
    ...(typeof tracestate === 'string' && { tracestate }),
  };
}
