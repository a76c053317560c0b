import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { isBrokenConnection, keepErrorListener } from './socket-errors.ts';

const MODULE = JSON.stringify(new URL('./socket-errors.ts', import.meta.url).href);

/**
 * Runs a script in a process of its own that survives broken connections; what it printed, and its exit code.
 */
function run(script: string): Promise<{ code: unknown; output: string }> {
  const survive = `
    import { connect, createServer } from 'node:net';
    import { surviveBrokenConnections } from ${MODULE};
    const say = (fields, message) => console.log(message, fields.err.message);
    surviveBrokenConnections({ debug: say, info: say, warn: say, error: say });
    setTimeout(() => process.exit(9), 60_000).unref();`;
  return new Promise((resolve) => {
    const args = ['--input-type=module-typescript', '--eval', `${survive}\n${script}`];
    execFile(process.execPath, args, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, output: stdout + stderr }));
  });
}

const resetByTheOther = (afterwards: string) => `
  let broken = 0;
  const server = createServer((socket) => socket.on('close', () => { if (++broken === 2) { ${afterwards} } })).listen(0, '127.0.0.1', () => {
    for (const _ of [1, 2]) {
      const client = connect(server.address().port, '127.0.0.1', () => client.write('x', () => client.resetAndDestroy()));
    }
  });`;

it('sockets that nobody listens to do not end the process, and are logged once', async () => {
  const { code, output } = await run(resetByTheOther(`console.log('lives on'); server.close();`));
  expect({ code, output }).toEqual({
    code: 0,
    output: 'a connection broke; it had no error handler read ECONNRESET\nlives on\n',
  });
});

it.each([
  ['an error that was thrown', `setImmediate(() => { throw new TypeError('a bug'); });`],
  ['a rejection that nobody handles', `void Promise.reject(new TypeError('a bug'));`],
  [
    'an error of a file',
    `process.nextTick(() => { throw Object.assign(new Error('a bug'), { syscall: 'read', code: 'EIO' }); });`,
  ],
  [
    'a rejection that looks like a broken connection',
    `void Promise.reject(Object.assign(new Error('a bug'), { syscall: 'read', code: 'ECONNRESET' }));`,
  ],
])('a bug ends it as ever: %s', async (_, script) => {
  const { code, output } = await run(`${script} setTimeout(() => console.log('lives on'), 5000);`);
  expect({ code, output }).toEqual({ code: 1, output: 'the process ends after a bug a bug\n' });
});

it('takes nothing for a broken connection that is none', () => {
  const error = (fields: object) => Object.assign(new Error('x'), fields);
  expect(isBrokenConnection(error({ syscall: 'write', code: 'EPIPE' }))).toBe(true);
  expect(isBrokenConnection(error({ syscall: 'write', code: 'EPIPE', path: '/tmp/pipe' }))).toBe(false);
  expect(isBrokenConnection(error({ syscall: 'write', code: 'ENOSPC' }))).toBe(false);
  expect(isBrokenConnection(error({ syscall: 'connect', code: 'ECONNRESET' }))).toBe(false);
  expect(isBrokenConnection(error({ code: 'ECONNRESET' }))).toBe(false);
  expect(isBrokenConnection({ syscall: 'read', code: 'ECONNRESET' })).toBe(false);
});

// Where Node keeps a listener of its own, this one is not needed any more.
it.each(['connect', 'upgrade'])('the listener is there at %s, where Node has taken its own away', async (event) => {
  const server = createServer();
  keepErrorListener(server);
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const handed = once(server, event) as Promise<[IncomingMessage, Socket]>; // as Node documents both events
  const client = connect(port, '127.0.0.1');
  const line = event === 'connect' ? 'CONNECT a:1 HTTP/1.1' : 'GET / HTTP/1.1';
  client.write(`${line}\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: b\r\n\r\n`);
  const [, socket] = await handed;
  expect(socket.listenerCount('error')).toBe(1);
  const closed = new Promise((resolve) => void socket.on('close', resolve));
  socket.resume();
  client.resetAndDestroy();
  await closed;
});
