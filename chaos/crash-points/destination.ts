import { createSink, type Halt, type SinkRequest } from '@ringback/testkit/bare';
import { callbacks, deliveryName, type Message, type Output, OUTPUTS } from './messages.ts';

/** One attempt as the destination saw it. */
export type Exchange = {
  readonly output: Output;
  readonly name: string;
  readonly webhookId: string;
  /** Tells connections, hence processes, apart. */
  readonly clientPort: number | undefined;
};

/** One that it took, and when, in ms of `performance.now()`. */
export type Taken = Exchange & { readonly at: number };

/** An exchange stands still until its owner says how to go on: it is completed, or its connection is reset. */
type ExchangeHalt = Pick<Halt, 'release' | 'cut' | 'drop'>;

/** `before`: the destination has not taken the request yet. `after`: it has, and its answer is withheld. */
type ExchangeHook = (exchange: Exchange) => 'before' | 'after' | undefined;

/** The destination of both outputs. It knows each callback, and answers as that one's part in the run asks. */
export type Destination = {
  readonly url: string;
  /** Attempts that it took (200), oldest first. */
  readonly taken: readonly Taken[];
  /** From now on it takes what it refused until it was mended. */
  mend(): void;
  watch(hook: ExchangeHook, onHalt: (halt: ExchangeHalt) => void): void;
  /** Forgets all exchanges. */
  reset(): void;
  close(): Promise<void>;
};

const pass: ExchangeHook = () => undefined;

export async function createDestination(): Promise<Destination> {
  const sink = await createSink();
  const taken: Taken[] = [];
  const counts = new Map<string, number>();
  let mended = false;
  let hook = pass;
  let onHalt: ((halt: ExchangeHalt) => void) | undefined;

  /** Resolves to whether it may go on. */
  const halt = () =>
    new Promise<boolean>((resolve) => {
      const reset = () => resolve(false);
      onHalt?.({ release: () => resolve(true), cut: reset, drop: reset });
    });

  function decide(exchange: Exchange): number {
    const count = counts.get(exchangeKind(exchange)) ?? 0;
    counts.set(exchangeKind(exchange), count + 1);
    const status = statusOf(exchange, { count, mended });
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
    mend: () => void (mended = true),
    watch: (nextHook, nextOnHalt) => void ([hook, onHalt] = [nextHook, nextOnHalt]),
    reset() {
      taken.length = 0;
      counts.clear();
      mended = false;
    },
    close: () => sink.close(),
  };
}

/** Says which delivery it is. */
export const exchangeKind = ({ output, name }: Exchange) => deliveryName(output, name);

function exchangeOf({ path, headers, body, clientPort }: SinkRequest): Exchange {
  const output = OUTPUTS.find((one) => path === `/${one}`);
  const name = /"userTaskID":"([^"]*)"/.exec(body.toString())?.[1];
  if (output === undefined || name === undefined) throw new Error(`not of this run: ${path}`);
  return { output, name, webhookId: String(headers['webhook-id']), clientPort };
}

function statusOf({ output, name }: Exchange, { count, mended }: { count: number; mended: boolean }): number {
  const ends = callbacks.find((message: Message) => message.name === name)?.ends?.[output];
  // What MUST NOT arrive is taken as well: the check tells.
  if (ends === undefined) return 200;
  if (ends === 'mended') return mended ? 200 : 400;
  return ends[Math.min(count, ends.length - 1)] ?? 200;
}
