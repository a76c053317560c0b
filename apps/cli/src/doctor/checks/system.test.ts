import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readLimits } from './cgroup.ts';
import { judgeCpu, judgeMemory, judgeNode, judgeOpenFiles, systemChecks } from './system.ts';
import { loadSettings } from '../../reach/load-settings.ts';
import { run, settingsWith } from '../test-doctor.ts';

describe('system', () => {
  const settings = async () => loadSettings({ path: await settingsWith(), env: {} });

  it('takes the Node that runs this, and no older one', async () => {
    expect(judgeNode(process.versions.node).severity).toBe('ok');
    for (const old of ['20.20.2', '22.12.0', '23.9.0'])
      expect(judgeNode(old)).toMatchObject({ severity: 'error', mend: 'install Node 24' });
    expect((await run(systemChecks, { config: await settingsWith() })).length).toBe(4);
  });

  it('finds a limit of open files below what the settings allow', async () => {
    expect(judgeOpenFiles(1024, await settings())).toMatchObject({
      severity: 'warning',
      mend: expect.stringContaining('ulimit -n'),
    });
    expect(judgeOpenFiles(1_048_576, await settings()).severity).toBe('ok');
  });

  it('reads the limits of a container, of cgroup v2 with those above it, and of v1', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ringback-cgroup-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const write = async (path: string, text: string) => {
      await mkdir(join(folder, path, '..'), { recursive: true });
      await writeFile(join(folder, path), text);
    };
    await write('self2', '0::/pod/app\n');
    await write('v2/cgroup.controllers', 'cpu memory\n');
    await write('v2/pod/memory.max', '104857600\n');
    await write('v2/pod/cpu.max', '50000 100000\n');
    await write('v2/pod/app/memory.max', 'max\n');
    await write('v2/pod/app/memory.current', '1048576\n');
    await write('v2/pod/app/cpu.max', 'max 100000\n');
    const limits = readLimits({ mounted: join(folder, 'v2'), self: join(folder, 'self2') });
    expect(limits).toEqual({ memory: 104_857_600, memoryUsed: 1_048_576, cpus: 0.5 });
    expect(judgeMemory(limits, await settings())).toMatchObject({
      severity: 'warning',
      mend: expect.stringContaining('maxBytesInFlight'),
    });
    expect(judgeCpu(limits)).toMatchObject({ severity: 'note' });
    await write('self1', '4:memory:/docker/1f\n3:cpu,cpuacct:/docker/1f\n');
    await write('v1/memory/memory.limit_in_bytes', '9223372036854771712\n');
    await write('v1/cpu/cpu.cfs_quota_us', '-1\n');
    const none = readLimits({ mounted: join(folder, 'v1'), self: join(folder, 'self1') });
    expect(none).toEqual({ memory: undefined, memoryUsed: undefined, cpus: undefined });
    await write('v1/memory/docker/1f/memory.limit_in_bytes', '2147483648\n');
    await write('v1/cpu/docker/1f/cpu.cfs_quota_us', '200000\n');
    await write('v1/cpu/docker/1f/cpu.cfs_period_us', '100000\n');
    expect(readLimits({ mounted: join(folder, 'v1'), self: join(folder, 'self1') })).toMatchObject({
      memory: 2_147_483_648,
      cpus: 2,
    });
  });
});
