import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testRedis } from '@ringback/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCli } from '../run-cli.ts';

const settings = (redis = '') => `
redis: { prefix: ${testRedis().prefix}${redis} }
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: u, secrets: [s3cret-value] }] }]
outputs: [{ name: crm, type: stdout }]
routes: [{ to: [crm] }]
`;

/** A folder in which `npm start` ran its own Redis, at `url`. */
async function checkout(url: string, yaml: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ringback-cli-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, '.ringback'));
  await writeFile(join(folder, '.ringback', 'redis.url'), `${url}\n`);
  await writeFile(join(folder, 'ringback.yaml'), yaml);
  return folder;
}

describe('a command that needs Redis', () => {
  const SAYS = 'redis: the one of npm start or ringback start (.ringback/redis.url)';

  it('finds the one of npm start, and says so', async () => {
    const cwd = await checkout(testRedis().url, settings());
    const { code, out, err } = await runCli(['outputs'], { cwd });
    expect({ code, err }).toEqual({ code: 0, err: `${SAYS}\n` });
    expect(out).toMatch(/^crm /m);
  });

  it('never shows its password', async () => {
    const cwd = await checkout('redis://:hidden@127.0.0.1:1', settings());
    const { code, out, err } = await runCli(['quarantine', 'list'], { cwd });
    expect(code).toBe(1);
    expect(err).toContain('RB_REDIS_UNAVAILABLE');
    expect(out + err).not.toContain('hidden');
  });

  it.each([
    ['REDIS_URL', { env: (url: string) => ({ REDIS_URL: url }), redis: () => '' }],
    ['the settings', { env: () => ({}), redis: (url: string) => `, url: '${url}'` }],
  ])('takes the one that %s names before that', async (_name, { env, redis }) => {
    const { url } = testRedis();
    const cwd = await checkout('redis://127.0.0.1:1', settings(redis(url)));
    expect(await runCli(['outputs'], { cwd, env: env(url) })).toMatchObject({ code: 0, err: '' });
  });

  it('says that npm start makes it, if neither the settings nor the environment name one', async () => {
    const cwd = await checkout('', settings());
    await rm(join(cwd, '.ringback'), { recursive: true });
    const { code, err } = await runCli(['outputs'], { cwd });
    expect(code).toBe(1);
    expect(err).toMatch(
      /^RB_CONFIG_INVALID: .*redis.url: is missing; .* run npm start \(or ringback start\) in this folder first$/m,
    );
  });
});
