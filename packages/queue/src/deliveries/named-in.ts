import type { Callback } from '@ringback/contracts';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';

/** Which deliveries a job has. */
export type NamedDeliveries = {
  readonly batch: string;
  readonly callbacks: readonly NamedCallback[];
  /** A job of one delivery, which goes on after a failure. */
  readonly alone: boolean;
};

type NamedCallback = Pick<Callback, 'id' | 'source' | 'account' | 'receivedAt'>;

const own = { id: Type.String(), receivedAt: Type.Integer() };
const from = { source: Type.String(), account: Type.String() };
const single = Compile(
  Type.Object({ kind: Type.Literal('single'), batch: Type.String(), callback: Type.Object({ ...own, ...from }) }),
);
const groups = Type.Array(Type.Object({ ...from, callbacks: Type.Array(Type.Object(own)) }));
const together = Compile(Type.Object({ kind: Type.Literal('batch'), batch: Type.String(), groups }));

/** What a payload that is damaged elsewhere still names. Undefined: it names none. */
export function namedIn(data: unknown): NamedDeliveries | undefined {
  if (single.Check(data)) return { batch: data.batch, callbacks: [data.callback], alone: true };
  if (!together.Check(data)) return undefined;
  const callbacks = data.groups.flatMap(({ source, account, callbacks: all }) =>
    all.map(({ id, receivedAt }) => ({ id, receivedAt, source, account })),
  );
  return { batch: data.batch, callbacks, alone: false };
}
