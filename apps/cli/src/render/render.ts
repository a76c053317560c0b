import { type Callback, callbackKey, type HttpRequest, idempotencyKeyOf, RingbackError } from '@ringback/contracts';
import { createOutput } from '@ringback/outputs';
import { maskedOutput } from '@ringback/privacy';
import { sourceTypes } from '@ringback/sources';
import { type Config, unknownName } from '@ringback/config';

/** What an output would send. It has no secret of the settings. The body is masked as for the output. */
export type Rendered =
  | {
      readonly method: 'POST';
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | { readonly line: string };

type Options = { readonly settings: Config; readonly output: string; readonly callback: Callback };

/** ms. Nothing is sent, so this is only for a bug. */
const TIMEOUT_MS = 10_000;

/** Runs the output with a client that sends nothing. @throws RingbackError RB_OUTPUT_UNKNOWN or RB_CONFIG_INVALID */
export async function render({ settings, output: name, callback }: Options): Promise<Rendered> {
  const stanza = settings.outputs.find((output) => output.name === name);
  if (!stanza) throw outputUnknown(name, settings);
  const types = new Map(settings.sources.map((source) => [source.name, source.type]));
  let rendered: Rendered | undefined;
  const http = {
    async post(request: HttpRequest) {
      rendered = shown(request);
      return { status: 200, headers: {}, text: '' };
    },
    close: async () => {},
  };
  const writeLine = async (line: string) => void (rendered = { line });
  const output = maskedOutput({
    output: createOutput(stanza, { http, writeLine, now: Date.now, sourceTypeOf: (source) => types.get(source) }),
    settings: stanza.delivery.mask,
    personalOf: (source) => sourceTypes[types.get(source) ?? '']?.personal,
  });
  const delivery = { callback, output: name, attempt: 1, idempotencyKey: idempotencyKeyOf(callback, callbackKey(callback)) };
  await output.deliver(delivery, AbortSignal.timeout(TIMEOUT_MS));
  if (rendered === undefined) throw new TypeError(`output ${name} sent nothing`);
  return rendered;
}

function outputUnknown(name: string, { outputs }: Pick<Config, 'outputs'>): RingbackError {
  const known = outputs.map((output) => output.name);
  return new RingbackError('RB_OUTPUT_UNKNOWN', `no output is called ${name}: ${unknownName(name, known)}`);
}

/** The URL and every header of the settings may be a secret, and so may a signature help to find one. */
const SHOWN_HEADERS = new Set(['content-type', 'webhook-id', 'webhook-timestamp', 'idempotency-key']);

function shown({ url, headers, body }: HttpRequest): Rendered {
  const { origin, pathname, search } = new URL(url);
  const path = pathname === '/' && search === '' ? '/' : '/[redacted]';
  const visible = Object.entries(headers).map(([key, value]) => [key, SHOWN_HEADERS.has(key) ? value : '[redacted]'] as const);
  return { method: 'POST', url: origin + path, headers: Object.fromEntries(visible), body: body.toString() };
}
