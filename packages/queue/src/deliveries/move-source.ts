import { type Callback, callbacksOf, DeliveryPayload, type SingleDelivery } from '@ringback/contracts';
import { Compile } from 'typebox/compile';
import { type Bodies, isUnreadable } from './bodies/bodies.ts';

const payload = Compile(DeliveryPayload);

/** What an output's queue or held list has, with its bodies. */
export type Source = {
  readonly kind: DeliveryPayload['kind'];
  readonly batch: string;
  readonly callbacks: readonly Callback[];
  /** The id of stored bodies. */
  readonly stored?: string;
  readonly refused?: string | undefined;
  /** The delivery, if it has a job of its own. */
  readonly single?: SingleDelivery;
};

type Reading = { readonly bodies: Pick<Bodies, 'read'>; readonly from: string };

/** Undefined: no payload of ours. */
export async function sourceOf(data: unknown, options: Reading): Promise<Source | undefined> {
  if (!payload.Check(data)) return undefined;
  switch (data.kind) {
    case 'batch':
      return { kind: data.kind, batch: data.batch, callbacks: callbacksOf(data) };
    case 'single':
      return { kind: data.kind, batch: data.batch, callbacks: [data.callback], refused: data.refused, single: data };
    case 'reference': {
      const source = await readSource(options, data.bodies);
      return source && { ...source, refused: data.refused };
    }
    default:
      return data satisfies never;
  }
}

/** Undefined: it cannot be read. */
export async function readSource({ bodies, from }: Reading, stored: string): Promise<Source | undefined> {
  try {
    // The bodies are gone: it was delivered.
    const content = (await bodies.read(stored, from)) ?? { batch: stored, callbacks: [] };
    return { kind: 'reference', stored, batch: content.batch, callbacks: content.callbacks };
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}
