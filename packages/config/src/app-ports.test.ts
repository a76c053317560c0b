import { expect, it } from 'vitest';
import { listenPort } from './app-ports.ts';

it.each([
  [{}, 8080],
  [{ RINGBACK_LISTEN_PORT: '' }, 8080],
  [{ RINGBACK_LISTEN_PORT: '8081' }, 8081],
  [{ RINGBACK_LISTEN_PORT: '0' }, 0],
])('with %o the port is %i', (env, port) => expect(listenPort({ port: 8080 }, env)).toBe(port));

it.each(['65536', '-1', '80 ', '0x50', 'http'])('refuses %s', (text) => {
  const env = { RINGBACK_LISTEN_PORT: text };
  expect(() => listenPort({ port: 8080 }, env)).toThrow(expect.objectContaining({ code: 'RB_CONFIG_INVALID' }));
});
