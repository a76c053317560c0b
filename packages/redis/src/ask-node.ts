import { Redis, type RedisOptions } from 'ioredis';
import { type Place, placeText } from './address.ts';
import { NoPrimary } from './no-primary.ts';
import { codeOf, isReply, NETWORK, type Trouble, troubleOf } from './trouble.ts';

/** For the connection, and for each command. ms. */
const ANSWERS_WITHIN_MS = 1000;

export type Asked = {
  readonly node: Place;
  readonly credentials: Pick<RedisOptions, 'username' | 'password' | 'tls'>;
  readonly commands: readonly (readonly [name: string, ...args: string[]])[];
  readonly signal: AbortSignal;
};

/** Rejects with the error reply, or with why there is no connection. */
export async function askNode({ node, credentials, commands, signal }: Asked): Promise<readonly unknown[]> {
  const redis = new Redis({
    ...node,
    ...credentials,
    lazyConnect: true,
    retryStrategy: null,
    enableReadyCheck: false,
    disableClientInfo: true,
    connectTimeout: ANSWERS_WITHIN_MS,
    commandTimeout: ANSWERS_WITHIN_MS,
  });
  let cause: Error | undefined;
  redis.on('error', (error: Error) => (cause ??= error));
  const stop = () => redis.disconnect();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await redis.connect();
    return await Promise.all(commands.map(([name, ...args]) => redis.call(name, ...args)));
  } catch (error) {
    throw isReply(error) ? error : (cause ?? error);
  } finally {
    signal.removeEventListener('abort', stop);
    redis.disconnect();
  }
}

export type Failure = { readonly node: Place; readonly error: unknown };

/** Each call begins with the next node: one that knows only yesterday's primary MUST NOT be believed for ever. */
export function askInTurn<T>({ nodes, ask, explain }: AskInTurn<T>): (signal: AbortSignal) => Promise<T> {
  let calls = 0;
  return async (signal) => {
    const all = nodes();
    const first = calls % all.length;
    calls += 1;
    const failures: Failure[] = [];
    for (const node of [...all.slice(first), ...all.slice(0, first)]) {
      try {
        return await ask(node, signal);
      } catch (error) {
        signal.throwIfAborted();
        failures.push({ node, error });
      }
    }
    throw new NoPrimary(explain(failures));
  };
}

type AskInTurn<T> = {
  readonly nodes: () => readonly Place[];
  readonly ask: (node: Place, signal: AbortSignal) => Promise<T>;
  readonly explain: (failures: readonly Failure[]) => Trouble;
};

/** What an operator can fix comes before a node that is away. */
export function commonTrouble(failures: readonly Failure[], { what, where }: { what: string; where: string }): Trouble {
  const troubles = failures.map(({ node, error }) => ({ ...troubleOf(error), at: placeText(node), code: codeOfFailure(error) }));
  const mendable = troubles.find(({ kind }) => kind !== NETWORK);
  if (mendable) return { kind: mendable.kind, reason: `${mendable.reason} (said by ${mendable.at})` };
  const each = troubles.map(({ at, code, reason }) => `${at}: ${code === '' ? reason : code}`);
  return { kind: NETWORK, reason: `${what} can be reached (${each.join('; ')}). Start them, or correct ${where}` };
}

function codeOfFailure(error: unknown): string {
  return error instanceof Error ? codeOf(error) : '';
}
