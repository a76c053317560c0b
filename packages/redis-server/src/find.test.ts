import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findRedis } from './find.ts';
import { onlyPrograms, tempFolder } from '@ringback/server-programs/test-programs';

const never = new AbortController().signal;

describe('the server that is asked for by name', () => {
  const find = (program: string, cache = tempFolder()) => findRedis({ cache, program, signal: never });

  it('is taken, though another is on PATH', async () => {
    const folder = onlyPrograms({
      'redis-server': 'echo "Redis server v=7.0.15 sha=0"',
      'valkey-server': 'echo "Valkey server v=8.1.1 sha=0"',
    });
    expect(await find('valkey-server')).toMatchObject({ spec: { command: join(folder, 'valkey-server') } });
    const path = join(folder, 'redis-server');
    expect(await find(path)).toMatchObject({ spec: { command: path, label: `${path} 7.0.15` } });
  });

  it('is no other one', async () => {
    onlyPrograms({ 'redis-server': 'echo "Redis server v=7.0.15 sha=0"' });
    expect(await find('/nowhere/valkey-server')).toEqual({ reasons: ['no program /nowhere/valkey-server'] });
    expect(await find('valkey-server')).toEqual({ reasons: ['no valkey-server on PATH', expect.any(String)] });
  });
});
