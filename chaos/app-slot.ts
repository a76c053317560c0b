import { type AppProcess, spawnApp, until } from '@ringback/testkit/bare';

/** A place for one process after another. */
export type AppSlot = {
  readonly name: string;
  /** Undefined while none is up. For a worker: its admin port. */
  readonly url: () => string | undefined;
  readonly pid: () => number | undefined;
  /** The first line with this message of the current process. */
  readonly line: (message: string) => Promise<Readonly<Record<string, unknown>>>;
  readonly lines: () => AppProcess['lines'];
  /** From `/readyz`. */
  readonly readiness: () => Promise<Readiness>;
  /** Waits until the process is up. */
  readonly start: () => Promise<void>;
  /** SIGKILL. The URL stays until the next start: a load balancer would not know at once. */
  readonly kill: () => Promise<unknown>;
  /** SIGTERM. Resolves with the exit code. */
  readonly stop: () => Promise<number | null>;
  /** Starts a new process, then stops the old one by SIGTERM; resolves with its exit code. */
  readonly replace: (silent?: Silent) => Promise<number | null>;
  readonly stdout: () => AppProcess['stdout'] | undefined;
  readonly close: () => Promise<void>;
};

/** Its log goes elsewhere, so its port must be known. */
export type Silent = {
  /** A file descriptor. */
  readonly stdout: number;
  readonly env: Readonly<Record<string, string>>;
  readonly url: string;
  readonly adminUrl: string;
};

export type Readiness = {
  readonly ready: boolean;
  /** Why it is not ready. */
  readonly reasons: readonly string[];
  readonly spooling: number;
};

export type AppSlotOptions = {
  readonly app: 'ingress' | 'worker';
  readonly number: number;
  readonly env: Readonly<Record<string, string>>;
};

const COMES_UP_WITHIN_MS = 60_000;
const ANSWERS_WITHIN_MS = 10_000;

/** Empty until `start`. */
export function createAppSlot({ app, number, env }: AppSlotOptions): AppSlot {
  const running = new Set<AppProcess>();
  const launch = async (silent?: Silent) => {
    const process = spawnApp({ app, env: { ...env, ...silent?.env, SLOT: `${app}-${number}` }, stdout: silent?.stdout });
    running.add(process);
    void process.exit.then(() => running.delete(process));
    if (silent) {
      await until(() => isReady(silent.adminUrl), { withinMs: COMES_UP_WITHIN_MS, what: () => `${app} to be ready` });
      return { process, ...silent };
    }
    // If it ends instead, nobody waits for the deadline.
    const line = await Promise.race([process.line(`${app} is up`), process.exit.then(() => undefined)]);
    if (line === undefined) throw new Error(`${app} did not come up: ${JSON.stringify(process.lines.at(-1))}`);
    const { adminUrl, url = adminUrl } = line;
    return { process, adminUrl: String(adminUrl), url: String(url) };
  };
  let current: Awaited<ReturnType<typeof launch>> | undefined;
  return {
    name: `${app} ${number}`,
    url: () => current?.url,
    pid: () => current?.process.pid,
    line: (message) => current?.process.line(message) ?? Promise.reject(new Error('no process runs')),
    lines: () => current?.process.lines ?? [],
    readiness: () => askReadiness(current?.adminUrl ?? ''),
    async start() {
      current = await launch();
    },
    kill: () => current?.process.stop('SIGKILL') ?? Promise.resolve(null),
    stop: () => current?.process.stop() ?? Promise.resolve(null),
    stdout: () => current?.process.stdout,
    async replace(silent) {
      const old = current?.process;
      current = await launch(silent);
      return old === undefined ? null : old.stop('SIGTERM');
    },
    async close() {
      await Promise.all([...running].map((process) => process.stop('SIGKILL')));
    },
  };
}

async function isReady(adminUrl: string): Promise<boolean> {
  return askReadiness(adminUrl).then(
    ({ ready }) => ready,
    () => false,
  );
}

async function askReadiness(adminUrl: string): Promise<Readiness> {
  const response = await fetch(new URL('/readyz', adminUrl), { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own answer
  const { spooling = 0, reasons = [] } = (await response.json()) as { spooling?: number; reasons?: string[] };
  return { ready: response.ok, reasons, spooling };
}
