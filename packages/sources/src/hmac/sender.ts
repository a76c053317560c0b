import type { Sender } from '@ringback/contracts';
import { readPlain } from '../http/json-reply.ts';
import { computeHmac } from '../http/hmac.ts';
import { sampleEvent } from '../http/sample-event.ts';
import { MS_PER_S } from '../http/time.ts';
import type { HmacSettings } from './config.ts';
import type { From } from './values.ts';
import { createMessage } from './verifier.ts';

const EVENT = 'invoice.paid';

export function createHmacSender({ name, settings }: { name: string; settings: HmacSettings }): Sender {
  const { signature, timestamp, id, event, businessKey } = settings;
  const toMessage = createMessage(settings);
  return {
    readAnswer: readPlain,
    accounts: [name],
    path: () => settings.path,
    sample({ at, serial = 1, requestID = `evt_${at}_${serial}`, event: happened = EVENT }) {
      const body: Record<string, unknown> = sampleEvent({ at, serial });
      if (id?.json !== undefined) put(body, id.json, requestID);
      if (event?.json !== undefined) put(body, event.json, happened);
      if (businessKey?.json !== undefined) put(body, businessKey.json, `about-${serial}`);
      return JSON.stringify(body);
    },
    sign({ body, requestID, at, event: happened = EVENT }) {
      const text = String(Math.floor(at / MS_PER_S));
      const [secret] = settings.secrets;
      const head = { method: 'POST', path: settings.path, query: '' };
      const message = toMessage(head, { body, timestamp: text, id: Buffer.from(requestID) });
      const { algorithm, encoding, prefix = '' } = signature;
      const sign = computeHmac(secret?.reveal() ?? '', algorithm, message).toString(encoding);
      const fields: [From | undefined, string][] = [
        [timestamp, text],
        [id, Buffer.from(requestID).toString('latin1')],
        [event, happened],
        [businessKey, requestID],
        [signature, `${prefix}${sign}`],
      ];
      const headers: Record<string, string> = { 'content-type': 'application/json' };
      for (const [from, value] of fields) if (from?.header !== undefined) add(headers, from.header, from.field, value);
      return headers;
    },
  };
}

/** Fields of one header become a list: `t=1,v1=abc`. */
function add(headers: Record<string, string>, header: string, field: string | undefined, value: string): void {
  const name = header.toLowerCase();
  if (field === undefined) headers[name] = value;
  else headers[name] = headers[name] === undefined ? `${field}=${value}` : `${headers[name]},${field}=${value}`;
}

function put(body: Record<string, unknown>, path: string, value: string): void {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let at = body;
  for (const key of keys) {
    const inner = at[key];
    const next = isObject(inner) ? inner : {};
    at[key] = next;
    at = next;
  }
  at[last] = value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
