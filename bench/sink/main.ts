// The destination: answers 200, counts, notes arrival times.
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { serve } from '../child.ts';
import { micros } from '../clock.ts';
import { indexIn } from '../load/requests.ts';
import { urlOf } from '../url-of.ts';
import { readRequests } from './read-requests.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';

export type SinkCalls = ReturnType<typeof createSink>['calls'];

function createSink(server: Server) {
  let count = 0;
  let bytes = 0;
  let delayMs = 0;
  let lastAt = 0;
  let arrivals = new Float64Array(0);
  let onCount: { until: number; resolve: () => void } | undefined;

  function take(socket: Socket, request: string): void {
    lastAt = micros();
    count += 1;
    bytes += request.length;
    if (arrivals.length > 0) arrivals[indexIn(request)] = lastAt;
    if (delayMs === 0) socket.write(OK);
    else setTimeout(() => socket.write(OK), delayMs);
    if (onCount && count >= onCount.until) onCount.resolve();
  }

  const calls = {
    url: (): string => urlOf(server),
    /** Notes arrivals of the first `noted` callbacks. */
    reset(options: { delayMs: number; noted: number }): void {
      count = 0;
      bytes = 0;
      ({ delayMs } = options);
      arrivals = new Float64Array(options.noted);
    },
    /** Resolves with the time of the last, by `micros()`. The caller sets the deadline. */
    async counted(until: number): Promise<number> {
      if (count < until) await new Promise<void>((resolve) => (onCount = { until, resolve }));
      onCount = undefined;
      return lastAt;
    },
    /** More than expected are repeats. */
    count: (): number => count,
    /** Of the requests. */
    bytes: (): number => bytes,
    arrivals: (): Float64Array => arrivals,
  };
  return { take, calls };
}

const server = createServer({ noDelay: true });
const sink = createSink(server);
server.on('connection', (socket) => readRequests(socket, (request) => sink.take(socket, request)));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
serve(sink.calls);
