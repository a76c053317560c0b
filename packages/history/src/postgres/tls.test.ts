import { readFileSync } from 'node:fs';
import { createSecret } from '@ringback/contracts';
import { postgresTls, startPostgresServer, TLS_FILES } from '@ringback/testkit';
import { expect, it } from 'vitest';
import { NO_ROWS } from '../store/rows.ts';
import { open } from './test-postgres.ts';

const secretOf = (path: string) => createSecret(readFileSync(path, 'utf8'));

it('connects with TLS, and says what is wrong with a certificate', async () => {
  const server = await startPostgresServer();
  await server.stop();
  await server.start(postgresTls(server));
  const place = { url: server.url, schema: 'ringback' };
  const ca = secretOf(TLS_FILES.caFile);
  const { servername } = TLS_FILES;
  const store = await open(place, { tls: { ca, servername } });
  await store.write(NO_ROWS);
  const refused = (words: string) => ({ code: 'RB_HISTORY_UNAVAILABLE', message: expect.stringContaining(words) });
  const other = secretOf(TLS_FILES.otherCaFile);
  await expect(open(place, { tls: { ca: other, servername } })).rejects.toMatchObject(refused('history.tls.ca'));
  await expect(open(place, { tls: { servername } })).rejects.toMatchObject(refused('history.tls.ca'));
  const wrongName = open(place, { tls: { ca, servername: 'other.test' } });
  await expect(wrongName).rejects.toMatchObject(refused('set history.tls.servername'));
  // What stands in the URL does not overrule the settings.
  await expect(open({ ...place, url: `${server.url}?sslmode=disable` }, { tls: { ca: other } })).rejects.toMatchObject(
    refused('history.tls.ca'),
  );
});

it('says that the server speaks no TLS', async () => {
  const server = await startPostgresServer();
  await expect(open({ url: server.url, schema: 'ringback' }, { tls: {} })).rejects.toMatchObject({
    code: 'RB_HISTORY_UNAVAILABLE',
    message: expect.stringContaining('does not support SSL'),
  });
});
