import { once } from 'node:events';
import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { createConfirm } from './confirm.ts';
import { createFollowers } from './followers.ts';

const followers = createFollowers(() => 0);

/** Stands in for a server that knows WAITAOF, which the Redis of these tests (7.0) does not: gives every command this answer, and keeps the commands. */
async function standIn(answer: string) {
  const commands: string[] = [];
  const server = createServer((socket) => {
    socket.setEncoding('utf8');
    socket.on('data', (text) => {
      commands.push(String(text));
      socket.write(answer);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number }; // a TCP server has one
  const redis = new Redis({ port, enableReadyCheck: false, disableClientInfo: true, protocol: 2 });
  onTestFinished(() => {
    redis.disconnect();
    server.close();
  });
  return { redis, commands };
}

it('waits for the disk with WAITAOF, where always is asked for and the server knows it', async () => {
  const { redis, commands } = await standIn('*2\r\n:1\r\n:0\r\n');
  await createConfirm({ redis, durability: 'always', timeout: 1000, waitaof: () => true, followers })();
  expect(commands.at(-1)).toBe('*4\r\n$7\r\nWAITAOF\r\n$1\r\n1\r\n$1\r\n0\r\n$3\r\n800\r\n');
});

it('takes a disk that has not got it for a refusal', async () => {
  const { redis } = await standIn('*2\r\n:0\r\n:0\r\n');
  const confirm = createConfirm({ redis, durability: 'always', timeout: 1000, waitaof: () => true, followers });
  await expect(confirm()).rejects.toMatchObject({ code: 'RB_DURABILITY_UNMET' });
});

it('asks nothing where the answer to the write says it all', async () => {
  const { redis, commands } = await standIn('');
  for (const durability of ['memory', 'everysec', 'always'] as const) {
    await createConfirm({ redis, durability, timeout: 1000, waitaof: () => false, followers })();
  }
  expect(commands.join('')).not.toContain('WAIT');
});
