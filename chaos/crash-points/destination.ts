import { createSink, type Halt, type SinkRequest } from '@ringback/testkit/bare';
import { callbacks, deliveryName, type Message, type Output, OUTPUTS } from './messages.ts';

export type Exchange = {
  readonly output: Output;
  readonly name: string;
  readonly webhookId: string;
  /** Tells processes apart. */
  readonly clientPort: number | undefined;
};

/** `at`: ms of `performance.now()`. */
export type Taken = Exchange & { readonly at: number };

/** Stopped until it is completed or its connection is reset. */
type ExchangeHalt = Pick<Halt, 'release' | 'cut' | 'drop'>;

/** `before`: the request is not taken yet. `after`: it is, and its answer is withheld. */
type ExchangeHook = (exchange: Exchange) => 'before' | 'after' | undefined;

/** Answers each callback as its part in the run asks. */
export type Destination = {
  readonly url: string;
  /** Answered with 200, oldest first. */
  readonly taken: readonly Taken[];
  /** Clients' connections that are open. */
  connections(): Promise<number>;
  /** From now on it takes what it refused. */
  recover(): void;
  watch(hook: ExchangeHook, onHalt: (halt: ExchangeHalt) => void): void;
  reset(): void;
  close(): Promise<void>;
};

const pass: ExchangeHook = () => undefined;

export async function createDestination(): Promise<Destination> {
  const sink = await createSink();
  const taken: Taken[] = [];
  const counts = new Map<string, number>();
  let recovered = false;
  let hook = pass;
  let onHalt: ((halt: ExchangeHalt) => void) | undefined;

  /** True if it may go on. */
  const halt = () =>
    new Promise<boolean>((resolve) => {
      const reset = () => resolve(false);
      onHalt?.({ release: () => resolve(true), cut: reset, drop: reset });
    });

  function decide(exchange: Exchange): number {
    const count = counts.get(exchangeKind(exchange)) ?? 0;
    counts.set(exchangeKind(exchange), count + 1);
    const status = statusOf(exchange, { count, recovered });
    if (status === 200) taken.push({ ...exchange, at: performance.now() });
    return status;
  }

  sink.answer(async (_, request) => {
    const exchange = exchangeOf(request);
    const side = hook(exchange);
    if (side === 'before' && !(await halt())) return 'reset';
    const status = decide(exchange);
    return side === 'after' && !(await halt()) ? 'reset' : status;
  });

  return {
    url: sink.url,
    taken,
    connections: () => sink.connections(),
    recover: () => void (recovered = true),
    watch: (nextHook, nextOnHalt) => void ([hook, onHalt] = [nextHook, nextOnHalt]),
    reset() {
      taken.length = 0;
      counts.clear();
      recovered = false;
    },
    close: () => sink.close(),
  };
}

export const exchangeKind = ({ output, name }: Exchange) => deliveryName(output, name);

function exchangeOf({ path, headers, body, clientPort }: SinkRequest): Exchange {
  const output = OUTPUTS.find((one) => path === `/${one}`);
  const name = /"userTaskID":"([^"]*)"/.exec(body.toString())?.[1];
  if (output === undefined || name === undefined) throw new Error(`not of this run: ${path}`);
  return { output, name, webhookId: String(headers['webhook-id']), clientPort };
}

function statusOf({ output, name }: Exchange, { count, recovered }: { count: number; recovered: boolean }): number {
  const ends = callbacks.find((message: Message) => message.name === name)?.ends?.[output];
  // Also what MUST NOT arrive: the check finds it.
  if (ends === undefined) return 200;
  if (ends === 'recovered') return recovered ? 200 : 400;
  return ends[Math.min(count, ends.length - 1)] ?? 200;
}
