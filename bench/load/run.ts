import { createHistogram } from 'node:perf_hooks';
import { micros } from '../clock.ts';
import { type Connection, openConnections } from './connection.ts';

export type LoadOptions = {
  /** Each gets an equal share of connections. */
  readonly urls: readonly string[];
  readonly requests: readonly Buffer[];
  readonly connections: number;
  /** Per second, in an open loop. Absent: each connection sends once it is answered. */
  readonly rate?: number | undefined;
};

export type LoadResult = {
  readonly acked: number;
  readonly refused: number;
  /** First request to last answer. */
  readonly ms: number;
  /** Of the load generator. */
  readonly cpuMs: number;
  /** Of all requests. */
  readonly bytes: number;
  /** From when a request was due to its answer, ms. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
};

/** By `micros()`. */
type Times = { readonly acked: number; readonly due: Float64Array; readonly answered: Float64Array };

/** Waits for all answers. */
export async function runLoad(options: LoadOptions): Promise<{ result: LoadResult; answered: Float64Array }> {
  const connections = await openConnections(options.urls, options.connections);
  const cpuBefore = process.cpuUsage();
  const started = micros();
  const { acked, due, answered } = await sendAll({ ...options, connections, started });
  const ms = (micros() - started) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  for (const connection of connections) connection.close();
  const bytes = options.requests.reduce((sum, request) => sum + request.length, 0);
  const counts = { acked, refused: due.length - acked, bytes };
  return { result: { ...counts, ms, cpuMs: (user + system) / 1000, ...percentiles({ due, answered }) }, answered };
}

type SendOptions = Pick<LoadOptions, 'requests' | 'rate'> & {
  readonly connections: readonly Connection[];
  readonly started: number;
};

function sendAll({ requests, rate, connections, started }: SendOptions): Promise<Times> {
  const due = new Float64Array(requests.length);
  const answered = new Float64Array(requests.length);
  const idle = [...connections];
  let [next, answers, acked] = [0, 0, 0];

  return new Promise((resolve) => {
    function sendDue(): void {
      for (let request = requests[next]; request; request = requests[next]) {
        const now = micros();
        const at = rate === undefined ? now : started + (next * 1e6) / rate;
        const connection = at <= now ? idle.pop() : undefined;
        if (!connection) return;
        due[next] = at;
        sendOne(connection, request, next);
        next += 1;
      }
    }

    function sendOne(connection: Connection, request: Buffer, index: number): void {
      connection.send(request, (isAck) => {
        answered[index] = micros();
        answers += 1;
        if (isAck) acked += 1;
        idle.push(connection);
        if (answers === requests.length) resolve({ acked, due, answered });
        else sendDue();
      });
    }

    const tick = () => {
      sendDue();
      // Between answers: sends what is due.
      if (rate !== undefined && next < requests.length) setTimeout(tick, 1);
    };
    tick();
  });
}

/** HDR, three digits. */
function percentiles({ due, answered }: Pick<Times, 'due' | 'answered'>): Pick<LoadResult, 'p50' | 'p99' | 'p999'> {
  const histogram = createHistogram({ figures: 3 });
  answered.forEach((at, index) => histogram.record(Math.max(1, Math.round(at - (due[index] ?? at)))));
  const ms = (percentile: number) => histogram.percentile(percentile) / 1000;
  return { p50: ms(50), p99: ms(99), p999: ms(99.9) };
}
