import type { BodyCodec } from './body-codec.ts';

type Identity = { readonly source?: unknown; readonly account?: unknown };

/** A payload of a job or of what rests, with every body in it changed, such as by `open`. @throws as `change` */
export function changeBodies(value: unknown, change: BodyCodec['open'], group: Identity = {}): unknown {
  if (Array.isArray(value)) return value.map((part) => changeBodies(part, change, group));
  if (typeof value !== 'object' || value === null) return value;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const { source, account } = { ...group, ...fields };
  const { id, body } = fields;
  if (typeof body === 'string' && typeof id === 'string')
    return { ...fields, body: change({ id, source: String(source), account: String(account), body }).body };
  // Callbacks of a group have its source and account.
  return Object.fromEntries(Object.entries(fields).map(([key, part]) => [key, changeBodies(part, change, { source, account })]));
}
