import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { type Checkout, createCheckout, isRunning } from './test-checkout.ts';

const DEADLINE = { timeout: 20_000, interval: 20 };

/** An operator's command that writes down how it was run and what it gets. */
const COMMAND = `
import { appendFileSync } from 'node:fs';
const [what, ...rest] = process.argv.slice(2);
console.log(JSON.stringify(rest));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    appendFileSync('signals', signal + '\\n');
    if (signal === 'SIGTERM') process.exit(0);
  });
}
if (what === 'exit') process.exit(Number(rest[0]));
if (what === 'die') process.kill(process.pid, 'SIGKILL');
if (what === 'wait') {
  setInterval(() => {}, 1000);
  appendFileSync('pids', process.pid + '\\n');
}
`;

const INSTALLS = 'echo "$@" >> installs; mkdir -p node_modules; echo "pnpm chatter"';

async function checkout(npx: string): Promise<Checkout> {
  const made = await createCheckout();
  await made.write('apps/cli/src/main.ts', COMMAND);
  await made.program('npx', npx);
  return made;
}

const launch = (made: Checkout, ...args: string[]) => made.run(['scripts/launch.mjs', 'ringback', ...args]);

async function waiting(made: Checkout) {
  const running = launch(made, 'wait');
  const pid = await vi.waitFor(async () => {
    const [line] = await made.lines('pids');
    if (line === undefined) throw new Error('the command does not run yet');
    return Number(line);
  }, DEADLINE);
  return { running, pid };
}

describe('installing', () => {
  it('happens once, before the command, and leaves stdout to the command', async () => {
    const made = await checkout(INSTALLS);
    const first = launch(made, 'say', 'a b', '--flag');
    expect(await first.ended).toEqual({ code: 0, signal: null });
    expect(first.stdout()).toBe('["a b","--flag"]\n');
    expect(first.stderr()).toContain('installing dependencies');
    const second = launch(made, 'say');
    await second.ended;
    expect(second.stderr()).toBe('');
    expect(await made.lines('installs')).toEqual(['--yes pnpm@12.21.0 install --frozen-lockfile']);
  });

  it('happens again when the lockfile or a manifest has changed', async () => {
    const made = await checkout(INSTALLS);
    await launch(made, 'say').ended;
    await made.write('pnpm-lock.yaml', 'lockfileVersion: 10');
    await launch(made, 'say').ended;
    await made.write('packages/new/package.json', '{}');
    await launch(made, 'say').ended;
    expect(await made.lines('installs')).toHaveLength(3);
  });

  it('happens once for two at a time', async () => {
    const made = await checkout(`${INSTALLS}; until [ -e go ]; do sleep 0.05; done`);
    const both = [launch(made, 'say', '1'), launch(made, 'say', '2')];
    await vi.waitFor(() => expect(both.map((one) => one.stderr()).join('')).toContain('waiting for another install'), DEADLINE);
    await made.write('go', '');
    expect(await Promise.all(both.map((one) => one.ended))).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
    expect(await made.lines('installs')).toHaveLength(1);
  });

  it('fails with what pnpm said, and is tried again the next time', async () => {
    const made = await checkout(`${INSTALLS}; echo "ERR_PNPM_SOMETHING"; exit 1`);
    const first = launch(made, 'say');
    expect(await first.ended).toEqual({ code: 1, signal: null });
    expect(first.stderr()).toContain('ERR_PNPM_SOMETHING');
    expect(first.stderr()).toContain('could not be installed');
    expect(first.stdout()).toBe('');
    await launch(made, 'say').ended;
    expect(await made.lines('installs')).toHaveLength(2);
  });

  it('says so when the registry cannot be reached', async () => {
    const made = await checkout('echo "request failed: getaddrinfo ENOTFOUND registry.invalid" >&2; exit 1');
    const running = launch(made, 'say');
    expect(await running.ended).toEqual({ code: 1, signal: null });
    expect(running.stderr()).toContain('registry cannot be reached');
  });

  it('ends with the launcher', async () => {
    const made = await checkout('echo $$ >> pids; exec sleep 60');
    const running = launch(made, 'say');
    const pid = await vi.waitFor(async () => {
      const [line] = await made.lines('pids');
      expect(line).toBeDefined();
      return Number(line);
    }, DEADLINE);
    running.child.kill('SIGTERM');
    await running.ended;
    await vi.waitFor(async () => expect(await isRunning(pid)).toBe(false), DEADLINE);
  });
});

describe('the command', () => {
  it('hands its exit code on', async () => {
    const made = await checkout(INSTALLS);
    expect(await launch(made, 'exit', '7').ended).toEqual({ code: 7, signal: null });
  });

  it('hands the signal on by which it ended', async () => {
    const made = await checkout(INSTALLS);
    expect(await launch(made, 'die').ended).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('is refused by name where there is none', async () => {
    const made = await checkout(INSTALLS);
    const running = made.run(['scripts/launch.mjs', 'nothing']);
    expect(await running.ended).toEqual({ code: 1, signal: null });
    expect(running.stderr()).toContain('no command "nothing"');
  });

  it('gets a SIGTERM that only the launcher got', async () => {
    const made = await checkout(INSTALLS);
    const { running } = await waiting(made);
    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual({ code: 0, signal: null });
    expect(await made.lines('signals')).toEqual(['SIGTERM']);
  });

  it('gets a SIGINT once, however often it comes at the same time', async () => {
    const made = await checkout(INSTALLS);
    const { running } = await waiting(made);
    process.kill(-running.pid, 'SIGINT');
    // One at a turn of the event loop, as signals that are pending together count as one.
    for (let time = 0; time < 20; time += 1) {
      running.child.kill('SIGINT');
      await setImmediate();
    }
    await vi.waitFor(async () => expect(await made.lines('signals')).toEqual(['SIGINT']), DEADLINE);
    running.child.kill('SIGTERM');
    await running.ended;
    expect(await made.lines('signals')).toEqual(['SIGINT', 'SIGTERM']);
  });

  it('ends when the launcher is killed', async () => {
    const made = await checkout(INSTALLS);
    const { running, pid } = await waiting(made);
    expect(await isRunning(pid)).toBe(true);
    running.child.kill('SIGKILL');
    await vi.waitFor(async () => expect(await isRunning(pid)).toBe(false), DEADLINE);
    expect(await made.lines('signals')).toEqual(['SIGTERM']);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('ends when the npm that runs it gets a %s', async (signal) => {
    const made = await checkout(INSTALLS);
    // What npm does: it runs the script in a shell, and passes a SIGTERM on to that shell alone.
    const npm = `
      import { spawn } from 'node:child_process';
      const shell = spawn('sh', ['-c', 'node scripts/launch.mjs ringback wait; true'], { stdio: 'inherit' });
      process.on('SIGTERM', () => shell.kill('SIGTERM'));
      shell.once('exit', () => process.exit());`;
    await made.write('npm.mjs', npm);
    const running = made.run(['npm.mjs'], { npm_lifecycle_event: 'ringback' });
    const pid = await vi.waitFor(async () => {
      const [line] = await made.lines('pids');
      expect(line).toBeDefined();
      return Number(line);
    }, DEADLINE);
    running.child.kill(signal);
    await vi.waitFor(async () => expect(await isRunning(pid)).toBe(false), DEADLINE);
    expect(await made.lines('signals')).toEqual(['SIGTERM']);
  });
});
