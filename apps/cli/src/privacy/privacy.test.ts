import { rm, writeFile } from 'node:fs/promises';
import { testCallback } from '@ringback/testkit';
import { expect, it } from 'vitest';
import { olderKeyLines, olderKeys } from './needs.ts';
import { fill, LOST, NEW, OLD, putInSpool, setUp } from './test-privacy.ts';

const inSpool = `key ${OLD} (privacy.encrypt.keys[1]) is still needed: 1 body (spool), until Redis has them: start the ingress`;

it('shows which key encrypts what, changes it when told to, and says when the old key can be removed', async () => {
  const world = await setUp();
  const { use, privacy, cli, redis, prefix } = world;
  await fill(world);
  await use(['new', 'old']);
  const status = await privacy('status');
  expect({ ...status, out: status.out.split('\n').map((line) => line.split(/ {2,}/)) }).toEqual({
    code: 0,
    err: '',
    out: [
      ['KEY', 'IN THE SETTINGS', 'BODIES', 'WHERE', 'OUTPUTS'],
      [NEW, 'keys[0], encrypts', '1', 'callbacks', '-'],
      [OLD, 'keys[1]', '2', 'callbacks', '-'],
      [OLD, 'keys[1]', '1', 'history', '-'],
      [OLD, 'keys[1]', '1', 'history: parked', 'crm'],
      [OLD, 'keys[1]', '1', 'spool', '-'],
      ['-', 'not encrypted', '1', 'history', '-'],
      [''],
    ],
  });
  const would = [
    /^WHERE +OUTPUTS +WOULD BE ENCRYPTED ANEW$/m,
    /^callbacks +- +2$/m,
    /^history +- +2$/m,
    /^history: parked +crm +1$/m,
  ];
  const dry = await privacy('rotate', '--dry-run');
  expect([dry.code, dry.err]).toEqual([0, '']);
  for (const line of would) expect(dry.out).toMatch(line);
  expect(await privacy('rotate')).toEqual({ ...dry, code: 1, err: 'nothing was changed: say --yes to do it\n' });
  expect(await privacy('status')).toEqual(status);

  const { code, out, err } = await privacy('rotate', '--yes');
  // The spool needs the old key.
  expect([code, err]).toEqual([1, '']);
  for (const line of [/^WHERE +OUTPUTS +ENCRYPTED ANEW$/m, ...would.slice(1)]) expect(out).toMatch(line);
  expect(out.trimEnd().split('\n').slice(4)).toEqual([inSpool]);
  // As its ingress does.
  await redis.del(`${prefix}:processes`);
  await rm(world.spool);
  const again = await privacy('rotate', '--yes');
  expect([again.code, again.err]).toEqual([0, '']);
  expect(again.out.split('\n').slice(0, 2)).toEqual([
    `everything that rests is encrypted with key ${NEW}`,
    `key ${OLD} (privacy.encrypt.keys[1]) can be removed from the settings`,
  ]);
  expect((await cli('history', 'actions')).out).toMatch(/privacy rotate/);
  await use(['new']);
  expect((await cli('search', '--text', 'taskStatus', '--count')).out).toContain('2');
  expect(await privacy('status')).toMatchObject({ code: 0, err: '' });
});

it('prints one object as JSON', async () => {
  const { use, privacy, add, run } = await setUp();
  await use(['new', 'old']);
  await add('b1', 'old');
  await run();
  const at = { where: 'callbacks', outputs: [], bodies: 1 };
  const parsed = async (...args: string[]) => {
    const { code, out, err } = await privacy(...args, '--json');
    return { code, err, json: JSON.parse(out) };
  };
  const none = { bodies: 0, at: [] };
  const status = {
    active: true,
    keys: [
      { id: NEW, place: 0, encrypts: true, ...none },
      { id: OLD, place: 1, encrypts: false, bodies: 1, at: [at] },
    ],
    missing: [],
    plain: none,
    unreadable: 0,
    notReached: [],
    otherKeys: [],
  };
  expect(await parsed('status')).toEqual({ code: 0, err: '', json: status });
  const needs = [{ ...at, until: 'until a worker has dispatched them' }];
  const rest = {
    key: NEW,
    rotated: [at],
    unreadable: [],
    underWay: [],
    plain: none,
    missing: [],
    payloads: 0,
    otherKeys: [],
    notReached: [],
  };
  const older = { id: OLD, place: 1 };
  expect(await parsed('rotate', '--dry-run')).toEqual({
    code: 0,
    err: '',
    json: { ...rest, dryRun: true, older: [{ ...older, removable: false, needs }] },
  });
  expect(await parsed('rotate', '--yes')).toEqual({
    code: 0,
    err: '',
    json: { ...rest, dryRun: false, older: [{ ...older, removable: true, needs: [] }] },
  });
});

