// The worker's baseline: undici pools that post the same requests, signed beforehand.
import { callbackKey, type Callback, type HttpRequest } from '@ringback/contracts';
import { createOutput } from '@ringback/outputs';
import { Pool } from 'undici';
import { serve } from '../child.ts';
import { micros } from '../clock.ts';
import { sampleCallback } from '../load/requests.ts';
import { readSettings } from '../settings.ts';

export type BarePoolCalls = ReturnType<typeof createBarePool>;

type PreparedRequest = {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
};

function createBarePool() {
  const { outputs } = readSettings(process.env);
  let prepared: { requests: PreparedRequest[]; pool: Pool }[] = [];

  return {
    /** For the first `outputs` outputs. */
    async prepare({
      count,
      outputs: lanes,
      concurrency,
    }: {
      count: number;
      outputs: number;
      concurrency: number;
    }): Promise<void> {
      await Promise.all(prepared.map(({ pool }) => pool.close()));
      prepared = await Promise.all(
        outputs.slice(0, lanes).map(async (settings) => {
          const requests = await writeRequests(settings, count);
          const pool = new Pool(new URL(requests[0]?.url ?? '').origin, {
            connections: concurrency,
            headersTimeout: 0,
            bodyTimeout: 0,
          });
          return { pool, requests: requests.map(({ url, headers, body }) => ({ path: new URL(url).pathname, headers, body })) };
        }),
      );
    },
    /** Resolves with each time to the answer, ms. */
    async run({ concurrency }: { concurrency: number }): Promise<Float64Array> {
      const times = await Promise.all(prepared.map(({ pool, requests }) => post({ pool, requests, concurrency })));
      return Float64Array.from(times.flat());
    },
  };
}

/** Captured from the webhook output. */
async function writeRequests(settings: Parameters<typeof createOutput>[0], count: number): Promise<HttpRequest[]> {
  const requests: HttpRequest[] = [];
  const http = {
    post: async (request: HttpRequest) => {
      requests.push(request);
      return { status: 200, headers: {}, text: '' };
    },
    close: async () => {},
  };
  const output = createOutput(settings, { http, writeLine: async () => {}, now: Date.now, sourceTypeOf: () => undefined });
  const { signal } = new AbortController();
  for (let index = 0; index < count; index += 1) {
    const callback: Callback = sampleCallback(index);
    await output.deliver({ callback, output: settings.name, attempt: 1, idempotencyKey: `msg_${callbackKey(callback)}` }, signal);
  }
  return requests;
}

async function post(options: { pool: Pool; requests: readonly PreparedRequest[]; concurrency: number }): Promise<number[]> {
  const times: number[] = [];
  const left = options.requests.values();
  const lane = async () => {
    for (const request of left) {
      const started = micros();
      const answer = await options.pool.request({ ...request, method: 'POST' });
      await answer.body.dump();
      times.push((micros() - started) / 1000);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, lane));
  return times;
}

serve(createBarePool());
