import { rename, writeFile } from 'node:fs/promises';
import { postCallback } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { body, DEADLINE, install, OLD, reload, settingsOf, startLoad } from './reload-world.ts';

const NEW = 'n3wS3cret-of-the-account-0123456789';

it('under load a secret is rotated, and outputs are added, changed and removed, by reloads: nothing is refused, lost or delivered twice', async () => {
  const world = await install((sink) => ({ outputs: { crm: `${sink}/crm`, gone: `${sink}/gone` } }));
  const { sink } = world;
  const [ingress, worker] = await Promise.all([world.startIngress(), world.startWorker()]);
  const both = [ingress.process, worker.process] as const;
  const load = startLoad(ingress.url);
  await load.more(50);

  // What is sent first may go by the old settings, what is sent after the reload must not.
  await world.write({
    secrets: [OLD, NEW],
    outputs: { crm: `${sink.url}/crm`, gone: `${sink.url}/gone`, audit: `${sink.url}/audit` },
  });
  await reload(...both);
  const zero = 'ringback_deliveries_total{output="audit",outcome="dead",reason="no_answer"} 0';
  expect(await (await fetch(new URL('/metrics', worker.adminUrl))).text()).toContain(zero);
  const untilAdded = new Set(load.sent.map(({ requestID }) => requestID));
  await load.more(20);
  load.use(NEW);
  await load.more(50);
  await world.write({ secrets: [NEW], outputs: { crm: `${sink.url}/crm2`, audit: `${sink.url}/audit` } });
  await reload(...both);
  const { status } = await postCallback({ ingress: ingress.url, requestID: 'old', body, secret: OLD });
  expect(status).toBe(401);
  await load.more(50);
  const sent = await load.end();

  const crm = () => [...world.arrived('/crm'), ...world.arrived('/crm2')].toSorted();
  await vi.waitFor(() => expect(crm()).toEqual(sent), DEADLINE);
  expect(world.arrived('/crm2').length).toBeGreaterThan(40);
  await vi.waitFor(() => {
    const arrived = new Set(world.arrived('/audit'));
    expect(sent.filter((requestID) => !untilAdded.has(requestID) && !arrived.has(requestID))).toEqual([]);
  }, DEADLINE);
  const audit = world.arrived('/audit');
  expect(audit).toEqual([...new Set(audit)]);
  const gone = world.arrived('/gone');
  expect(gone).toEqual([...new Set(gone)]);
  expect(await worker.process.line('work under the earlier settings has ended')).toMatchObject({ finished: true });
  expect(await ingress.process.stop()).toBe(0);
  expect(await worker.process.stop()).toBe(0);
}, 120_000);

it('a broken file, or one that changes what needs a restart, changes nothing and is named; a file that is watched is taken as it comes', async () => {
  const world = await install((sink) => ({ outputs: { crm: `${sink}/crm` }, more: 'settings: { watch: true }' }));
  const { sink } = world;
  const [ingress, worker] = await Promise.all([world.startIngress(), world.startWorker()]);
  const refused = 'settings not reloaded: the earlier ones stay';
  await writeFile(world.path, 'redis: [');
  expect(await worker.process.line(refused)).toMatchObject({ code: 'RB_CONFIG_INVALID' });
  expect(await ingress.process.line(refused)).toMatchObject({ code: 'RB_CONFIG_INVALID' });
  expect((await postCallback({ ingress: ingress.url, requestID: 'one', body })).status).toBe(200);
  await vi.waitFor(() => expect(world.arrived('/crm')).toEqual(['one']), DEADLINE);

  const other = settingsOf(`${world.prefix}-else`, { outputs: { crm: `${sink.url}/crm` } });
  await writeFile(`${world.path}.new`, other);
  await rename(`${world.path}.new`, world.path);
  for (const { process } of [ingress, worker]) {
    const last = () => process.lines.findLast(({ msg }) => msg === refused);
    await vi.waitFor(() => expect(last()).toMatchObject({ code: 'RB_RELOAD_NEEDS_RESTART' }), DEADLINE);
    expect(JSON.stringify(last())).toContain('redis.prefix cannot change');
  }
  await world.write({ outputs: { crm: `${sink.url}/new` } });
  for (const { process } of [ingress, worker]) expect(await process.line('settings reloaded')).toBeTruthy();
  for (let count = 0; count < 20; count += 1) for (const { process } of [ingress, worker]) process.signal('SIGHUP');
  expect((await postCallback({ ingress: ingress.url, requestID: 'two', body })).status).toBe(200);
  await vi.waitFor(() => expect(world.arrived('/new')).toEqual(['two']), DEADLINE);
  worker.process.signal('SIGTERM');
  worker.process.signal('SIGHUP');
  expect(await worker.process.exit).toBe(0);
}, 120_000);