it('names a key that is missing, and leaves alone what it encrypts', async () => {
  const { use, privacy, add } = await setUp();
  await use(['new']);
  await add('b1', 'lost');
  await add('b2', 'new');
  const status = await privacy('status');
  expect([status.code, status.err]).toEqual([
    1,
    `key ${LOST} is not in the settings, and 1 body cannot be read: put it back into privacy.encrypt.keys\n`,
  ]);
  expect(status.out).toMatch(new RegExp(`^${LOST} +missing +1 +callbacks +-$`, 'm'));
  expect(await privacy('rotate', '--yes')).toEqual({
    code: 1,
    out: `everything that rests is encrypted with key ${NEW}\n`,
    err: 'not changed: 1 body (callbacks), whose key is missing or which were changed by somebody\n',
  });
});

it('keeps the old key while a worker has what it encrypts, and names what is plain', async () => {
  const { use, privacy, add, redis, prefix, spool } = await setUp();
  putInSpool(spool, testCallback('plain'));
  await use(['new', 'old']);
  await add('b1', 'old');
  await redis.set(`${prefix}:callbacks:b1:lock`, 'a worker');
  const name = `key ${OLD} (privacy.encrypt.keys[1])`;
  expect(await privacy('rotate', '--yes')).toEqual({
    code: 1,
    out: `everything that rests is encrypted with key ${NEW}
${name} is still needed: 1 body (callbacks), until a worker has dispatched them
`,
    err: `not encrypted yet: 1 body (spool), until Redis has them: start the ingress
not changed: 1 body, which a worker has under way. Run this again
`,
  });
  // It may have moved while it was looked for.
  const found = {
    keys: [NEW, OLD].map((id) => ({ id, bodies: 0, at: [] })),
    notReached: [],
    keepBodies: undefined,
    unreadable: 0,
    underWay: 0,
    otherKeys: [],
  };
  const line = `${name}: nothing that was found needs it, but not all could be asked or changed. Keep it, and run this again`;
  for (const doubt of [{ underWay: 1 }, { unreadable: 1 }, { otherKeys: ['worker w:7'] }])
    expect(olderKeys({ ...found, ...doubt }).flatMap(olderKeyLines)).toEqual([line]);
  expect(olderKeys(found)).toMatchObject([{ removable: true }]);
});

it('refuses to change keys that are not used, and such as a process that runs does not have', async () => {
  const { use, privacy, add, run, plain, file } = await setUp();
  const noKey = 'RB_CONFIG_INVALID: privacy.encrypt is not in the settings, or is not active: there is no key to encrypt with\n';
  await use(['old', 'new']);
  await add('b1', 'old');
  await run();
  await use(['new', 'old'], ', active: false');
  const off = await privacy('status');
  expect([off.code, off.err]).toEqual([0, 'ingress a:7 runs with other keys than these settings\n']);
  expect(off.out).toMatch(new RegExp(`^${NEW} +keys\\[0\\] +0 `, 'm'));
  expect(await privacy('rotate', '--yes')).toEqual({ code: 1, out: '', err: noKey });
  await writeFile(file, plain);
  expect(await privacy('rotate', '--yes')).toEqual({ code: 1, out: '', err: noKey });
  const none = await privacy('status');
  expect([none.code, none.out.split('\n')[0]]).toEqual([1, 'the settings have no privacy.encrypt']);

  // The same keys in another order: it would encrypt with the old one.
  await use(['new', 'old']);
  const refused = await privacy('rotate', '--yes');
  expect([refused.code, refused.out]).toEqual([1, '']);
  expect(refused.err).toMatch(/^RB_SETTINGS_DIFFER: these run with other keys .*: ingress a:7\. Reload or restart them first/);
  expect((await privacy('status')).out).toMatch(new RegExp(`^${OLD} +keys\\[1\\] +1 +callbacks`, 'm'));
  await run();
  expect((await privacy('rotate', '--yes')).code).toBe(0);
});
