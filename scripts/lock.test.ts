import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { lock, tryLock } from './lock.mjs';

/** Another process that takes the lock and sits on it. */
async function holder(name: string) {
  const program = `import { lock } from ${JSON.stringify(new URL('lock.mjs', import.meta.url).href)};
    await lock(${JSON.stringify(name)}, () => {}); console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

describe('the lock', () => {
  it('is held by one at a time, per name', async () => {
    const name = randomUUID();
    const release = await tryLock(name);
    expect(release).toBeDefined();
    expect(await tryLock(name)).toBeUndefined();
    (await tryLock(`${name} else`))?.();
    release?.();
    const again = await tryLock(name);
    expect(again).toBeDefined();
    again?.();
  });

  it('is released when its holder dies, and goes to one of the waiting processes', async () => {
    const name = randomUUID();
    const child = await holder(name);
    expect(await tryLock(name)).toBeUndefined();
    const onWait = vi.fn<() => void>();
    const got: string[] = [];
    const take = async (who: string) => {
      const release = await lock(name, onWait);
      got.push(who);
      return release;
    };
    const both = [take('a'), take('b')];
    await vi.waitFor(() => expect(onWait).toHaveBeenCalledTimes(2));
    child.kill('SIGKILL');
    const release = await Promise.race(both);
    expect(got).toHaveLength(1);
    release();
    const releases = await Promise.all(both);
    expect(got).toHaveLength(2);
    for (const one of releases) one();
  });
});
