import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { postgresTls, speakingTls, startPostgresServer, startRedisServer, TLS_FILES } from '@ringback/testkit';
import { expect, it } from 'vitest';
import { CHECKS } from '../registry.ts';
import { closedPort, run, settingsWith } from '../test-doctor.ts';

const { caFile, certFile, keyFile, servername, otherCaFile } = TLS_FILES;
const OURS = `certFile: ${certFile}, keyFile: ${keyFile}`;
const DAY_MS = 86_400_000;
const END = Date.parse(new X509Certificate(readFileSync(certFile)).validTo);
const CHECKED = CHECKS.filter(({ name }) => name.endsWith('-tls'));

type Options = { readonly now?: () => number; readonly timeout?: number };

async function look(settings: Parameters<typeof settingsWith>[0], options: Options = {}) {
  const findings = await run(CHECKED, { config: await settingsWith(settings), timeout: 30_000, ...options });
  return (check: string) => findings.filter((one) => one.check === check);
}

it('looks at the certificates of Redis and at ours, and says how to mend what is wrong', async () => {
  const { port } = await startRedisServer(speakingTls());
  const redis = (tls: string) => ({ redis: `{ url: 'rediss://127.0.0.1:${port}', tls: { ${tls} } }` });
  const fits = redis(`caFile: ${caFile}, servername: ${servername}, ${OURS}`);
  const theirs = { check: 'redis-tls', subject: `127.0.0.1:${port}` };
  const own = { check: 'redis-tls', subject: 'redis.tls.cert, ours' };
  expect((await look(fits))('redis-tls')).toMatchObject([
    { ...theirs, severity: 'ok' },
    { ...own, severity: 'ok' },
  ]);
  const soon = {
    severity: 'warning',
    text: expect.stringContaining('expires in 5 days'),
    mend: expect.stringContaining('renew'),
  };
  expect((await look(fits, { now: () => END - 5 * DAY_MS }))('redis-tls')).toMatchObject([
    { ...theirs, ...soon },
    { ...own, ...soon },
  ]);
  expect((await look(redis(`caFile: ${otherCaFile}`), { now: () => END + DAY_MS }))('redis-tls')).toMatchObject([
    { ...theirs, severity: 'error', text: expect.stringContaining('expired at') },
    { ...theirs, severity: 'error', mend: expect.stringContaining('redis.tls.servername') },
    { ...theirs, severity: 'error', mend: expect.stringContaining('redis.tls.caFile') },
  ]);
});

it('says that a server speaks no TLS or does not answer, and nothing where none is asked for', async () => {
  const { port, url } = await startRedisServer();
  expect((await look({ redis: `{ url: '${url}' }` }))('redis-tls')).toEqual([]);
  // Redis waits for the end of what is no command.
  const plain = await look({ redis: `{ url: 'rediss://127.0.0.1:${port}' }` }, { timeout: 4000 });
  expect(plain('redis-tls')).toMatchObject([{ severity: 'error', text: 'timeout', mend: expect.stringContaining('redis://') }]);
  expect((await look({ redis: `{ url: 'rediss://127.0.0.1:${await closedPort()}' }` }))('redis-tls')).toMatchObject([
    { severity: 'warning', text: 'could not be checked: connection refused' },
  ]);
});

it('looks at the certificate of PostgreSQL', async () => {
  const server = await startPostgresServer();
  const history = (rest: string) => ({ redis: '{ url: redis://127.0.0.1:1 }', more: `history: { store: postgres, ${rest} }` });
  const place = { check: 'history-tls', subject: `127.0.0.1:${server.port}` };
  const url = `url: '${server.url}'`;
  expect((await look(history(url)))('history-tls')).toEqual([]);
  expect((await look(history(`${url}, tls: {}`)))('history-tls')).toMatchObject([
    { ...place, severity: 'error', mend: expect.stringContaining('ssl = on') },
  ]);
  await server.stop();
  await server.start(postgresTls(server));
  const trusted = history(`${url}, tls: { caFile: ${caFile}, servername: ${servername} }`);
  expect((await look(trusted))('history-tls')).toMatchObject([{ ...place, severity: 'ok' }]);
  expect((await look(trusted, { now: () => END - 5 * DAY_MS }))('history-tls')).toMatchObject([
    { ...place, severity: 'warning' },
  ]);
  expect((await look(history(`url: '${server.url}?sslmode=require'`)))('history-tls')).toMatchObject([
    { ...place, severity: 'error', mend: expect.stringContaining('history.tls.servername') },
    { ...place, severity: 'error', mend: expect.stringContaining('history.tls.caFile') },
  ]);
});
