import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { kill, NODE_FLAGS, type OnClose } from './processes.ts';

/** By name. Arguments and results go through structured clone. */
export type Calls = Readonly<Record<string, (argument: never) => unknown>>;

type Result<F extends Calls[string]> = Awaited<ReturnType<F>>;

type Question = { readonly id: number; readonly name: string; readonly argument: unknown };
type Answer = { readonly id: number; readonly value?: unknown; readonly error?: string };

export type Child<C extends Calls> = {
  readonly pid: number;
  /** @throws Error of the other end, or after `withinMs` (a minute) */
  call<K extends keyof C & string>(name: K, argument: Parameters<C[K]>[0], withinMs?: number): Promise<Result<C[K]>>;
};

const ANSWERS_WITHIN_MS = 60_000;

type ChildOptions = { readonly onClose: OnClose; readonly env?: Readonly<Record<string, string>> };

/** `main` MUST call `serve`. It ends if this process is killed. */
export function startChild<C extends Calls>(main: URL, { onClose, env = {} }: ChildOptions): Child<C> {
  const child = fork(fileURLToPath(main), {
    execArgv: NODE_FLAGS,
    env: { ...process.env, ...env },
    serialization: 'advanced',
  });
  onClose(() => kill(child));
  const life = new AbortController();
  child.once('exit', () => life.abort(new Error('it has ended')));
  let lastId = 0;

  async function ask(question: Omit<Question, 'id'>, withinMs: number): Promise<unknown> {
    const id = (lastId += 1);
    const answered = answerTo(child, id, AbortSignal.any([AbortSignal.timeout(withinMs), life.signal])).catch(
      (cause: unknown) => {
        throw new Error(`no answer to ${question.name} within ${withinMs} ms, or it has ended`, { cause });
      },
    );
    child.send({ id, ...question } satisfies Question);
    const { value, error } = await answered;
    if (error !== undefined) throw new Error(`${question.name}: ${error}`);
    return value;
  }

  return {
    pid: child.pid ?? 0,
    call: <K extends keyof C & string>(name: K, argument: Parameters<C[K]>[0], withinMs = ANSWERS_WITHIN_MS) =>
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the other end is this benchmark's own code, of the same type
      ask({ name, argument }, withinMs) as Promise<Result<C[K]>>,
  };
}

async function answerTo(child: ChildProcess, id: number, signal: AbortSignal): Promise<Answer> {
  for (;;) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only `serve` below writes to this channel
    const [answer] = (await once(child, 'message', { signal })) as [Answer];
    if (answer.id === id) return answer;
  }
}

const send = (answer: Answer) => void process.send?.(answer);

/** Serves until the parent ends. */
export function serve(calls: Calls): void {
  // follow-parent.mjs unrefs it.
  process.channel?.ref();
  process.on('message', (question: Question) => {
    const call = calls[question.name];
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the asking end is typed
    const run = async () => call?.(question.argument as never);
    run().then(
      (value) => send({ id: question.id, value }),
      (error: unknown) =>
        send({ id: question.id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
}
